package conformance

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/adapter/adaptertest"
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mock/mocktest"
	"wsexchange/mpf"
)

const newPassword = `<SetUserPassword xmlns="` + services + `"><ldapPath>LDAP://CN=nobody,` + reseller + `</ldapPath>` +
	`<newPassword>Fabrikam-1234</newPassword><preferredDomainController>` + controller + `</preferredDomainController></SetUserPassword>`

// TestJournal_TellsTheOperation makes SOAP calls of a gateway in the emulator's
// process and of one that reaches it over the network, and finds them in the
// journal by operation and request id.
func TestJournal_TellsTheOperation(t *testing.T) {
	for name, submitter := range map[string]func(*mocktest.Emulator) mpf.Submitter{
		"in process": func(e *mocktest.Emulator) mpf.Submitter { return e.Vouched("Administrator") },
		"over SOAP": func(e *mocktest.Emulator) mpf.Submitter {
			client, err := mpf.NewClient(mpf.ClientConfig{URL: e.URL, Credentials: mpf.OfAccount, Account: e.Account("hsadmin")})
			require.NoError(t, err)
			return client
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := mocktest.Start(t)
			gateway := adaptertest.Start(t, submitter(e))
			e.MustCall("Windows-based Hosting", "QueryPlans", "")
			callOnce(t, target{URL: gateway.URL}, plainCall(enableNobodyBody))
			callOnce(t, target{URL: gateway.URL}, plainCall(newPassword))
			for operation, want := range map[string]int{
				"": 3, "EnableUser": 1, "hostedexchange.enableuser": 1, "SetUserPassword": 1, "ManagedActiveDirectory.EnableUser": 0, "HostedExchange": 0,
			} {
				assert.Len(t, e.Journal.List(journal.Filter{Operation: operation}), want, operation)
			}
			entry := e.WaitFor(journal.Filter{Operation: "SetUserPassword"})
			assert.Equal(t, "HostedExchange.SetUserPassword", entry.Operation)
			assert.Equal(t, gateway.Wait(2)[1].RequestID, entry.ClientID)
			assert.NotContains(t, entry.Request+entry.Response, "Fabrikam-1234")

			_, err := e.Faults.Add(fault.Rule{ID: "it", Operation: "EnableUser", Action: fault.Fail, Code: "0x80070005"})
			require.NoError(t, err)
			callOnce(t, target{URL: gateway.URL}, plainCall(enableNobodyBody))
			assert.Equal(t, "0x80070005", e.WaitFor(journal.Filter{After: 3}).Code)
			assert.Nil(t, e.Call("Windows-based Hosting", "QueryPlans", "").Err, "the rule is about that operation only")
		})
	}
}
