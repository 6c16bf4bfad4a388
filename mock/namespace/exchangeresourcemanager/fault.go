package exchangeresourcemanager

import (
	"errors"
	"strconv"

	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

func number(n int64) string { return strconv.FormatInt(n, 10) }

// fault names what the resource manager's tables refused. Others pass. The
// codes are the emulator's own: those of the original are not known (F279).
func fault(err error) error {
	var full *resource.CapacityError
	if errors.As(err, &full) {
		if full.Level == resource.LevelResource {
			return mpf.NoRoomInStore.New(full.Name, number(full.Free), number(full.Needed))
		}
		return mpf.NoRoomInOrganization.New(number(full.Free), number(full.Needed), full.Unit)
	}
	var release *resource.ReleaseError
	if errors.As(err, &release) {
		return mpf.ReleaseExceeds.New(number(release.Allocated), number(release.Released), release.Unit)
	}
	return err
}

// unknownStore names a store that is not registered.
func unknownStore(err error, server, name string) error {
	if errors.Is(err, state.ErrNotFound) {
		return mpf.StoreUnknown.New(name, server)
	}
	return err
}
