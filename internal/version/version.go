// Package version tells which build of the product this is.
package version

import "runtime/debug"

// Version is stamped by the linker; a plain go build leaves it empty.
var Version string

// String gives the stamped version, else the module's version, else "devel".
func String() string {
	if Version != "" {
		return Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
