package secret_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/secret"
)

func TestParse(t *testing.T) {
	for name, row := range map[string]struct {
		text, want string
		err        error
	}{
		"plain":                      {password, password, nil},
		"a line end":                 {password + "\n", password, nil},
		"two line ends":              {password + "\n\n", password, nil},
		"line ends of Windows":       {password + "\r\n\r\n", password, nil},
		"blanks and tabs at the end": {password + " \t \n", password, nil},
		"a byte order mark":          {"\ufeff" + password + "\n", password, nil},
		"blanks within":              {"a long token", "a long token", nil},
		"a blank at the beginning":   {" " + password, " " + password, nil},
		"not ASCII":                  {"pässwörd€", "pässwörd€", nil},
		"empty":                      {"", "", secret.ErrEmpty},
		"line ends only":             {"\ufeff \r\n\n", "", secret.ErrEmpty},
		"two lines":                  {password + "\n" + password, "", secret.ErrLines},
		"a line end of old":          {"a\rb", "", secret.ErrLines},
		"an empty line before":       {"\n" + password, "", secret.ErrLines},
		"a tab within":               {"a\tb", "", secret.ErrCharacter},
		"NUL":                        {"a\x00b", "", secret.ErrCharacter},
		"UTF-16":                     {"\xff\xfea\x00b\x00", "", secret.ErrCharacter},
		"DEL":                        {"a\x7f", "", secret.ErrCharacter},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := secret.Parse(row.text)
			require.ErrorIs(t, err, row.err)
			assert.Equal(t, row.want, got.Reveal())
			if err != nil {
				assert.NotContains(t, err.Error(), password)
			}
		})
	}
}

// What Parse accepts arrives in a header as it is.
func FuzzParse(f *testing.F) {
	f.Add(password + "\n")
	f.Add("\ufeffä b\t")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Got", r.Header.Get("Authorization"))
	}))
	f.Cleanup(server.Close)
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := secret.Parse(text)
		if err != nil || len(text) > 1000 {
			return
		}
		again, err := secret.Parse(parsed.Reveal())
		require.NoError(t, err)
		assert.True(t, parsed.Equal(again) || parsed.Reveal()[0] > 0x7f, "a second time changes nothing")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+parsed.Reveal())
		response, err := server.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, "Bearer "+parsed.Reveal(), response.Header.Get("X-Got"))
	})
}
