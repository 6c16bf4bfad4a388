package store

// Census is what the store holds, in numbers, for operators.
type Census struct {
	// Customers counts customers, organizations and users, for each pair of
	// type and status, zero included.
	Customers []CustomerCensus
	// MailboxesEnabled and MailboxesDisabled count mailboxes by whether their
	// account can be used.
	MailboxesEnabled, MailboxesDisabled int64
	// Resources tells capacity and allocation of each resource of the manager.
	Resources []ResourceCensus
	// Plans counts the assignments of each plan, zero included.
	Plans []PlanCensus
	// Jobs counts queued requests by status; statuses without any are missing.
	Jobs map[JobStatus]int64
	// Transactions counts those of the log that run, or were running when the
	// program ended.
	Transactions int64
}

// CustomerCensus is a type of customers in one status.
type CustomerCensus struct {
	Type, Status string
	Count        int64
}

// ResourceCensus is one resource. Amounts are in the unit of its kind:
// megabytes for stores.
type ResourceCensus struct {
	Kind                ResourceKind
	Server, Name        string
	Allocated, Capacity int64
}

// PlanCensus is one plan.
type PlanCensus struct {
	Plan     string
	Assigned int64
}

const (
	customerCensus = `SELECT ct.name, st.name, (SELECT COUNT(*) FROM customer c WHERE c.type_id = ct.id AND c.status_id = st.id)
	 FROM term ct, term st WHERE ct.kind = ? AND st.kind = ? ORDER BY ct.name, st.name`
	resourceCensus = "SELECT kind, server, name, allocated, capacity FROM resource ORDER BY kind, server_key, name_key"
	planCensus     = "SELECT p.name, (SELECT COUNT(*) FROM assigned_plan a WHERE a.plan_id = p.id) FROM plan p ORDER BY p.folded"
	jobCensus      = "SELECT status, COUNT(*) FROM job GROUP BY status"
	logCensus      = "SELECT COUNT(*) FROM transaction_log WHERE state = 'running'"
	// By databases, whose mailboxes are found by the index of back links.
	mailboxCensus = `SELECT COUNT(*), COALESCE(SUM(CAST(v.value AS INTEGER) & 2 <> 0), 0)
	 FROM object m JOIN link l ON l.target_id = m.id AND l.attribute = 'homeMDB'
	 LEFT JOIN attribute_value v ON v.object_id = l.object_id AND v.attribute = 'userAccountControl' AND v.position = 0
	 WHERE m.class = 'msExchPrivateMDB'`
)

// Census counts. It reads totals, indexes, and a value of each mailbox.
func (t *Tx) Census() (*Census, error) {
	c := &Census{Jobs: map[JobStatus]int64{}}
	var err error
	if c.Customers, err = collect(t, func(row scanner) (n CustomerCensus, err error) {
		return n, row.Scan(&n.Type, &n.Status, &n.Count)
	}, customerCensus, TermCustomerType, TermStatusType); err != nil {
		return nil, err
	}
	if c.Resources, err = collect(t, func(row scanner) (n ResourceCensus, err error) {
		return n, row.Scan(&n.Kind, &n.Server, &n.Name, &n.Allocated, &n.Capacity)
	}, resourceCensus); err != nil {
		return nil, err
	}
	if c.Plans, err = collect(t, func(row scanner) (n PlanCensus, err error) {
		return n, row.Scan(&n.Plan, &n.Assigned)
	}, planCensus); err != nil {
		return nil, err
	}
	if _, err = collect(t, func(row scanner) (status JobStatus, err error) {
		var n int64
		if err = row.Scan(&status, &n); err == nil {
			c.Jobs[status] = n
		}
		return status, err
	}, jobCensus); err != nil {
		return nil, err
	}
	if err := t.row(logCensus, nil, &c.Transactions); err != nil {
		return nil, err
	}
	var mailboxes int64
	if err := t.row(mailboxCensus, nil, &mailboxes, &c.MailboxesDisabled); err != nil {
		return nil, err
	}
	c.MailboxesEnabled = mailboxes - c.MailboxesDisabled
	return c, nil
}
