package adapter

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wsexchange/internal/daemon"
	"wsexchange/internal/heaptest"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// allowance is what serving one hostile message may take above idle, in bytes
// of heap.
const allowance = 16 << 20

const bodySize = 4 << 20

// hostileBody is a message of 4 MiB: what stands in the envelope's Body before,
// between and after the piece that is repeated, for one operation.
type hostileBody struct {
	operation, begin, repeat, end string
	service                       string // HostedExchange if empty
	size, times                   int    // bodySize and 2 if 0
}

// escaped is XML as it stands in a string parameter.
var escaped = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;").Replace

// inParameters gives three string parameters that each hold an XML document of
// just under 1 MiB, the longest text there may be, made of a repeated piece.
func inParameters(piece string) string {
	var b strings.Builder
	for p, root := range map[string]string{"propertiesXmlString": "properties", "availablePlansXmlString": "availablePlans", "mailStoreXmlString": "mailStore"} {
		document := "<" + root + ">" + strings.Repeat(piece, (1<<20-200)/len(piece)) + "</" + root + ">"
		fmt.Fprintf(&b, "<%s>%s</%s>", p, escaped(document), p)
	}
	return b.String()
}

// elementsAtLimit is a piece of which as many as there may be elements fit
// into 1 MiB.
var elementsAtLimit = "<b c='d' e='f'>" + strings.Repeat("x", 87) + "</b>"

// hostileBodies are made when they are used: the rest would count as idle.
var hostileBodies = map[string]func() hostileBody{
	"one text": func() hostileBody {
		return hostileBody{operation: "EnableUser", begin: "<ldapPath>", repeat: "x", end: "</ldapPath>"}
	},
	"text of escapes": func() hostileBody {
		return hostileBody{operation: "EnableUser", begin: "<ldapPath>", repeat: "&#x10FFFF;", end: "</ldapPath>"}
	},
	"elements": func() hostileBody { return hostileBody{operation: "EnableUser", repeat: "<b/>"} },
	"unknown elements": func() hostileBody {
		return hostileBody{operation: "EnableUser", repeat: "<b>" + strings.Repeat("x", 417) + "</b>"}
	},
	"attributes": func() hostileBody {
		return hostileBody{operation: "EnableUser", begin: "<ldapPath", repeat: ` b="1"`, end: "/>"}
	},
	"values at limit": func() hostileBody {
		return hostileBody{operation: "EnableUser", repeat: "<b c='" + strings.Repeat("x", 4<<10) + "'/>"}
	},
	"elements, small": func() hostileBody {
		return hostileBody{operation: "EnableUser", repeat: "<b/>", size: 40_000, times: 20}
	},
	"attributes, small": func() hostileBody {
		return hostileBody{operation: "EnableUser", repeat: "<b c='' d=''/>", size: 65_000, times: 20}
	},
	"blob, medium": func() hostileBody {
		return hostileBody{service: "MPSGeneral", operation: "SubmitMpsRequest", begin: "<mpsNamespace>a</mpsNamespace><procedure>b</procedure><dataXmlBlob><data>", repeat: "<b c='' d=''>x</b>", end: "</data></dataXmlBlob>", size: 175_000, times: 10}
	},
	"nesting": func() hostileBody { return hostileBody{operation: "EnableUser", repeat: "<a>"} },
	"unknown operation": func() hostileBody {
		return hostileBody{operation: "Nothing", repeat: "<b>" + strings.Repeat("x", 417) + "</b>"}
	},
	"longest path": func() hostileBody {
		return hostileBody{operation: "EnableUser", begin: "<ldapPath>LDAP://" + strings.Repeat("OU=x,", 200_000) + "DC=fabrikam,DC=com</ldapPath><pdc>", repeat: "<!--x-->", end: "</pdc>"}
	},
	"blob at limit": func() hostileBody {
		return hostileBody{service: "MPSGeneral", operation: "SubmitMpsRequest", begin: "<mpsNamespace>a</mpsNamespace><procedure>b</procedure><dataXmlBlob><data>", repeat: "<b>" + strings.Repeat("x", 414) + "</b>", end: "</data></dataXmlBlob>"}
	},
	"texts in a blob": func() hostileBody {
		return hostileBody{service: "MPSGeneral", operation: "SubmitMpsRequest", begin: "<mpsNamespace>a</mpsNamespace><procedure>b</procedure><dataXmlBlob><data>", repeat: "<b>" + strings.Repeat("x", 1<<20-300) + "</b>", end: "</data></dataXmlBlob>"}
	},
	"XML in parameters": func() hostileBody {
		return hostileBody{operation: "CreateBusinessOrganization", begin: inParameters(elementsAtLimit), repeat: " "}
	},
	"text in parameters": func() hostileBody {
		return hostileBody{operation: "CreateBusinessOrganization", begin: inParameters(strings.Repeat("x", 1<<19)), repeat: " "}
	},
	"broken XML in parameters": func() hostileBody {
		return hostileBody{operation: "CreateBusinessOrganization", begin: inParameters("<b><c>" + strings.Repeat("x", 80) + "</c>"), repeat: " "}
	},
	"attributes in parameters": func() hostileBody {
		return hostileBody{operation: "CreateBusinessOrganization", begin: inParameters("<b c='" + strings.Repeat("x", 4000) + "'/>"), repeat: " "}
	},
}

// reader gives the message without making anything of its size.
func (h hostileBody) reader() (io.Reader, int64) {
	begin := `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><` + h.operation + ` xmlns="` + namespace + `">`
	end := h.end + "</" + h.operation + "></e:Body></e:Envelope>"
	fixed := len(begin) + len(h.begin) + len(end)
	times := (cmp.Or(h.size, bodySize) - fixed) / len(h.repeat)
	return io.MultiReader(strings.NewReader(begin), strings.NewReader(h.begin), heaptest.Repeat(h.repeat, times), strings.NewReader(end)),
		int64(fixed + times*len(h.repeat))
}

// TestMemory_HostileMessages measures the highest heap of a running server while
// it serves each message several times over, above the heap before. The
// collector is set as in service.
func TestMemory_HostileMessages(t *testing.T) {
	heaptest.Each(t, slices.Sorted(maps.Keys(hostileBodies)), allowance, func(t *testing.T, name string) (uint64, string) {
		return serveHostile(t, hostileBodies[name]())
	})
}

func serveHostile(t *testing.T, body hostileBody) (peakAboveIdle uint64, answered string) {
	daemon.RelaxCollector()
	config := testConfig(t, nil)
	config.Submitter = mpf.SubmitterFunc(func(_ context.Context, r *mpf.Request) (*mpf.Response, error) {
		if len(r.Data) > 0 { // echoed, as procedures do
			return &mpf.Response{Data: r.Data[0]}, nil
		}
		return &mpf.Response{Data: xmldoc.Element("data")}, nil
	})
	server := httptest.NewServer(newHandler(t, config))
	defer server.Close()
	first, _ := send(t, server, body.service, strings.NewReader("<a/>"), 4)
	require.Equal(t, http.StatusInternalServerError, first)
	peak, stop, stopped := heaptest.Start(), make(chan struct{}), make(chan struct{})
	go watch(peak, stop, stopped)
	var status int
	var answer string
	for range cmp.Or(body.times, 2) {
		reader, length := body.reader()
		status, answer = send(t, server, body.service, reader, length)
	}
	close(stop)
	<-stopped
	return peak.AboveIdle(), fmt.Sprint(status, " ", answer)
}

func send(t *testing.T, server *httptest.Server, service string, body io.Reader, length int64) (int, string) {
	t.Helper()
	if service == "" {
		service = "HostedExchange"
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/MPSWS/"+service+".asmx", body)
	require.NoError(t, err)
	r.ContentLength = length
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	r.Header.Set("Authorization", basicAuth)
	response, err := server.Client().Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	head, err := io.ReadAll(io.LimitReader(response.Body, 600))
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(head)
}

// watch looks at the heap until it is stopped.
func watch(peak *heaptest.Peak, stop <-chan struct{}, stopped chan<- struct{}) {
	defer close(stopped)
	tick := time.NewTicker(200 * time.Microsecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			peak.Take()
		}
	}
}
