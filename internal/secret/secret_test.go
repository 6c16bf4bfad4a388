package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"wsexchange/internal/secret"
)

const password = "pass-Phrase-7"

type holder struct {
	Public  secret.String
	private secret.String
}

func TestStringNeverPrintsItself(t *testing.T) {
	held := holder{Public: secret.New(password), private: secret.New(password)}
	require.Equal(t, password, held.private.Reveal())
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%10.3s"} {
		fmt.Fprintf(&out, verb+"\n", held.Public)
		fmt.Fprintf(&out, verb+"\n", &held.Public)
		fmt.Fprintf(&out, verb+"\n", held)
		fmt.Fprintf(&out, verb+"\n", []holder{held})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", held.Public, "holder", held)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", held.Public, "holder", held)
	for _, encode := range []func(any) ([]byte, error){json.Marshal, xml.Marshal, yaml.Marshal} {
		encoded, err := encode(held)
		require.NoError(t, err)
		out.Write(encoded)
	}
	assert.NotContains(t, out.String(), password)
	assert.NotContains(t, out.String(), fmt.Sprintf("%x", password))
	assert.Contains(t, out.String(), secret.Redacted)
}

func TestString_Equal(t *testing.T) {
	assert.True(t, secret.New("a").Equal(secret.New("a")))
	assert.False(t, secret.New("a").Equal(secret.New("b")))
	assert.True(t, secret.String{}.Equal(secret.New("")))
	assert.True(t, secret.New("").IsZero())
	assert.False(t, secret.New("a").IsZero())
}

func TestString_UnmarshalText(t *testing.T) {
	var held holder
	require.NoError(t, json.Unmarshal([]byte(`{"Public":"`+password+`"}`), &held))
	assert.Equal(t, password, held.Public.Reveal())
}
