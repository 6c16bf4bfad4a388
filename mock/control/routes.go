package control

import (
	_ "embed" // for the description
	"net/http"
	"reflect"
	"time"

	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mock/ledger"
)

//go:embed openapi.yaml
var description []byte

// Description gives the OpenAPI description of the API.
func Description() []byte { return append([]byte(nil), description...) }

// route is a row: one endpoint.
type route struct {
	method, path, name, summary string
	in, out                     reflect.Type
	takes, gives                string // media types other than JSON
	largest                     int64  // bytes of a body; 0 = as usual
	serve                       func(*control, http.ResponseWriter, *http.Request)
}

// call makes the row of an endpoint that takes In and gives Out.
func call[In, Out any](method, path, name, summary string, run func(*control, *http.Request, In) (Out, error)) route {
	return route{
		method: method, path: path, name: name, summary: summary, in: reflect.TypeFor[In](), out: reflect.TypeFor[Out](),
		serve: func(c *control, w http.ResponseWriter, r *http.Request) {
			var in In
			err := read(r, &in)
			// Waiting may take longer than the server leaves for reading.
			_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
			var out Out
			if err == nil {
				out, err = run(c, r, in)
			}
			if err != nil {
				fail(w, err)
				return
			}
			answer(w, http.StatusOK, out)
		},
	}
}

// routes are the endpoints.
func routes() []route {
	seed := call("POST", "/seed", "seed", "Replaces everything by a seed in YAML; journal, snapshots and fault rules stay.", (*control).seed)
	seed.takes = "application/yaml"
	exported := call[journal.Filter, Nothing]("GET", "/journal.zip", "exportJournal", "Gives requests of the journal as request files in a zip archive.", nil)
	exported.gives, exported.serve = "application/zip", exportJournal
	described := call[Nothing, Nothing]("GET", "/openapi.yaml", "openapi", "Gives this description.", nil)
	described.gives, described.serve = "application/yaml", describe
	state := call[Nothing, Nothing]("GET", "/state", "state", "Gives the state as lines of JSON, as the command export does; secrets are in it.", nil)
	state.gives, state.serve = StateMedia, exportState
	replaced := call("PUT", "/state", "setState", "Replaces the state, all or nothing, by what GET gave, of 256 MiB at most. "+
		"Every domain controller sees it at once; journal, snapshots and fault rules stay.", (*control).setState)
	replaced.takes, replaced.largest = StateMedia, LargestState
	return []route{
		call("POST", "/reset", "reset", "Brings content, journal and fault rules back to how the emulator started.", (*control).reset),
		call("GET", "/snapshots", "listSnapshots", "Lists the snapshots; 'start' is that of the start.", (*control).listSnapshots),
		call("PUT", "/snapshots/{name}", "takeSnapshot", "Takes a snapshot, in place of the one of that name.", (*control).takeSnapshot),
		call("DELETE", "/snapshots/{name}", "dropSnapshot", "Forgets a snapshot.", (*control).dropSnapshot),
		call("POST", "/snapshots/{name}/restore", "restoreSnapshot", "Brings the content back to a snapshot.", (*control).restoreSnapshot),
		call("GET", "/difference", "difference", "Tells what differs between two snapshots; a name left out is the present.", (*control).difference),
		seed,
		state,
		replaced,
		call("PUT", "/mailbox-usage", "setMailboxUsage", "Sets what a mailbox holds.", (*control).setMailboxUsage),
		call("GET", "/password-policy", "passwordPolicy", "Gives the domain's password policy.", (*control).passwordPolicy),
		call("PUT", "/password-policy", "setPasswordPolicy", "Sets the domain's password policy.", (*control).setPasswordPolicy),
		call("GET", "/replication", "replication", "Tells how late domain controllers see each other's writes.", (*control).replication),
		call("PUT", "/replication", "setReplication", "Sets how late they do; controllers that are left out get the common delay.", (*control).setReplication),
		call("POST", "/replication/now", "replicate", "Makes every domain controller see everything.", (*control).replicate),
		call("GET", "/stores", "listStores", "Lists the registered stores and servers.", (*control).listStores),
		call("PUT", "/stores", "resizeStore", "Sets the capacity of a registered store; allocated is not read.", (*control).resizeStore),
		call("GET", "/objects", "searchObjects", "Searches the directory.", (*control).searchObjects),
		call("GET", "/journal", "listJournal", "Gives requests of the journal.", (*control).listJournal),
		call("DELETE", "/journal", "clearJournal", "Empties the journal.", (*control).clearJournal),
		call("GET", "/journal/{id}", "journalEntry", "Gives a request by its transactionId or clientTransactionId.", (*control).journalEntry),
		call("GET", "/journal/{id}/explanation", "explain", "Tells why a request failed: step, rule, object in the way.", (*control).explain),
		exported,
		call("POST", "/wait", "wait", "Waits for a request that matches; 504 if none came in time.", (*control).wait),
		call("GET", "/faults", "listFaults", "Lists the fault rules and how often each hit.", (*control).listFaults),
		call("POST", "/faults", "addFault", "Puts a fault rule in force.", (*control).addFault),
		call("DELETE", "/faults", "clearFaults", "Takes out all fault rules.", (*control).clearFaults),
		call("DELETE", "/faults/{id}", "removeFault", "Takes out a fault rule.", (*control).removeFault),
		described,
	}
}

func describe(_ *control, w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(description)
}

// StateMedia is the media type of an exported state.
const StateMedia = "application/x-ndjson"

func exportState(c *control, w http.ResponseWriter, r *http.Request) {
	if err := readQuery(r.URL.Query(), &Nothing{}); err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", StateMedia)
	// After an error the last line is missing, which an import refuses.
	_ = ledger.Export(r.Context(), c.emulator.Store, w)
}

func exportJournal(c *control, w http.ResponseWriter, r *http.Request) {
	var f journal.Filter
	if err := readQuery(r.URL.Query(), &f); err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	_ = c.emulator.Journal.Export(w, f) // who is gone is told nothing
}

func (c *control) listFaults(*http.Request, Nothing) (Faults, error) {
	return Faults{Rules: c.emulator.Faults.List()}, nil
}

func (c *control) addFault(_ *http.Request, rule fault.Rule) (fault.Rule, error) {
	added, err := c.emulator.Faults.Add(rule)
	if err != nil {
		return fault.Rule{}, badInput{err}
	}
	return added, nil
}

func (c *control) clearFaults(*http.Request, Nothing) (Nothing, error) {
	c.emulator.Faults.Clear()
	return Nothing{}, nil
}

func (c *control) removeFault(r *http.Request, _ Nothing) (Nothing, error) {
	if !c.emulator.Faults.Remove(r.PathValue("id")) {
		return Nothing{}, errNotFound
	}
	return Nothing{}, nil
}
