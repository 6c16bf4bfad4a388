package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
)

// What one hostile message may cost: as much processor time as one check of a
// password, which everybody may ask for, and so much memory.
const (
	passwordCost   = 10
	hostileMemory  = 16 << 20
	hostileClients = 4
)

// TestLDAPAttacks attacks the running program and holds what it costs: memory,
// processor time, and how long others wait, who are served meanwhile.
func TestLDAPAttacks(t *testing.T) {
	for name, attack := range map[string]attack{
		"nested":          {messages: hostileClients, memory: hostileClients, run: sendHostile(nestedLeaf())},
		"flood":           {messages: hostileClients, memory: hostileClients, run: sendHostile(emptySequences())},
		"pipelined binds": {messages: 5, memory: 1, run: pipelinedBinds}, // of 2000: the others are not begun when the client is gone
		"groups in chain": {messages: 1, memory: 1, run: groupsInChain},
		"unread answers":  {messages: 20, memory: 1, run: unreadAnswers},
	} {
		t.Run(name, func(t *testing.T) {
			p := startProgram(t, "--emulator.database", filepath.Join(t.TempDir(), "e.db"), "--emulator.hash-cost", strconv.Itoa(passwordCost))
			v := &victim{t: t, program: p, attack: attack}
			v.measure()
		})
	}
}

// attack is what hostile clients do, and what it may cost.
type attack struct {
	messages int // as the cost of how many messages it may have in processor time
	memory   int // and in memory
	run      func(t *testing.T, p *program)
}

// victim is a program that is attacked while a neighbour uses it.
type victim struct {
	t       *testing.T
	program *program
	attack  attack
}

func (v *victim) measure() {
	neighbour, err := ldap.DialURL(v.program.LDAP)
	require.NoError(v.t, err)
	defer func() { _ = neighbour.Close() }()
	require.NoError(v.t, neighbour.Bind(ldapUser, ldapPassword))
	password := checkOfAPassword()
	waits(v.t, neighbour, 300) // so that everything has been used
	idle, idleCPU := v.peak(), v.cpu()

	v.attack.run(v.t, v.program)
	time.Sleep(200 * time.Millisecond) // what was begun for clients that are gone goes on meanwhile, if it does
	spent, grown := v.cpu()-idleCPU, v.peak()-idle

	v.t.Logf("processor %v (a check of a password: %v), memory %d KiB", spent, password, grown>>10)
	assert.LessOrEqual(v.t, spent, time.Duration(v.attack.messages)*password+20*time.Millisecond, "of the clock's ticks")
	assert.LessOrEqual(v.t, grown, v.attack.memory*hostileMemory)
	for range 3 { // the machine may have been busy with something else
		if v.neighbourIsServed(neighbour, password) {
			return
		}
	}
	assert.Fail(v.t, "the neighbour waits")
}

// neighbourIsServed attacks once more, and reports whether a neighbour waits at
// most twice as long as without the attack, and for two checks of a password.
func (v *victim) neighbourIsServed(neighbour *ldap.Conn, password time.Duration) bool {
	v.t.Helper()
	before := waits(v.t, neighbour, 300)
	attacked := make(chan struct{})
	go func() {
		defer close(attacked)
		v.attack.run(v.t, v.program)
	}()
	during := waits(v.t, neighbour, 300)
	<-attacked
	after := waits(v.t, neighbour, 300)
	v.t.Logf("neighbour's p99 %v before, %v during, %v after", before, during, after)
	return during <= 2*max(before, after)+2*password
}

// checkOfAPassword returns the processor time of one check, the least of some.
func checkOfAPassword() time.Duration {
	least := time.Hour
	for range 3 {
		var was, is syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &was) // it does not fail for oneself
		_, _ = bcrypt.GenerateFromPassword([]byte("x"), passwordCost)
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &is)
		least = min(least, time.Duration(is.Utime.Nano()-was.Utime.Nano()))
	}
	return least
}

// waits returns the 99th percentile of how long searches take.
func waits(t *testing.T, conn *ldap.Conn, searches int) time.Duration {
	t.Helper()
	took := make([]time.Duration, searches)
	request := ldap.NewSearchRequest(domainBase, ldap.ScopeWholeSubtree, 0, 0, 0, false, "(sAMAccountName=hsadmin)", []string{"cn"}, nil)
	for i := range took {
		began := time.Now()
		found, err := conn.Search(request)
		require.NoError(t, err)
		require.Len(t, found.Entries, 1)
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[searches*99/100]
}

// peak returns the most memory that the program has had, in octets.
func (v *victim) peak() int {
	v.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.program.command.Process.Pid))
	require.NoError(v.t, err)
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	require.True(v.t, found)
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	require.NoError(v.t, err)
	return kib << 10
}

// cpu returns the processor time that the program has had.
func (v *victim) cpu() time.Duration {
	v.t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", v.program.command.Process.Pid))
	require.NoError(v.t, err)
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	ticks := 0
	for _, field := range fields[11:13] { // utime, stime
		n, err := strconv.Atoi(field)
		require.NoError(v.t, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// raw connects without LDAP.
func raw(t *testing.T, p *program) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.LDAP, "ldap://"))
	if !assert.NoError(t, err) {
		t.FailNow()
	}
	return conn
}

// sendHostile sends a message on several connections, none of which is to be
// answered but by the refusal.
func sendHostile(message []byte) func(*testing.T, *program) {
	return func(t *testing.T, p *program) {
		var all sync.WaitGroup
		for range hostileClients {
			all.Go(func() {
				conn := raw(t, p)
				defer func() { _ = conn.Close() }()
				_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
				_, _ = conn.Write(message) // which is cut off, or not
				_, err := io.Copy(io.Discard, conn)
				assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection is closed")
			})
		}
		all.Wait()
	}
}

// nestedLeaf is a leaf of a megabyte in many sequences.
func nestedLeaf() []byte {
	leaf := make([]byte, 1_000_000)
	parts := [][]byte{leaf}
	for size, tag := len(leaf), byte(4); len(parts) <= 1000; size, tag = size+6, 0x30 {
		parts = append(parts, []byte{tag, 0x84, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)})
	}
	slices.Reverse(parts)
	return slices.Concat(parts...)
}

// emptySequences is a megabyte of them.
func emptySequences() []byte {
	return append([]byte{0x30, 0x83, 0x10, 0, 0}, bytes.Repeat([]byte{0x30, 0}, 1<<19)...)
}

// ldapMessage is an operation of LDAP with the number of its message.
func ldapMessage(id int, operation *ber.Packet) []byte {
	message := ber.NewSequence("")
	message.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	message.AppendChild(operation)
	return message.Bytes()
}

func bindMessage(id int, name, password string) []byte {
	bind := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationBindRequest, nil, "")
	bind.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 3, ""))
	bind.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, name, ""))
	bind.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, password, ""))
	return ldapMessage(id, bind)
}

// pipelinedBinds sends thousands of binds of unknown accounts and goes.
func pipelinedBinds(t *testing.T, p *program) {
	var all []byte
	for i := range 2000 {
		all = append(all, bindMessage(i+1, fmt.Sprintf(`FABRIKAM\nobody%d`, i), "x")...)
	}
	conn := raw(t, p)
	_ = conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, _ = conn.Write(all) // the server reads no more than it holds
	assert.NoError(t, conn.Close())
}

// groupsInChain asks for members through groups, in many items.
func groupsInChain(t *testing.T, p *program) {
	conn, err := ldap.DialURL(p.LDAP)
	if !assert.NoError(t, err) {
		return
	}
	defer func() { _ = conn.Close() }()
	if !assert.NoError(t, conn.Bind(ldapUser, ldapPassword)) {
		return
	}
	filter := "(|" + strings.Repeat("(memberOf:1.2.840.113556.1.4.1941:=CN=Administrators,CN=Builtin,"+domainBase+")", 500) + ")"
	found, err := conn.Search(ldap.NewSearchRequest(domainBase, ldap.ScopeWholeSubtree, 0, 0, 0, false, filter, []string{"1.1"}, nil))
	if assert.NoError(t, err) {
		assert.NotEmpty(t, found.Entries)
	}
}

// unreadAnswers asks for all there is, again and again, and reads nothing.
func unreadAnswers(t *testing.T, p *program) {
	conn := raw(t, p)
	defer func() { _ = conn.Close() }()
	_, err := conn.Write(bindAdmin())
	assert.NoError(t, err)
	answer := make([]byte, 64)
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	_, err = conn.Read(answer)
	assert.NoError(t, err)
	_ = conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
	searches := bytes.Repeat(everythingMessage(), 1000)
	for sent := 0; sent < 64<<20; sent += len(searches) { // the system's buffers hold some of it
		if _, err := conn.Write(searches); err != nil {
			return // the server reads no more either
		}
	}
	assert.Fail(t, "the server takes requests without end")
}

func bindAdmin() []byte { return bindMessage(1, ldapUser, ldapPassword) }

// everythingMessage is a search for all of the domain.
func everythingMessage() []byte {
	filter, _ := ldap.CompileFilter("(objectClass=*)") // it is good
	search := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchRequest, nil, "")
	search.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, domainBase, ""))
	for _, n := range []struct {
		tag   ber.Tag
		value int
	}{{ber.TagEnumerated, 2}, {ber.TagEnumerated, 0}, {ber.TagInteger, 0}, {ber.TagInteger, 0}} {
		search.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, n.tag, n.value, ""))
	}
	search.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, ""))
	search.AppendChild(filter)
	search.AppendChild(ber.NewSequence(""))
	return ldapMessage(2, search)
}

// TestLDAPAttacks_Silence holds that clients that send nothing, a part of a
// request, or read nothing, are disconnected in time.
func TestLDAPAttacks_Silence(t *testing.T) {
	p := startProgram(t, "--emulator.ldap.anonymous-timeout", "1s", "--emulator.ldap.read-timeout", "1s", "--emulator.ldap.write-timeout", "1s")
	request := bindAdmin()
	var all sync.WaitGroup
	for i := range 120 {
		all.Go(func() {
			conn := raw(t, p)
			defer func() { _ = conn.Close() }()
			_, _ = conn.Write(request[:i%2*10]) // silent, or half sent
			_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
			_, err := io.Copy(io.Discard, conn)
			assert.NotErrorIs(t, err, os.ErrDeadlineExceeded)
		})
	}
	all.Go(func() {
		conn := raw(t, p)
		defer func() { _ = conn.Close() }()
		_, _ = conn.Write(request)
		_ = conn.SetWriteDeadline(time.Now().Add(30 * time.Second))
		var err error
		for search := everythingMessage(); err == nil; {
			_, err = conn.Write(search)
		}
		assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection is closed")
	})
	all.Wait()
}

// TestLDAPAttacks_Descriptors takes all file descriptors of the program: the
// logins of the gateway go on, and the listener accepts again when some are free.
func TestLDAPAttacks_Descriptors(t *testing.T) {
	path, err := buildOnce()
	require.NoError(t, err)
	p := launch(t, "/bin/sh", "-c", `ulimit -n 64 && exec "$@"`, "sh", path, "serve", "--listen", "127.0.0.1:0", "--metrics.listen", "",
		"--emulator.ldap-listen", "127.0.0.1:0", "--log.level", "error")
	p.URL, p.LDAP = p.banner["URL"], p.banner["Directory"]
	panel := &http.Client{Timeout: 20 * time.Second}
	login := func() { // over a connection from before
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.address()+"/HostedExchange.asmx", nil)
		require.NoError(t, err)
		request.SetBasicAuth(ldapUser, ldapPassword)
		response, err := panel.Do(request)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, errors.Join(err, response.Body.Close()))
		assert.Equal(t, http.StatusOK, response.StatusCode)
	}
	login()
	var taken []net.Conn
	for range 100 {
		taken = append(taken, raw(t, p))
	}
	for range 3 {
		login()
	}
	for _, conn := range taken {
		assert.NoError(t, conn.Close())
	}
	assert.Eventually(t, func() bool {
		conn, err := ldap.DialURL(p.LDAP, ldap.DialWithDialer(&net.Dialer{Timeout: time.Second}))
		if err != nil {
			return false
		}
		defer func() { _ = conn.Close() }()
		return conn.Bind(ldapUser, ldapPassword) == nil
	}, 30*time.Second, 100*time.Millisecond)
	login()
}

// TestLDAPAttacks_Passwords guesses over LDAP: further guesses are refused, at
// the web services too; who has the password logs on from elsewhere.
func TestLDAPAttacks_Passwords(t *testing.T) {
	p := startProgram(t, "--auth.account-failures", "3")
	codes := make(map[int]int)
	for range 10 {
		conn, err := ldap.DialURL(p.LDAP)
		require.NoError(t, err)
		var refused *ldap.Error
		require.ErrorAs(t, conn.Bind(ldapUser, "wrong"), &refused)
		codes[int(refused.ResultCode)]++
		require.NoError(t, conn.Close())
	}
	assert.Equal(t, map[int]int{ldap.LDAPResultInvalidCredentials: 3, ldap.LDAPResultBusy: 7}, codes)
	response, err := post(t, http.DefaultClient, p.address(), ldapUser, ldapPassword)
	require.NoError(t, err)
	assert.Equal(t, http.StatusTooManyRequests, response.StatusCode)
	conn, err := ldap.DialURL(p.LDAP, ldap.DialWithDialer(&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	assert.NoError(t, conn.Bind(ldapUser, ldapPassword))
}

// TestLDAPShutdown stops the program while clients are connected, and starts it
// again at the same addresses at once.
func TestLDAPShutdown(t *testing.T) {
	path, err := buildOnce()
	require.NoError(t, err)
	web, directory := freeAddress(t), freeAddress(t)
	again := []string{"serve", "--listen", web, "--metrics.listen", "", "--emulator.ldap-listen", directory, "--log.level", "error"}
	for range 3 {
		p := launch(t, path, again...)
		p.LDAP = "ldap://" + directory
		for range 5 {
			conn, err := ldap.DialURL(p.LDAP)
			require.NoError(t, err)
			require.NoError(t, conn.Bind(ldapUser, ldapPassword))
		}
		p.stop()
	}
}
