package daemontest

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// BadConfiguration is a mistake in a program's settings.
type BadConfiguration struct {
	Args []string // of serve
	Want string   // part of the error
}

// common are mistakes that every program refuses.
func common() map[string]BadConfiguration {
	return map[string]BadConfiguration{
		"certificate":    {[]string{"--tls.certificate=/no/such", "--tls.key=/no/such"}, "/no/such"},
		"log part":       {[]string{"--log.levels=x=debug"}, "log part"},
		"token":          {[]string{"--admin.listen=127.0.0.1:0"}, "admin.token"},
		"negative drain": {[]string{"--drain-delay=-1s"}, `drain-delay: "-1s" must not be less than 0s`},
		"no room":        {[]string{"--limits.body=0"}, `limits.body: "0" must not be less than 1B`},
		"ratio":          {[]string{"--tracing.ratio=1.1"}, "tracing.ratio"},
		"token as flag":  {[]string{"--admin.token=x"}, "did you mean --admin.token-file?"},
	}
}

// ConfigCheck runs serve --config.check without settings, which have to be
// good, and with each of the mistakes: those given by their names and those of
// every program.
func ConfigCheck(t *testing.T, run Run, further map[string]BadConfiguration) {
	t.Helper()
	out, errors, status := Output(t, run, nil, "serve", "--config.check")
	assert.Equal(t, "configuration is valid\n", out)
	assert.Equal(t, 0, status, errors)
	token := func(content string) []string {
		file := filepath.Join(t.TempDir(), "token")
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		return []string{"--admin.listen=127.0.0.1:0", "--admin.token-file=" + file}
	}
	_, errors, status = Output(t, run, nil, append([]string{"serve", "--config.check"}, token("\ufeff0123456789abcdef \r\n\r\n")...)...)
	assert.Equal(t, 0, status, errors)
	all := common()
	maps.Copy(all, further)
	all["token of two lines"] = BadConfiguration{token("0123456789abcdef\n0123456789abcdef\n"), "more than one line"}
	all["token in UTF-16"] = BadConfiguration{token("\xff\xfe0\x001\x00"), "a control character, which no HTTP header can carry"}
	all["token after a blank"] = BadConfiguration{token(" 0123456789abcdef"), "admin.token: it begins or ends with white space"}
	all["blank token"] = BadConfiguration{token("\ufeff \n"), "is not a secret: it is empty"}
	for name, row := range all {
		t.Run(name, func(t *testing.T) {
			_, errors, status := Output(t, run, nil, append([]string{"serve", "--config.check"}, row.Args...)...)
			assert.Equal(t, 1, status)
			assert.Contains(t, errors, row.Want)
		})
	}
}
