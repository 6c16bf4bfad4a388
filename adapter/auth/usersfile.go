package auth

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// maxPassword is what bcrypt reads of a password, in bytes. A longer one never
// matches: it would match every other with the same beginning.
const maxPassword = 72

// UsersFileConfig says where the users are.
type UsersFileConfig struct {
	// Path of the file. Required.
	Path string
	// Domain is the NetBIOS name of the domain, given to a login without one,
	// in the file as in requests. Empty: such a login has no domain.
	Domain string
	// OnReload hears of each reading of the changed file: nil, or why the users
	// read before stay. Nil hears nothing.
	OnReload func(error)
}

// UsersFile authenticates by a file of lines login:hash, where login is
// DOMAIN\login, login@dns.domain or login alone, and hash is bcrypt's as
// htpasswd -B gives it. Empty lines and lines from # on are skipped. Logins do
// not tell letter case. The file is read again when it has changed; while it
// is broken, the users read before stay.
//
// A refusal takes the same work whether the login is known or not, also when the
// hashes have different costs, so that its time does not tell which accounts
// exist.
type UsersFile struct {
	config UsersFileConfig
	// compare is bcrypt.CompareHashAndPassword.
	compare func(hash, password []byte) error

	mu      sync.Mutex
	users   *users
	version fileVersion
}

var _ Authenticator = (*UsersFile)(nil)

// fileVersion tells one state of a file from another.
type fileVersion struct {
	modified time.Time
	size     int64
}

// users is what a file says.
type users struct {
	byLogin map[string]user // by folded login
	highest int             // cost among the hashes
	// dummies are hashes that no password matches, by their costs: the highest,
	// and those that refuse fills the work of a cheaper hash up with.
	dummies map[int][]byte
}

type user struct {
	login Credentials // without password
	hash  []byte
	cost  int
}

// OpenUsersFile reads the file.
func OpenUsersFile(config UsersFileConfig) (*UsersFile, error) {
	f := &UsersFile{config: config, compare: bcrypt.CompareHashAndPassword}
	version, err := f.stat()
	if err != nil {
		return nil, err
	}
	if f.users, err = f.read(); err != nil {
		return nil, err
	}
	f.version = version
	return f, nil
}

// Authenticate compares the password with the hash of the login.
func (f *UsersFile) Authenticate(ctx context.Context, pair Credentials) (Identity, error) {
	if err := ctx.Err(); err != nil {
		return Identity{}, unavailable("users file: %w", err)
	}
	password := pair.Password.Reveal()
	if password == "" {
		return Identity{}, Refused(ReasonEmptyPassword)
	}
	users := f.current()
	found, known := users.byLogin[folded(pair, f.config.Domain)]
	read := []byte(password[:min(len(password), maxPassword)])
	if !known {
		_ = f.compare(users.dummies[users.highest], read)
		return Identity{}, Refused(ReasonUnknownUser)
	}
	if err := f.compare(found.hash, read); err != nil || len(password) > maxPassword {
		// Each cost is twice the work of the one below it: a hash of cost 8 and
		// dummies of 8 and 9 are as much as one of 10.
		for cost := found.cost; cost < users.highest; cost++ {
			_ = f.compare(users.dummies[cost], read)
		}
		return Identity{}, Refused(ReasonWrongPassword)
	}
	return Identity{Domain: found.login.Domain, Username: found.login.Username}, nil
}

// current is what the file says now, or said before it broke.
func (f *UsersFile) current() *users {
	f.mu.Lock()
	defer f.mu.Unlock()
	version, err := f.stat()
	if err == nil && version == f.version {
		return f.users
	}
	var changed *users
	if err == nil {
		changed, err = f.read()
	}
	if err == nil {
		f.users = changed
	}
	// A broken file is reported once, not at every login.
	if version != f.version && f.config.OnReload != nil {
		f.config.OnReload(err)
	}
	f.version = version
	return f.users
}

func (f *UsersFile) stat() (fileVersion, error) {
	info, err := os.Stat(f.config.Path)
	if err != nil {
		return fileVersion{}, fmt.Errorf("users file: %w", err)
	}
	return fileVersion{info.ModTime(), info.Size()}, nil
}

func (f *UsersFile) read() (*users, error) {
	content, err := os.ReadFile(f.config.Path)
	if err != nil {
		return nil, fmt.Errorf("users file: %w", err)
	}
	found, err := parseUsers(content, f.config.Domain)
	if err != nil {
		return nil, fmt.Errorf("users file %s: %w", f.config.Path, err)
	}
	return found, nil
}

// parseUsers reads the lines; an error names the line, not what is in it.
func parseUsers(content []byte, domain string) (*users, error) {
	found := &users{byLogin: map[string]user{}, dummies: map[int][]byte{}}
	lowest := maxCost
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff"))))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		entry, err := parseUser(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		key := folded(entry.login, domain)
		if _, twice := found.byLogin[key]; twice {
			return nil, fmt.Errorf("line %d: login %s is there already", number, entry.login.Login())
		}
		if entry.login.Form == Plain {
			entry.login.Domain = domain
		}
		found.byLogin[key] = entry
		lowest, found.highest = min(lowest, entry.cost), max(found.highest, entry.cost)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(found.byLogin) == 0 {
		lowest, found.highest = bcrypt.DefaultCost, bcrypt.DefaultCost
	}
	for cost := lowest; cost <= found.highest; cost++ {
		var err error
		if found.dummies[cost], err = bcrypt.GenerateFromPassword([]byte(rand.Text()), cost); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// maxCost bounds the time that a login takes: each step doubles it, and this
// one is some seconds.
const maxCost = 16

func parseUser(line string) (user, error) {
	login, hash, ok := strings.Cut(line, ":")
	if !ok {
		return user{}, errors.New("no colon between login and hash")
	}
	entry := user{login: NewCredentials(strings.TrimSpace(login), ""), hash: []byte(strings.TrimSpace(hash))}
	if !entry.login.usable() {
		return user{}, errors.New("no usable login before the colon")
	}
	cost, err := bcrypt.Cost(entry.hash)
	if err != nil || len(entry.hash) != 60 {
		return user{}, fmt.Errorf("login %s: not a bcrypt hash (htpasswd -B makes them)", entry.login.Login())
	}
	if cost > maxCost {
		return user{}, fmt.Errorf("login %s: bcrypt cost %d is above %d", entry.login.Login(), cost, maxCost)
	}
	entry.cost = cost
	return entry, nil
}

// folded is the login in the one spelling that logins are compared in.
func folded(c Credentials, domain string) string {
	if c.Form == Plain && domain != "" {
		c.Form, c.Domain = DownLevel, domain
	}
	return strings.ToLower(c.Login())
}
