// Package config fills a documented struct from flags, environment and a YAML
// file, under the same names, in this order of precedence:
//
//	--auth.cache-ttl=60s             flag
//	WSEXCHANGE_AUTH_CACHE_TTL=60s    environment, with the program's prefix
//	auth: {cache-ttl: 60s}           YAML file named by --config
//	default:"60s"                    the struct's tag
//
// A program declares one struct:
//
//	type Config struct {
//		Listen string `setting:"listen" default:"127.0.0.1:8080" help:"Address to serve on."`
//		Auth   struct {
//			CacheTTL time.Duration `setting:"cache-ttl" default:"60s" help:"How long a good login is believed."`
//		} `setting:"auth" help:"Authentication."`
//	}
//
// The tags: setting is the name, lower case with hyphens; default, help, unit
// and example are text; oneof lists the values allowed, separated by commas;
// min and max bound numbers, durations and sizes (a duration without min must
// not be negative);
// secret:"true" marks what must not be shown, restart:"true",
// of a setting or a section, what a running program cannot change. The method Validate() error of the
// outermost struct, if there is one, has the last word.
//
// Fields are strings, booleans, numbers, [time.Duration], [Bytes], anything
// that reads itself from text such as [net/netip.Prefix], lists of these, nested
// structs, and lists of structs, which only YAML can give. Lists are separated
// by commas in flags and environment.
//
// A secret never stands on the command line: a secret "password" has no flag of
// its name, but a second setting "password-file", in all three places, that
// names a file with it. The end of line in such a file is not part of it.
//
// An empty environment variable is one that is not set. Nothing is ignored:
// unknown keys and variables are errors that name the nearest known one, and
// all errors are told at once.
package config
