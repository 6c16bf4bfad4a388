package seed

import (
	"fmt"

	"wsexchange/mock/resource"
)

// makeResources registers the resources of a seed. A public store serves all
// organizations.
func (w *writer) makeResources() error {
	pools := []struct {
		kind   resource.ResourceKind
		stores []MailStore
	}{
		{resource.MailStore, w.seed.Resources.MailStores},
		{resource.PublicStore, w.seed.Resources.PublicStores},
		{resource.ConsumerStore, w.seed.Resources.ConsumerMailStores},
	}
	for _, pool := range pools {
		for _, s := range pool.stores {
			shared := s.Shared || pool.kind != resource.MailStore
			if _, err := resource.In(w.tx).RegisterStore(pool.kind, s.Server, s.Store, s.Megabytes, shared); err != nil {
				return fmt.Errorf("store %q on %q: %w", s.Store, s.Server, err)
			}
		}
	}
	for _, s := range w.seed.Resources.OABServers {
		if _, err := resource.In(w.tx).RegisterServer(resource.OABServer, s.Server, int64(s.Capacity)); err != nil {
			return fmt.Errorf("server %q: %w", s.Server, err)
		}
	}
	return nil
}
