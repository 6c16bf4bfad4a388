package postgrestest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// account is the superuser of the clusters.
const account = "mock"

// patience bounds each wait for a server.
const patience = 30 * time.Second

// Cluster is a running PostgreSQL, or one that was stopped.
type Cluster struct {
	// Port is that of the server on the loopback address.
	Port int

	bin, dir string
	run      *syscall.Credential // nil: the account of the test
	log      bytes.Buffer
	command  *exec.Cmd
}

// Start makes a cluster and starts it. It ends with the test.
func Start(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{bin: binaries(t)}
	var err error
	c.dir, err = os.MkdirTemp("", "postgrestest")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(c.dir) })
	c.drop(t)
	c.Port = freePort(t)
	initdb := c.program("initdb", "-D", c.data(), "--no-sync", "-A", "trust", "-U", account, "--no-locale", "-E", "UTF8")
	out, err := initdb.CombinedOutput()
	require.NoError(t, err, string(out))
	c.Up(t)
	t.Cleanup(func() { c.Kill(t) })
	return c
}

// binaries returns the directory of the newest PostgreSQL of Debian, or that of
// the one in the path.
func binaries(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	require.NoError(t, err)
	slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		require.Empty(t, os.Getenv("CI"), "PostgreSQL is missing: scripts/test-needs.sh installs it")
		t.Skip("PostgreSQL is missing: scripts/test-needs.sh installs it")
	}
	return filepath.Dir(path)
}

// drop makes the programs run as postgres if the test runs as root, which
// PostgreSQL refuses.
func (c *Cluster) drop(t testing.TB) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	postgres, err := user.Lookup("postgres")
	require.NoError(t, err)
	uid, err := strconv.Atoi(postgres.Uid)
	require.NoError(t, err)
	gid, err := strconv.Atoi(postgres.Gid)
	require.NoError(t, err)
	c.run = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	require.NoError(t, os.Chown(c.dir, uid, gid))
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) program(name string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(c.bin, name), args...)
	command.Dir = c.dir
	command.SysProcAttr = &syscall.SysProcAttr{Credential: c.run}
	return command
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().(*net.TCPAddr).Port
}

// Up starts a server that was stopped, and waits until it answers.
func (c *Cluster) Up(t testing.TB) {
	t.Helper()
	c.command = c.program("postgres", "-D", c.data(), "-k", c.dir, "-p", strconv.Itoa(c.Port), "-c", "listen_addresses=127.0.0.1",
		"-c", "fsync=off", "-c", "max_connections=60", "-c", "shared_buffers=16MB", "-c", "max_wal_size=64MB")
	c.command.Stdout, c.command.Stderr = &c.log, &c.log
	require.NoError(t, c.command.Start())
	require.Eventually(t, func() bool { return c.answers(t) }, patience, 10*time.Millisecond, "PostgreSQL does not answer")
}

func (c *Cluster) answers(t testing.TB) bool {
	conn, err := pgx.Connect(t.Context(), c.URL("postgres"))
	if err != nil {
		return false
	}
	return conn.Close(t.Context()) == nil
}

// Stop stops the server without waiting for its clients, as a fast shutdown
// does: their transactions are rolled back.
func (c *Cluster) Stop(t testing.TB) { c.end(t, syscall.SIGINT) }

// Kill stops the server at once. What was committed is found by the next start.
func (c *Cluster) Kill(t testing.TB) { c.end(t, syscall.SIGQUIT) }

func (c *Cluster) end(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if c.command == nil {
		return
	}
	require.NoError(t, c.command.Process.Signal(signal))
	_ = c.command.Wait() // its status tells of the signal
	c.command = nil
}

// Restart stops the server without warning and starts it again.
func (c *Cluster) Restart(t testing.TB) {
	t.Helper()
	c.Kill(t)
	c.Up(t)
}

// URL names a database of the cluster.
func (c *Cluster) URL(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s", account, c.Port, database)
}

// Database makes an empty schema and returns a URL for which it is the only
// one: what a new database is, in less time.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	return Schema(t, c.URL("postgres"))
}

// Schema makes an empty schema in a database, and returns a URL for which it is
// the only one.
func Schema(t testing.TB, url string) string {
	t.Helper()
	name := "test" + strings.ToLower(rand.Text())
	Exec(t, url, "CREATE SCHEMA "+name)
	return url + "?search_path=" + name
}

// Exec runs statements in a database.
func Exec(t testing.TB, url, statements string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), statements)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
}
