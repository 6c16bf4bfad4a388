package store

import (
	"errors"
	"fmt"
)

// imbalances are queries that give a line for each total that does not agree
// with its parts, and each that exceeds its limit.
var imbalances = []string{
	`SELECT 'allocation ' || a.id || ' says ' || a.used_kb || ' kilobytes of ' || a.consumers || ' consumers, they have ' || COALESCE(SUM(c.kilobytes), 0) || ' of ' || COUNT(c.id)
	 FROM allocation a LEFT JOIN consumer c ON c.allocation_id = a.id GROUP BY a.id
	 HAVING a.used_kb <> COALESCE(SUM(c.kilobytes), 0) OR a.consumers <> COUNT(c.id)`,
	`SELECT 'allocation ' || a.id || ' has ' || a.amount || ' megabytes, its consumers ' || SUM(c.kilobytes) || ' kilobytes'
	 FROM allocation a JOIN consumer c ON c.allocation_id = a.id GROUP BY a.id HAVING SUM(c.kilobytes) > a.amount * 1024`,
	`SELECT 'resource ' || r.id || ' says ' || r.allocated || ' allocated, the shares have ' || COALESCE(SUM(a.amount), 0)
	 FROM resource r LEFT JOIN allocation a ON a.resource_id = r.id GROUP BY r.id HAVING r.allocated <> COALESCE(SUM(a.amount), 0)`,
	`SELECT 'resource ' || r.id || ' has ' || r.capacity || ', the shares ' || SUM(a.amount)
	 FROM resource r JOIN allocation a ON a.resource_id = r.id GROUP BY r.id HAVING SUM(a.amount) > r.capacity`,
	`SELECT 'consumer ' || c.id || ' draws on no share' FROM consumer c LEFT JOIN allocation a ON a.id = c.allocation_id WHERE a.id IS NULL`,
	`SELECT 'share ' || a.id || ' is of no resource' FROM allocation a LEFT JOIN resource r ON r.id = a.resource_id WHERE r.id IS NULL`,
	`SELECT 'unshared resource ' || r.id || ' has ' || COUNT(a.id) || ' holders'
	 FROM resource r JOIN allocation a ON a.resource_id = r.id WHERE r.shared = 0 GROUP BY r.id HAVING COUNT(a.id) > 1`,
}

// CheckConservation adds everything up from scratch and tells what does not
// agree: consumers within their shares, shares within their resources, totals
// equal to sums (F271). It reads the whole resource manager; it is for tests and
// inspections.
func (t *Tx) CheckConservation() error {
	var wrong []error
	for _, query := range imbalances {
		lines, err := collect(t, scanText, query)
		if err != nil {
			return err
		}
		for _, line := range lines {
			wrong = append(wrong, fmt.Errorf("resource manager: %s", line))
		}
	}
	return errors.Join(wrong...)
}
