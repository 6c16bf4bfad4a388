package daemon

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
)

// NamedListenError adds to the error of a listener that could not be opened
// the setting with its address: of the settings given with their addresses,
// the one whose address the error names. Other errors are returned as they
// are.
func NamedListenError(err error, settings map[string]string) error {
	var failed *net.OpError
	if !errors.As(err, &failed) || failed.Op != "listen" || failed.Addr == nil {
		return err
	}
	for _, setting := range slices.Sorted(maps.Keys(settings)) {
		if at, err2 := net.ResolveTCPAddr("tcp", settings[setting]); err2 == nil && at.String() == failed.Addr.String() {
			return fmt.Errorf("%s: %w", setting, err)
		}
	}
	return err
}
