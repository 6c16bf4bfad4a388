package config_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/config"
	"wsexchange/internal/secret"
)

var update = flag.Bool("update", false, "write the expected files anew")

// sample has every kind of setting.
type sample struct {
	Listen   string       `setting:"listen" default:"127.0.0.1:8080" help:"Address to serve on."`
	LogLevel slog.Level   `setting:"log-level" default:"INFO" help:"Least severe records that are logged."`
	Format   string       `setting:"log-format" default:"json" oneof:"json,text" help:"Form of the log."`
	MaxBody  config.Bytes `setting:"max-body" default:"4MiB" help:"Largest request."`
	Workers  int          `setting:"workers" default:"8" unit:"threads" help:"How many work."`
	Total    int64        `setting:"total" help:"A large number."`
	Ratio    float64      `setting:"ratio" default:"0.5" min:"0" max:"2" help:"A | share."`
	Verbose  bool         `setting:"verbose" help:"Say more."`
	CertFile string       `setting:"cert-file" help:"Certificate." example:"/etc/tls.crt"`
	Auth     struct {
		CacheTTL time.Duration  `setting:"cache-ttl" default:"60s" help:"How long a good login is believed."`
		Trusted  []netip.Prefix `setting:"trusted-proxies" default:"127.0.0.0/8,::1/128" help:"Networks of proxies."`
		Groups   []string       `setting:"groups" help:"Groups that may log in."`
		Password secret.String  `setting:"password" help:"Password of the service."`
		DSN      string         `setting:"dsn" secret:"true" help:"Address of the database."`
		LDAP     struct {
			Servers []string `setting:"servers" help:"Domain controllers."`
		} `setting:"ldap" help:"The directory."`
	} `setting:"auth" help:"Authentication."`
	Engines []engine `setting:"engines" help:"MPF engines."`
}

type engine struct {
	URL      string        `setting:"url" help:"Its address."`
	Timeout  time.Duration `setting:"timeout" default:"30s" help:"Longest wait."`
	CertFile string        `setting:"cert-file" help:"Its certificate."`
	Password secret.String `setting:"password" help:"Its password."`
}

func (s *sample) Validate() error {
	if s.Workers == 0 {
		return errors.New("workers: at least 1 is needed")
	}
	return nil
}

func loader(t *testing.T) *config.Loader[sample] {
	t.Helper()
	l, err := config.New[sample]("APP_")
	require.NoError(t, err)
	return l
}

// load loads with arguments and environment.
func load(t *testing.T, args, environ []string) (*sample, error) {
	t.Helper()
	l, flags := loader(t), pflag.NewFlagSet("app", pflag.ContinueOnError)
	l.AddFlags(flags)
	require.NoError(t, flags.Parse(args))
	return l.Load(flags, environ)
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	return name
}

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

func TestLoader_Defaults(t *testing.T) {
	got, err := loader(t).Load(nil, nil)
	require.NoError(t, err)
	want := &sample{Listen: "127.0.0.1:8080", Format: "json", MaxBody: 4 << 20, Workers: 8, Ratio: 0.5}
	want.Auth.CacheTTL = time.Minute
	want.Auth.Trusted = prefixes("127.0.0.0/8", "::1/128")
	assert.Equal(t, want, got)
}

func TestLoader_File(t *testing.T) {
	secretFile := writeFile(t, "\ufefffrom a file \r\n\r\n")
	file := writeFile(t, `# everything
listen: ":80"
log-level: debug
log-format: text
max-body: 512 KiB
workers: 2
total: 9000000000
ratio: 1.25
verbose: true
cert-file: a
auth:
  cache-ttl: 1h30m
  trusted-proxies: [10.0.0.0/8, 192.0.2.1]
  groups: ["a, b", c]
  password-file: `+secretFile+`
  dsn: "postgres://u:p@h/d"
  ldap: {servers: dc1}
engines:
  - url: http://one
    cert-file: b
  - {url: http://two, timeout: 5s, password: in the file}
  - &base {url: http://three}
  - *base
`)
	got, err := load(t, []string{"--config", file}, nil)
	require.NoError(t, err)
	want := &sample{
		Listen: ":80", LogLevel: slog.LevelDebug, Format: "text", MaxBody: 512 << 10, Workers: 2, Total: 9e9, Ratio: 1.25,
		Verbose: true, CertFile: "a",
	}
	want.Auth.CacheTTL = 90 * time.Minute
	want.Auth.Trusted = prefixes("10.0.0.0/8", "192.0.2.1/32")
	want.Auth.Groups = []string{"a, b", "c"}
	want.Auth.Password = secret.New("from a file")
	want.Auth.DSN = "postgres://u:p@h/d"
	want.Auth.LDAP.Servers = []string{"dc1"}
	want.Engines = []engine{
		{URL: "http://one", Timeout: 30 * time.Second, CertFile: "b"},
		{URL: "http://two", Timeout: 5 * time.Second, Password: secret.New("in the file")},
		{URL: "http://three", Timeout: 30 * time.Second},
		{URL: "http://three", Timeout: 30 * time.Second},
	}
	assert.Equal(t, want, got)
}

func TestLoader_Precedence(t *testing.T) {
	file := writeFile(t, "listen: file\nlog-format: text\nworkers: 3\nauth: {groups: [file], cache-ttl: 1s}\n")
	environ := []string{
		"APP_CONFIG=" + file, "APP_LISTEN=environment", "APP_WORKERS=4", "APP_AUTH_GROUPS=one, two", "APP_VERBOSE=true",
		"APP_RATIO=", "HOME=/root", "APPLE=1",
	}
	got, err := load(t, []string{"--listen=flag", "--auth.groups=a,b", "--auth.groups", "c", "--verbose=false"}, environ)
	require.NoError(t, err)
	assert.Equal(t, "flag", got.Listen)
	assert.Equal(t, []string{"a", "b", "c"}, got.Auth.Groups)
	assert.False(t, got.Verbose)
	assert.Equal(t, 4, got.Workers, "environment over file")
	assert.Equal(t, "text", got.Format, "file over default")
	assert.Equal(t, time.Second, got.Auth.CacheTTL)
	assert.InDelta(t, 0.5, got.Ratio, 0, "an empty variable is not set")

	got, err = load(t, []string{"--verbose"}, environ)
	require.NoError(t, err)
	assert.True(t, got.Verbose)
	assert.Equal(t, []string{"one", "two"}, got.Auth.Groups)
}

func TestLoader_SecretsByPrecedence(t *testing.T) {
	inFile := writeFile(t, "auth:\n  password: in yaml\n")
	content := writeFile(t, "in a file\n")
	rows := map[string]struct {
		args, environ []string
		want          string
	}{
		"YAML":                       {nil, nil, "in yaml"},
		"variable over YAML":         {nil, []string{"APP_AUTH_PASSWORD=in env"}, "in env"},
		"variable's file over YAML":  {nil, []string{"APP_AUTH_PASSWORD_FILE=" + content}, "in a file"},
		"flag's file over variables": {[]string{"--auth.password-file", content}, []string{"APP_AUTH_PASSWORD=in env"}, "in a file"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			got, err := load(t, append(row.args, "--config", inFile), row.environ)
			require.NoError(t, err)
			assert.Equal(t, row.want, got.Auth.Password.Reveal())
		})
	}
	flags := pflag.NewFlagSet("app", pflag.ContinueOnError)
	loader(t).AddFlags(flags)
	assert.Nil(t, flags.Lookup("auth.password"), "a secret has no place on the command line")
	assert.Nil(t, flags.Lookup("auth.dsn"))
}

// Each testdata/X.yaml is refused with the text of testdata/X.err.
func TestLoader_BadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got, err := load(t, []string{"--config", file}, nil)
			require.Error(t, err)
			assert.Nil(t, got)
			assert.NotContains(t, err.Error(), "hunter2")
			golden(t, strings.TrimSuffix(file, ".yaml")+".err", err.Error()+"\n")
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(got), 0o600))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestLoader_BadFlagsAndVariables(t *testing.T) {
	empty, wide := writeFile(t, "\n"), writeFile(t, "\xff\xfeh\x00i\x00")
	rows := map[string]struct {
		args, environ []string
		want          string
	}{
		"flag":     {[]string{"--workers", "many"}, nil, `flag --workers: workers: "many": not a whole number`},
		"variable": {nil, []string{"APP_AUTH_CACHE_TTL=60"}, `environment APP_AUTH_CACHE_TTL: auth.cache-ttl: "60": not a duration (such as 500ms, 60s or 1h30m)`},
		"element":  {[]string{"--auth.trusted-proxies=10.0.0.0/8,x"}, nil, `flag --auth.trusted-proxies: auth.trusted-proxies: "x": not a network (such as 10.0.0.0/8 or 192.0.2.1)`},
		"choice":   {[]string{"--log-format=xml"}, nil, `flag --log-format: log-format: "xml" is not one of json, text`},
		"unknown":  {nil, []string{"APP_AUTH_CACHETTL=1s"}, "environment APP_AUTH_CACHETTL: unknown variable, did you mean APP_AUTH_CACHE_TTL?"},
		"far":      {nil, []string{"APP_SOMETHING_ELSE_ALTOGETHER=1"}, "environment APP_SOMETHING_ELSE_ALTOGETHER: unknown variable"},
		"list":     {nil, []string{"APP_ENGINES=x"}, "environment APP_ENGINES: unknown variable"},
		"several": {
			[]string{"--workers", "many"},
			[]string{"APP_RATIO=half", "APP_LISEN=x"},
			"environment APP_LISEN: unknown variable, did you mean APP_LISTEN?\n" +
				"flag --workers: workers: \"many\": not a whole number\nenvironment APP_RATIO: ratio: \"half\": not a number",
		},
		"secret twice": {
			nil,
			[]string{"APP_AUTH_PASSWORD=hunter2", "APP_AUTH_PASSWORD_FILE=x"},
			"environment APP_AUTH_PASSWORD_FILE: auth.password-file and auth.password (environment APP_AUTH_PASSWORD) exclude each other",
		},
		"secret's file empty": {
			[]string{"--auth.password-file", empty},
			nil,
			"flag --auth.password-file: auth.password-file: file " + empty + " is not a secret: it is empty",
		},
		"secret of two lines": {
			nil,
			[]string{"APP_AUTH_PASSWORD=hunter2\nhunter3"},
			"environment APP_AUTH_PASSWORD: auth.password: the value is not a secret: it has more than one line",
		},
		"secret's file in UTF-16": {
			[]string{"--auth.password-file", wide},
			nil,
			"flag --auth.password-file: auth.password-file: file " + wide + " is not a secret: it holds a control character, which no HTTP header can carry",
		},
		"too small":     {[]string{"--ratio=-0.1"}, nil, `flag --ratio: ratio: "-0.1" must not be less than 0`},
		"too large":     {nil, []string{"APP_RATIO=2.5"}, `environment APP_RATIO: ratio: "2.5" must not be more than 2`},
		"negative time": {[]string{"--auth.cache-ttl=-1s"}, nil, `flag --auth.cache-ttl: auth.cache-ttl: "-1s" must not be less than 0s`},
		"no file":       {[]string{"--config=/nonexistent.yaml"}, nil, "configuration file: open /nonexistent.yaml: no such file or directory"},
		"validate":      {[]string{"--workers=0"}, nil, "configuration: workers: at least 1 is needed"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, row.args, row.environ)
			assert.EqualError(t, err, row.want)
		})
	}
}

func TestLoader_TakesNoServiceLinkForASetting(t *testing.T) {
	_, err := load(t, nil, []string{
		"APP_SERVICE_HOST=10.0.0.1", "APP_SERVICE_PORT=80", "APP_SERVICE_PORT_HTTP=80", "APP_PORT=tcp://10.0.0.1:80",
		"APP_PORT_80_TCP=tcp://10.0.0.1:80", "APP_PORT_80_TCP_ADDR=10.0.0.1",
	})
	assert.NoError(t, err)
}

func TestLoader_EmptyFiles(t *testing.T) {
	for _, content := range []string{"", "# nothing\n", "---\n", "{}\n"} {
		got, err := load(t, []string{"--config", writeFile(t, content)}, nil)
		require.NoError(t, err, content)
		assert.Equal(t, 8, got.Workers)
	}
}

func TestNew_RefusesMistakesInTheStruct(t *testing.T) {
	refused := func(err error, want string) {
		t.Helper()
		assert.ErrorContains(t, err, want)
	}
	_, err := config.New[struct {
		A string `help:"x"`
	}]("X_")
	refused(err, `A: tag setting: "" is not a name`)
	_, err = config.New[struct {
		A string `setting:"a"`
	}]("X_")
	refused(err, "A: no help")
	_, err = config.New[struct {
		A int `setting:"a" help:"x" default:"b"`
	}]("X_")
	refused(err, `default: a: "b": not a whole number`)
	_, err = config.New[struct {
		A map[string]string `setting:"a" help:"x"`
	}]("X_")
	refused(err, "type map[string]string is not supported")
	_, err = config.New[struct {
		A string `setting:"a" help:"x"`
		B string `setting:"a" help:"x"`
	}]("X_")
	refused(err, "key a is taken")
	_, err = config.New[struct {
		A string `setting:"config" help:"x"`
	}]("X_")
	refused(err, "key config is taken")
	_, err = config.New[struct {
		A string `setting:"a-b" help:"x"`
		S struct {
			B string `setting:"b" help:"x"`
		} `setting:"a" help:"x"`
	}]("X_")
	refused(err, "a-b and a.b share the variable X_A_B")
	_, err = config.New[struct {
		A int `setting:"a" help:"x" secret:"true"`
	}]("X_")
	refused(err, "a secret is a string, not int")
	_, err = config.New[struct {
		A int `setting:"a" help:"x" min:"b"`
	}]("X_")
	refused(err, `A: bound "b": not a whole number`)
	_, err = config.New[struct {
		A string `setting:"a" help:"x" min:"b"`
	}]("X_")
	refused(err, "A: type string has no bounds")
	_, err = config.New[struct {
		A int `setting:"a" help:"x" default:"3" max:"2"`
	}]("X_")
	refused(err, `default: a: "3" must not be more than 2`)
	_, err = config.New[int]("X_")
	refused(err, "int: not a struct")
}

func TestLoader_Documents(t *testing.T) {
	l := loader(t)
	var table bytes.Buffer
	require.NoError(t, l.Markdown(&table))
	golden(t, "testdata/table.md", table.String())

	flags := pflag.NewFlagSet("app", pflag.ContinueOnError)
	l.AddFlags(flags)
	golden(t, "testdata/help.txt", flags.FlagUsages())
}

func TestLoader_Sample(t *testing.T) {
	l := loader(t)
	var sample bytes.Buffer
	require.NoError(t, l.Sample(&sample))
	golden(t, "testdata/sample.txt", sample.String())

	defaults, err := loader(t).Load(nil, nil)
	require.NoError(t, err)
	asItIs, err := load(t, []string{"--config", writeFile(t, sample.String())}, nil)
	require.NoError(t, err)
	assert.Equal(t, defaults, asItIs, "the sample changes nothing")

	existing := writeFile(t, "a secret")
	everything := regexp.MustCompile(`(?m)^( *)#([^ #]|  )`).ReplaceAllString(sample.String(), "$1$2")
	everything = strings.ReplaceAll(everything, "/path/of/file", existing)
	got, err := load(t, []string{"--config", writeFile(t, everything)}, nil)
	require.NoError(t, err, everything)
	assert.Equal(t, "a secret", got.Auth.Password.Reveal())
	assert.Equal(t, "/etc/tls.crt", got.CertFile, "the example")
	assert.Equal(t, time.Minute, got.Auth.CacheTTL)
	assert.Len(t, got.Engines, 1)
}

func TestFlagError(t *testing.T) {
	for given, want := range map[string]string{
		"--auth.password=x": "unknown flag: --auth.password, did you mean --auth.password-file?",
		"--lisen=x":         "unknown flag: --lisen, did you mean --listen?",
	} {
		flags := pflag.NewFlagSet("app", pflag.ContinueOnError)
		loader(t).AddFlags(flags)
		assert.EqualError(t, config.FlagError(flags, flags.Parse([]string{given})), want)
	}
}

func TestRedactedAndDiff(t *testing.T) {
	old, err := load(t, nil, []string{"APP_AUTH_PASSWORD=hunter2", "APP_AUTH_DSN=hunter2"})
	require.NoError(t, err)
	old.Engines = []engine{{URL: "one", Password: secret.New("hunter2")}, {URL: "two"}}
	changed, err := load(t, []string{"--listen=:80", "--max-body=1kB"}, []string{"APP_AUTH_PASSWORD=hunter22", "APP_AUTH_DSN=hunter2"})
	require.NoError(t, err)
	changed.Engines = []engine{{URL: "one", Password: secret.New("hunter2"), Timeout: time.Second}}
	changed.Auth.Groups = []string{"a", "b"}

	assert.Empty(t, config.Diff(old, old))
	assert.Equal(t, []config.Change{
		{"listen", "127.0.0.1:8080", ":80"},
		{"max-body", "4MiB", "1kB"},
		{"auth.groups", "", "a,b"},
		{"auth.password", "[redacted]", "[redacted]"},
		{"engines[0].timeout", "0s", "1s"},
		{"engines[1].url", "two", ""},
		{"engines[1].timeout", "0s", ""},
		{"engines[1].cert-file", "", ""},
		{"engines[1].password", "", ""},
	}, config.Diff(old, changed))
	assert.Equal(t, `listen: "a" → "b"`, config.Change{Key: "listen", Old: "a", New: "b"}.String())

	settings := config.Redacted(old)
	assert.NotContains(t, fmt.Sprintf("%#v", settings), "hunter2")
	assert.Contains(t, settings, config.Setting{Key: "auth.dsn", Value: "[redacted]"})
	assert.Contains(t, settings, config.Setting{Key: "log-level", Value: "INFO"})
	assert.Contains(t, settings, config.Setting{Key: "auth.trusted-proxies", Value: "127.0.0.0/8,::1/128"})
	assert.Contains(t, settings, config.Setting{Key: "engines[1].password", Value: ""})
}

func TestBytes(t *testing.T) {
	for text, want := range map[string]config.Bytes{
		"0": 0, "4096": 4096, "1B": 1, "4MiB": 4 << 20, "4 mib": 4 << 20, "2kB": 2000, "3GB": 3e9, "1TiB": 1 << 40, "7KiB": 7 << 10,
	} {
		var got config.Bytes
		require.NoError(t, got.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, got, text)
		var again config.Bytes
		require.NoError(t, again.UnmarshalText([]byte(got.String())))
		assert.Equal(t, got, again)
	}
	for _, text := range []string{"", "MiB", "-1", "+1", "1.5MiB", "1 M", "1XB", "9223372036854775807KiB", "1MiBx", "1 2"} {
		var got config.Bytes
		assert.EqualError(t, got.UnmarshalText([]byte(text)), "not a size (such as 4096, 512KiB or 4MiB)", text)
	}
}

func TestMerge_KeepsWhatNeedsARestart(t *testing.T) {
	type settings struct {
		Listen string `setting:"listen" restart:"true" help:"address"`
		Level  string `setting:"level" help:"level"`
		Store  struct {
			Path string        `setting:"path" help:"file"`
			Key  secret.String `setting:"key" secret:"true" help:"key"`
		} `setting:"store" restart:"true" help:"database"`
	}
	running := &settings{Listen: "a", Level: "info"}
	loaded := &settings{Listen: "b", Level: "debug"}
	loaded.Store.Key = secret.New("hidden")
	next, waiting := config.Merge(running, loaded)
	assert.Equal(t, &settings{Listen: "a", Level: "debug"}, next)
	assert.Equal(t, []config.Change{{"listen", "a", "b"}, {"store.key", "", secret.Redacted}}, waiting)
	assert.Equal(t, "b", loaded.Listen, "what was loaded stays as it is")
	loader, err := config.New[settings]("X_")
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, loader.Markdown(&out))
	assert.Equal(t, 4, strings.Count(out.String(), "(restart) |"))
}
