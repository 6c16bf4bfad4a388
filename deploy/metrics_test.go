package deploy

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parts are the series that one histogram has in a scrape.
var parts = regexp.MustCompile(`_(?:bucket|sum|count)$`)

// TestMetrics_Documented holds docs/metrics.md to what running programs give,
// both ways: the gateway with each backend, and the emulator with all that can
// be switched on.
func TestMetrics_Documented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/metrics.md")
	require.NoError(t, err)
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, row[1])
	}
	secured := certificate(t, 90)
	pair := []string{"--tls.certificate", secured, "--tls.key", secured}
	called := startBefore(t, "http://127.0.0.1:1/", "--backend", "mpsws")
	called.post("HostedExchange.asmx", enableUser, password) // makes series that begin with their first event
	embedded := startGateway(t)
	embedded.post("HostedExchange.asmx", enableUser, password)
	var given []string
	for _, p := range []*program{
		embedded, startGateway(t, pair...), startBefore(t, "http://127.0.0.1:1/", pair...),
		called, startControlled(t, pair...),
	} {
		engines := 0
		for series := range p.scrape() {
			name, _, _ := strings.Cut(series, "{")
			if strings.HasPrefix(name, "wsexchange_engine_") {
				engines++
			}
			if name = parts.ReplaceAllString(name, ""); strings.HasPrefix(name, "wsexchange_") || strings.HasPrefix(name, "mockmpf_") {
				given = append(given, name)
			}
		}
		assert.Equal(t, p.job == "wsexchange", engines > 0, "a gateway tells of its engines, whatever they are")
	}
	slices.Sort(given)
	assert.Equal(t, documented, slices.Compact(given))
}
