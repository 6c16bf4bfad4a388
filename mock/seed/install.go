package seed

import (
	"errors"
	"fmt"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

// ErrNoExchange is that a directory has no Exchange organization.
var ErrNoExchange = errors.New("the directory has no Exchange organization")

// InstallExchange makes the Exchange organization of a directory that has none,
// with its servers, as Exchange's own installation prepares a domain. What is
// there already is a *state.ConflictError.
func InstallExchange(tx *state.Tx, exchange Exchange) error {
	w, err := installer(tx)
	if err != nil {
		return err
	}
	w.seed.Exchange = exchange
	return w.makeExchange()
}

// InstallServer adds a server with its stores to the Exchange organization, and
// its computer account. Without an organization it is ErrNoExchange, a name that
// is taken is a *state.ConflictError.
func InstallServer(tx *state.Tx, server Server) error {
	w, err := organizer(tx)
	if err != nil {
		return err
	}
	organization := w.exchange()
	offline := organization.Child("CN", addressLists).Child("CN", offlineLists).Child("CN", defaultOfflineList)
	list, err := w.directory.Get(offline)
	if err != nil {
		return err
	}
	generator, err := w.directory.Value(list, "offLineABServer")
	if err != nil {
		return err
	}
	return w.makeServer(organization, server, generator == "")
}

// StoreTakenError is that a store has the name of another one of its kind.
type StoreTakenError struct{ Holder ldappath.DN }

func (e *StoreTakenError) Error() string { return "the name is taken by store " + e.Holder.String() }

// InstallStores adds the stores that server names to those of the Exchange server
// of its name. A server that is not there is state.ErrNotFound, a name that a
// store of any server has a *StoreTakenError.
func InstallStores(tx *state.Tx, server Server) error {
	w, err := organizer(tx)
	if err != nil {
		return err
	}
	if err := errors.Join(w.refuseTaken(resource.MailStore, server.MailStores), w.refuseTaken(resource.PublicStore, server.PublicStores)); err != nil {
		return err
	}
	group := w.exchange().Child("CN", adminGroups).Child("CN", w.seed.Exchange.AdministrativeGroup)
	own := group.Child("CN", "Servers").Child("CN", server.Name)
	found, err := w.directory.Get(own)
	if err != nil {
		return err
	}
	legacy, err := w.directory.Value(found, "legacyExchangeDN")
	if err != nil {
		return err
	}
	if server.StorageGroup, err = w.storageGroupOf(found.DN); err != nil {
		return err
	}
	return w.makeStores(server, found.DN, group.Child("CN", hierarchies).Child("CN", publicFolders), legacy)
}

func (w *writer) refuseTaken(kind resource.ResourceKind, names []string) error {
	for _, name := range names {
		if holder, err := resource.In(w.tx).StoreNamed(kind, name); err != nil {
			return err
		} else if holder != nil {
			return &StoreTakenError{holder.DN}
		}
	}
	return nil
}

// storageGroupOf returns the name of a server's first storage group.
func (w *writer) storageGroupOf(server ldappath.DN) (string, error) {
	store, err := w.directory.Get(server.Child("CN", "InformationStore"))
	if err != nil {
		return "", err
	}
	groups, err := w.directory.Children(store, "msExchStorageGroup")
	if err != nil || len(groups) == 0 {
		return "", err
	}
	return groups[0].DN.RDN().Value, nil
}

// installer returns a writer for a directory that has its starting content.
func installer(tx *state.Tx) (*writer, error) {
	domain, err := directory.In(tx).Domain()
	if err != nil {
		return nil, err
	}
	return &writer{tx: tx, directory: directory.In(tx), domain: domain.DN, seed: Seed{Domain: Domain{Name: domain.Name, NetBIOS: domain.NetBIOS}}}, nil
}

// organizer is installer with the names of the Exchange organization that there
// is.
func organizer(tx *state.Tx) (*writer, error) {
	w, err := installer(tx)
	if err != nil {
		return nil, err
	}
	domain, err := w.directory.Domain()
	if err != nil {
		return nil, err
	}
	if domain.Exchange.IsZero() {
		return nil, ErrNoExchange
	}
	groups, err := w.directory.Get(domain.Exchange.Child("CN", adminGroups))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoExchange, err)
	}
	held, err := w.directory.Children(groups, "msExchAdminGroup")
	if err != nil {
		return nil, err
	}
	if len(held) == 0 {
		return nil, fmt.Errorf("%w: it has no administrative group", ErrNoExchange)
	}
	w.seed.Exchange = Exchange{Organization: domain.Exchange.RDN().Value, AdministrativeGroup: held[0].DN.RDN().Value}
	return w, nil
}

// exchange is the name of the Exchange organization.
func (w *writer) exchange() ldappath.DN {
	return w.domain.Child("CN", "Configuration").Child("CN", "Services").Child("CN", "Microsoft Exchange").Child("CN", w.seed.Exchange.Organization)
}
