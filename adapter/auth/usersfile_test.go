package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
)

func hashOf(t *testing.T, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	require.NoError(t, err)
	return string(hash)
}

// writeUsers writes a file with a time of its own, whatever the clock's grain.
func writeUsers(t *testing.T, path, content string, at time.Time) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	require.NoError(t, os.Chtimes(path, at, at))
}

func TestUsersFile(t *testing.T) {
	path, at := filepath.Join(t.TempDir(), "users"), newClock().now
	// htpasswd writes $2y$, the library $2a$: the same hash.
	writeUsers(t, path, "\ufeff# people\n\n FABRIKAM\\hsadmin:"+hashOf(t, "one")+"\r\nplain:$2y"+hashOf(t, "two")[3:]+
		"\nmail@fabrikam.local:"+hashOf(t, "three")+"\n", at)
	f, err := OpenUsersFile(UsersFileConfig{Path: path, Domain: "FABRIKAM"})
	require.NoError(t, err)
	long := string(make([]byte, 100))
	rows := []struct {
		login, password, want string
		reason                Reason
	}{
		{`FABRIKAM\hsadmin`, "one", `FABRIKAM\hsadmin`, ""},
		{`fabrikam\HSADMIN`, "one", `FABRIKAM\hsadmin`, ""},
		{"hsadmin", "one", `FABRIKAM\hsadmin`, ""},
		{`FABRIKAM\plain`, "two", `FABRIKAM\plain`, ""},
		{"plain", "two", `FABRIKAM\plain`, ""},
		{"mail@fabrikam.local", "three", `fabrikam.local\mail`, ""},
		{`OTHER\hsadmin`, "one", "", ReasonUnknownUser},
		{"hsadmin", "two", "", ReasonWrongPassword},
		{"hsadmin", "", "", ReasonEmptyPassword},
		{"hsadmin", long, "", ReasonWrongPassword},
		{"nobody", "one", "", ReasonUnknownUser},
	}
	for _, row := range rows {
		identity, err := f.Authenticate(t.Context(), NewCredentials(row.login, row.password))
		if row.reason != "" {
			require.ErrorIs(t, err, ErrBadCredentials, row.login)
			assert.Equal(t, row.reason, ReasonOf(err), row.login)
			continue
		}
		require.NoError(t, err, row.login)
		assert.Equal(t, row.want, identity.Name())
	}
}

func TestUsersFile_LongPasswordDoesNotMatchItsBeginning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	password := string(make([]byte, maxPassword-1)) + "x"
	writeUsers(t, path, "a:"+hashOf(t, password)+"\n", newClock().now)
	f, err := OpenUsersFile(UsersFileConfig{Path: path})
	require.NoError(t, err)
	_, err = f.Authenticate(t.Context(), NewCredentials("a", password))
	require.NoError(t, err)
	_, err = f.Authenticate(t.Context(), NewCredentials("a", password+"y"))
	assert.ErrorIs(t, err, ErrBadCredentials)
}

func TestUsersFile_ReadsAgainWhenChanged(t *testing.T) {
	path, at := filepath.Join(t.TempDir(), "users"), newClock().now
	var reloads []error
	writeUsers(t, path, "a:"+hashOf(t, "one")+"\n", at)
	f, err := OpenUsersFile(UsersFileConfig{Path: path, OnReload: func(err error) { reloads = append(reloads, err) }})
	require.NoError(t, err)
	try := func(password string) error {
		_, err := f.Authenticate(t.Context(), NewCredentials("a", password))
		return err
	}
	require.NoError(t, try("one"))
	require.Empty(t, reloads)

	writeUsers(t, path, "a:"+hashOf(t, "two")+"\n", at.Add(time.Second))
	require.NoError(t, try("two"))
	require.ErrorIs(t, try("one"), ErrBadCredentials)
	require.Equal(t, []error{nil}, reloads)

	writeUsers(t, path, "a:broken\n", at.Add(2*time.Second))
	require.NoError(t, try("two"))
	require.NoError(t, try("two"))
	require.Len(t, reloads, 2, "told once")
	require.ErrorContains(t, reloads[1], "line 1: login a: not a bcrypt hash")

	require.NoError(t, os.Remove(path))
	require.NoError(t, try("two"))
	require.Len(t, reloads, 3)
	require.ErrorIs(t, reloads[2], os.ErrNotExist)

	writeUsers(t, path, "a:"+hashOf(t, "three")+"\n", at.Add(3*time.Second))
	require.NoError(t, try("three"))
}

func TestOpenUsersFile_Refuses(t *testing.T) {
	hash := hashOf(t, "x")
	rows := map[string]struct{ content, want string }{
		"no colon":   {"# x\nhsadmin\n", "line 2: no colon between login and hash"},
		"no login":   {":" + hash, "line 1: no usable login before the colon"},
		"plain text": {"a:secret\n", "line 1: login a: not a bcrypt hash (htpasswd -B makes them)"},
		"MD5":        {"a:$apr1$x$yyyyyyyyyyyyyyyyyyyyyy\n", "line 1: login a: not a bcrypt hash (htpasswd -B makes them)"},
		"cut off":    {"a:" + hash[:50], "line 1: login a: not a bcrypt hash (htpasswd -B makes them)"},
		"too costly": {"a:" + hash[:4] + "17" + hash[6:], "line 1: login a: bcrypt cost 17 is above 16"},
		"twice":      {"a:" + hash + "\n\nA:" + hash, "line 3: login A is there already"},
		"twice, once with the default domain": {
			"a:" + hash + "\nfabrikam\\A:" + hash, `line 2: login fabrikam\A is there already`,
		},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "users")
			writeUsers(t, path, row.content, newClock().now)
			_, err := OpenUsersFile(UsersFileConfig{Path: path, Domain: "FABRIKAM"})
			assert.EqualError(t, err, "users file "+path+": "+row.want)
		})
	}
	_, err := OpenUsersFile(UsersFileConfig{Path: filepath.Join(t.TempDir(), "none")})
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// The work of bcrypt doubles with each cost, so that counting costs counts time.
func TestUsersFile_UnknownLoginsTakeTheWorkOfKnownOnes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	var lines string
	for login, cost := range map[string]int{"low": 4, "middle": 6, "high": 7} {
		hash, err := bcrypt.GenerateFromPassword([]byte("right"), cost)
		require.NoError(t, err)
		lines += login + ":" + string(hash) + "\n"
	}
	require.NoError(t, os.WriteFile(path, []byte(lines), 0o600))
	f, err := OpenUsersFile(UsersFileConfig{Path: path})
	require.NoError(t, err)
	work := 0
	f.compare = func(hash, password []byte) error {
		cost, err := bcrypt.Cost(hash)
		require.NoError(t, err)
		work += 1 << cost
		return bcrypt.CompareHashAndPassword(hash, password)
	}
	for _, login := range []string{"low", "middle", "high", "unknown", `X\low`} {
		for _, password := range []string{"wrong", strings.Repeat("wrong", 20)} {
			work = 0
			_, err := f.Authenticate(t.Context(), NewCredentials(login, password))
			require.ErrorIs(t, err, ErrBadCredentials)
			assert.Equal(t, 1<<7, work, login)
		}
		_, err := f.Authenticate(t.Context(), NewCredentials(login, "right"))
		assert.Equal(t, login == "unknown" || login == `X\low`, err != nil, login)
	}

	require.NoError(t, os.WriteFile(path, nil, 0o600))
	f, err = OpenUsersFile(UsersFileConfig{Path: path})
	require.NoError(t, err)
	_, err = f.Authenticate(t.Context(), NewCredentials("unknown", "wrong"))
	assert.ErrorIs(t, err, ErrBadCredentials, "a file without users")
}
