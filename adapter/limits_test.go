package adapter

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// Several XML parameters together may hold what one document may.
func TestCall_XMLParametersShareTheLimits(t *testing.T) {
	e := &engine{}
	config := testConfig(t, e)
	config.Limits = xmldoc.Limits{Elements: 40}
	h := newHandler(t, config)
	call := func(properties, plans int) string {
		w := serve(h, post("HostedExchange", envelope(operationElement("CreateBusinessOrganization",
			"<container>"+orgPath+"</container><name>a</name>"+
				"<propertiesXmlString>"+escaped("<properties>"+strings.Repeat("<p/>", properties)+"</properties>")+"</propertiesXmlString>"+
				"<availablePlansXmlString>"+escaped("<availablePlans>"+strings.Repeat("<p/>", plans)+"</availablePlans>")+"</availablePlansXmlString>"))))
		assert.Equal(t, http.StatusOK, w.Code)
		return w.Body.String()
	}
	assert.NotContains(t, call(19, 19), "limit")
	assert.Equal(t, 1, e.calls)
	assert.Contains(t, call(19, 20), "is 19, seen 20")
	assert.Equal(t, 1, e.calls, "calls that reached the engine")
}

func TestScope_LongestPath(t *testing.T) {
	s := newScope(ldappath.MustParseDN("DC=fabrikam,DC=com"), ldappath.DN{}, nil)
	path := func(parts int) string { return "LDAP://" + strings.Repeat("OU=abc,", parts) + "DC=fabrikam,DC=com" }
	assert.Nil(t, s.check(path(255), guardPath))
	refused := s.check(path(100_000), guardPath)
	assert.True(t, mpf.PathUnreadable.Is(refused))
	assert.Less(t, len(refused.Error()), 1000)
}

// sink counts what a histogram is told.
type sink struct{ plain, exemplars int }

func (s *sink) Observe(float64)                                    { s.plain++ }
func (s *sink) ObserveWithExemplar(_ float64, _ prometheus.Labels) { s.exemplars++ }

func TestTiming_OneExemplarASecondButEachSlowCall(t *testing.T) {
	to := &sink{}
	series := &timing{to: to}
	start := time.Date(2005, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct{ at, took time.Duration }{
		{0, time.Millisecond},
		{10 * time.Millisecond, time.Millisecond},
		{time.Second, time.Millisecond},
		{time.Second, 200 * time.Millisecond},
		{time.Second, 200 * time.Millisecond},
	} {
		series.observe(row.took, &Observation{Started: start.Add(row.at), Duration: row.took, RequestID: "a"})
	}
	assert.Equal(t, sink{plain: 1, exemplars: 4}, *to)
}
