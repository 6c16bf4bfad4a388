package engine_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// leaving is a namespace with one procedure, which leaves two settings at the
// end and fails at writing a third.
func leaving() engine.Namespace {
	leave := func(c *engine.Call) error {
		set := func(name string, err error) func(*state.Tx) error {
			return func(tx *state.Tx) error { return errors.Join(directory.In(tx).SetSetting(name, "left"), err) }
		}
		c.AtEnd(set("first", nil))
		c.AtEnd(set("spoiled", errors.New("no room")))
		c.AtEnd(set("last", nil))
		if err := directory.In(c.Tx).SetSetting("own", "left"); err != nil || !c.Boolean("fail") {
			return err
		}
		return mpf.NotSupported.New("this")
	}
	return engine.Namespace{Name: "Test", Procedures: []engine.Procedure{{
		Name: "Leave", Type: engine.Write, Access: engine.Public, Run: leave, Arguments: []engine.Argument{argument("fail", engine.Flag)},
	}}}
}

// What is registered for the end stays whatever becomes of the call, and what
// of it cannot be written keeps nothing else from being written.
func TestCall_AtEnd(t *testing.T) {
	failing := step("Leave", "<fail/>")
	for _, c := range []struct {
		name, request string
		fails         bool
		own           string
	}{
		{"success", request(step("Leave", "")), false, "left"},
		{"failure", request(failing), true, ""},
		{"handled failure", request("<try>" + failing + "</try><catch/>"), false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := enginetest.Open(t, engine.Config{Namespaces: []engine.Namespace{leaving()}, Audit: engine.AuditAll})
			r := u.Run(c.request)
			require.Equal(t, c.fails, r.Err != nil)
			u.View(func(tx *state.Tx) {
				for name, want := range map[string]string{"own": c.own, "first": "left", "spoiled": "", "last": "left"} {
					got, err := directory.In(tx).Setting(name)
					require.NoError(t, err)
					assert.Equal(t, want, got, name)
				}
			})
			assert.Contains(t, u.Log.String(), "no room")
			assert.Len(t, u.Audit(), 1, "the request's end is written")
		})
	}
}
