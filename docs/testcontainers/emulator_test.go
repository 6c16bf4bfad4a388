package testcontainers

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"wsexchange/mock/control/client"
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
)

const token = "of this test only"

// start runs the emulator until the test ends, and gives the URL of the
// engine's SOAP door and a client of the control API.
func start(t *testing.T) (engine string, control *client.Client) {
	t.Helper()
	container, err := testcontainers.Run(t.Context(), "wsexchange-emulator:latest",
		testcontainers.WithEnv(map[string]string{
			"MOCKMPF_CONTROL_LISTEN": "0.0.0.0:8091",
			"MOCKMPF_CONTROL_TOKEN":  token,
		}),
		testcontainers.WithExposedPorts("8090/tcp", "8091/tcp", "9465/tcp"),
		// Healthy is seeded: the first request finds the demo data.
		testcontainers.WithWaitStrategyAndDeadline(time.Minute,
			wait.ForHealthCheck(),
			wait.ForHTTP("/-/ready").WithPort("9465/tcp"), // the same, from outside
		),
	)
	testcontainers.CleanupContainer(t, container)
	if err != nil {
		t.Fatal(err)
	}
	address := func(port string) string {
		address, err := container.PortEndpoint(t.Context(), port, "http")
		if err != nil {
			t.Fatal(err)
		}
		return address
	}
	return address("8090/tcp") + "/mpf/soapisapi.dll", client.New(address("8091/tcp"), token)
}

// queryPlans is what your program does: a request to the engine.
func queryPlans(t *testing.T, engine string) {
	t.Helper()
	const message = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>` +
		`<provisioning xmlns="http://maps/specs/prov.xml"><namespace>Windows-based Hosting</namespace><procedure>QueryPlans</procedure></provisioning>` +
		`</soap:Header><soap:Body><request><data/></request></soap:Body></soap:Envelope>`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, engine, strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(`FABRIKAM\hsadmin`, "s3cr%t") // of the demo data
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}

func TestWithTheEmulator(t *testing.T) {
	engine, control := start(t)

	// Each test begins where the emulator began.
	if err := control.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The first query fails, all others work.
	_, err := control.AddFault(t.Context(), fault.Rule{Procedure: "QueryPlans", Action: fault.Fail, Code: "0x80070005", Times: 1})
	if err != nil {
		t.Fatal(err)
	}
	queryPlans(t, engine)
	failed, err := control.Wait(t.Context(), journal.Filter{Procedure: "QueryPlans"}, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	why, err := control.Explain(t.Context(), failed.TransactionID)
	if err != nil || why.Code != "0x80070005" {
		t.Fatal(err, why.Text)
	}
	queryPlans(t, engine)
	good, err := control.Wait(t.Context(), journal.Filter{Procedure: "QueryPlans", After: failed.Seq}, 10*time.Second)
	if err != nil || good.Failed() {
		t.Fatal(err, good.Error)
	}
	// What is different from the beginning, as text.
	changed, err := control.Difference(t.Context(), "start", "")
	if err != nil || changed.Text != "" {
		t.Fatal(err, changed.Text)
	}
	// Everything that was asked, to be run again by provtest.
	var archive bytes.Buffer
	if err := control.Export(t.Context(), &archive, journal.Filter{}); err != nil {
		t.Fatal(err)
	}
}
