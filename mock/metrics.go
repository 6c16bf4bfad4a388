package mock

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"wsexchange/mock/directory"
	"wsexchange/mock/ledger"
	"wsexchange/mock/plan"
	"wsexchange/mock/queue"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

// censusTimeout bounds the counting for one scrape.
const censusTimeout = 2 * time.Second

// megabyte is the unit of the resource manager, in bytes.
const megabyte = 1 << 20

// census gives what the store holds, counted at each scrape. Labels come from
// what is registered: stores, plans, types and statuses.
type census struct {
	ctx    context.Context // ends all counting
	store  *ledger.Store
	logger *slog.Logger

	customers, mailboxes, allocated, free, booksAllocated, booksFree, plans, jobs, unfinished *prometheus.Desc
	waits, waited, success, duration, rows, bytes                                             *prometheus.Desc
}

// Values of the label access: of transactions that write or read.
const (
	accessWrite = "write"
	accessRead  = "read"
)

func newCensus(ctx context.Context, s *ledger.Store, logger *slog.Logger) *census {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("mockmpf_"+name, help, labels, nil)
	}
	return &census{
		ctx: ctx, store: s, logger: logger,
		customers:      desc("customers", "Customers, organizations and users, by type and status.", "type", "status"),
		mailboxes:      desc("mailboxes", "Mailboxes by whether their account can be used.", "state"),
		allocated:      desc("store_allocated_bytes", "Space of a store that organizations have been given.", "kind", "server", "store"),
		free:           desc("store_free_bytes", "Space of a store that can still be given.", "kind", "server", "store"),
		booksAllocated: desc("address_books_allocated", "Offline address books of a server that organizations have been given.", "server"),
		booksFree:      desc("address_books_free", "Offline address books of a server that can still be given.", "server"),
		plans:          desc("plan_assignments", "Customers that have the plan.", "plan"),
		jobs:           desc("queue_jobs", "Queued requests in the store, by their status.", "status"),
		unfinished:     desc("transactions_unfinished", "Transactions of the log that have not ended: they run, or are in doubt if it stays so."),
		waits:          desc("database_waits_total", "Transactions that had to wait for others before they began.", "access"),
		waited:         desc("database_wait_seconds_total", "Time that transactions have waited for others before they began.", "access"),
		rows:           desc("database_rows", "Rows of what the sweep shortens: the audit log, the transaction log, the history of commits, and the deleted objects.", "of"),
		bytes:          desc("database_bytes", "Size of the database file and of its write-ahead log; 0 in memory.", "file"),
		success:        desc("census_success", "1 if the figures of this scrape could be counted in time, else 0 and they are missing."),
		duration:       desc("census_duration_seconds", "Time that counting took for this scrape."),
	}
}

// Describe is for the registry.
func (c *census) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.customers, c.mailboxes, c.allocated, c.free, c.booksAllocated, c.booksFree, c.plans, c.jobs, c.unfinished,
		c.waits, c.waited, c.success, c.duration, c.rows, c.bytes,
	} {
		to <- d
	}
}

// Collect is for the registry.
func (c *census) Collect(to chan<- prometheus.Metric) {
	started := time.Now()
	ctx, cancel := context.WithTimeout(c.ctx, censusTimeout)
	defer cancel()
	err := c.store.View(ctx, func(tx *state.Tx) error { return c.figures(to, tx) })
	success := 1.0
	if err != nil {
		success = 0
		c.logger.Warn("failed to count the content for the metrics", slog.Any("error", err))
	}
	to <- prometheus.MustNewConstMetric(c.success, prometheus.GaugeValue, success)
	to <- prometheus.MustNewConstMetric(c.duration, prometheus.GaugeValue, time.Since(started).Seconds())
	writes, reads := c.store.Waits()
	for access, w := range map[string]ledger.Waits{accessWrite: writes, accessRead: reads} {
		to <- prometheus.MustNewConstMetric(c.waits, prometheus.CounterValue, float64(w.Count), access)
		to <- prometheus.MustNewConstMetric(c.waited, prometheus.CounterValue, w.Time.Seconds(), access)
	}
	size := c.store.Size()
	for of, rows := range map[string]int64{"audit": size.Audit, "transactions": size.Log, "history": size.History} {
		to <- prometheus.MustNewConstMetric(c.rows, prometheus.GaugeValue, float64(rows), of)
	}
	for file, bytes := range map[string]int64{"database": size.File, "wal": size.WAL} {
		to <- prometheus.MustNewConstMetric(c.bytes, prometheus.GaugeValue, float64(bytes), file)
	}
}

func (c *census) figures(to chan<- prometheus.Metric, tx *state.Tx) error {
	gauge := func(d *prometheus.Desc, value int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value), labels...)
	}
	plans := plan.In(tx).Census()
	gauge(c.rows, directory.In(tx).DeletedObjects(), "deleted")
	mailboxes, err := directory.In(tx).Mailboxes()
	if err != nil {
		return err
	}
	running, err := c.store.RunningTransactions(c.ctx)
	if err != nil {
		return err
	}
	for _, n := range plans.Customers {
		gauge(c.customers, n.Count, n.Type, n.Status)
	}
	gauge(c.mailboxes, mailboxes.Enabled, "enabled")
	gauge(c.mailboxes, mailboxes.Disabled, "disabled")
	for _, r := range resource.In(tx).Census() {
		switch r.Kind {
		case resource.MailStore, resource.ConsumerStore, resource.PublicStore:
			gauge(c.allocated, r.Allocated*megabyte, string(r.Kind), r.Server, r.Name)
			gauge(c.free, (r.Capacity-r.Allocated)*megabyte, string(r.Kind), r.Server, r.Name)
		case resource.OABServer:
			gauge(c.booksAllocated, r.Allocated, r.Server)
			gauge(c.booksFree, (r.Capacity - r.Allocated), r.Server)
		}
	}
	for _, p := range plans.Plans {
		gauge(c.plans, p.Assigned, p.Plan)
	}
	jobs := queue.In(tx).Census()
	for _, status := range queue.JobStatuses() {
		gauge(c.jobs, jobs[status], status.String())
	}
	gauge(c.unfinished, int64(len(running)))
	return nil
}
