package control_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/control"
	"wsexchange/mock/control/client"
	"wsexchange/mock/fault"
	"wsexchange/mock/mocktest"
	"wsexchange/mock/state"
)

func TestReplication(t *testing.T) {
	const dc1, dc2 = "dc1.fabrikam.com", "dc2.fabrikam.com"
	e := mocktest.Start(t, mocktest.Controllers(dc2))
	handler, err := control.New(e.Emulator, token)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c := client.New(server.URL, token)

	require.NoError(t, c.SetReplication(t.Context(), control.Replication{
		Delay: fault.Duration(time.Hour), Controllers: []control.Controller{{Name: "DC2.fabrikam.com", Delay: fault.Duration(2 * time.Hour)}},
	}))
	createAnn(e)
	now, err := c.Replication(t.Context())
	require.NoError(t, err)
	require.Len(t, now.Controllers, 2)
	assert.Equal(t, control.Controller{Name: dc1, Delay: fault.Duration(time.Hour)}, now.Controllers[0])
	assert.Equal(t, dc2, now.Controllers[1].Name)
	assert.Equal(t, fault.Duration(2*time.Hour), now.Controllers[1].Delay)
	assert.Positive(t, now.Controllers[1].Waiting)
	require.NotEmpty(t, now.Controllers[1].Pending)
	objects := make(map[string]state.ChangeKind) // that dc2 does not see
	for _, p := range now.Controllers[1].Pending {
		assert.Equal(t, 2*time.Hour, p.Due.Sub(p.Written))
		for _, c := range p.Changes {
			objects[c.Object] = c.Kind
		}
	}
	assert.Contains(t, objects, "CN=ann@fabrikam.com,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com")

	seen := func(controller string) int {
		found, err := c.Objects(t.Context(), control.Search{Filter: "(sAMAccountName=ann)", Controller: controller})
		require.NoError(t, err)
		return len(found.Objects)
	}
	assert.Equal(t, []int{1, 1, 0}, []int{seen(""), seen(dc1), seen(dc2)})
	require.NoError(t, c.Replicate(t.Context()))
	assert.Equal(t, []int{1, 1, 1}, []int{seen(""), seen(dc1), seen(dc2)})

	require.NoError(t, c.Reset(t.Context()))
	now, err = c.Replication(t.Context())
	require.NoError(t, err)
	assert.Zero(t, now.Delay, "as it was at the start")
	for name, wrong := range map[string]control.Replication{
		"there is no domain controller": {Controllers: []control.Controller{{Name: "dc9"}}},
		"delay: -1s is below 0":         {Delay: fault.Duration(-time.Second)},
	} {
		assert.ErrorContains(t, c.SetReplication(t.Context(), wrong), name)
	}
	_, err = c.Objects(t.Context(), control.Search{Controller: "dc9"})
	assert.ErrorContains(t, err, "there is no domain controller")
}
