package plan

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

// filledWith has that many users, a hundred in each organization, each with a
// plan and two events.
func filledWith(b *testing.B, users int) *state.Root {
	b.Helper()
	p := opened(b)
	var org *Customer
	for n := range users {
		var err error
		if n%100 == 0 {
			org, err = p.CreateCustomer(Customer{GUID: customerGUID(1<<32 + n), Name: fmt.Sprint("org", n), Type: "BusinessOrganization"})
			require.NoError(b, err)
		}
		user := customerGUID(n)
		_, err = p.CreateCustomer(Customer{GUID: user, Name: fmt.Sprint("user", n), Type: "BusinessUser", Organization: org.GUID})
		require.NoError(b, err)
		require.NoError(b, p.AssignPlan(user, "GoldMail"))
		require.NoError(b, p.LogEvent(user, "Created"))
		require.NoError(b, p.LogEvent(user, "PlanChange"))
	}
	return p.tx.Root(1)
}

// What is asked every few seconds for metrics, with 100 000 customers.
func BenchmarkCensus(b *testing.B) {
	p := In(filledWith(b, 100_000).Read(state.Env{}))
	for b.Loop() {
		require.Equal(b, int64(100_000), p.Census().Plans[1].Assigned)
	}
}

func BenchmarkPlanUsers(b *testing.B) {
	p := In(filledWith(b, 100_000).Read(state.Env{}))
	for b.Loop() {
		n, err := p.PlanUsers(customerGUID(1<<32), "GoldMail")
		require.NoError(b, err)
		require.Equal(b, int64(100), n)
	}
}

// Memory of a user, with everything that the plan database keeps of it.
func BenchmarkMemory(b *testing.B) {
	const size = 100_000
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		root := filledWith(b, size)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/size, "B/user")
		runtime.KeepAlive(root)
	}
}
