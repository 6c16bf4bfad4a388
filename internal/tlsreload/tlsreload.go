package tlsreload

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// settle is how long the files must be quiet before they are read.
	settle = 100 * time.Millisecond
	// interval is how often they are looked at without a notice, which network
	// file systems and swapped symbolic links do not always give.
	interval = 30 * time.Second
)

// Certificates is a certificate and its key, as the files say at present. It
// is safe for concurrent use.
type Certificates struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
	done              chan struct{}
	stopped           sync.WaitGroup
	closing           sync.Once

	mu       sync.Mutex
	version  [2]fileVersion // of the files at the last attempt
	onReload func(error)
}

// fileVersion tells one state of a file from another. The zero value is that
// of a file that is not there.
type fileVersion struct {
	modified time.Time
	size     int64
	info     os.FileInfo // for os.SameFile: a rename keeps time and size
}

func (v fileVersion) same(other fileVersion) bool {
	if v.info == nil || other.info == nil {
		return v.info == nil && other.info == nil
	}
	return v.modified.Equal(other.modified) && v.size == other.size && os.SameFile(v.info, other.info)
}

// New reads the pair from PEM files and follows them until Close. It is an
// error if they cannot be read, are no PEM, or do not belong together; an
// expired certificate is none.
func New(certFile, keyFile string) (*Certificates, error) {
	c := &Certificates{certFile: certFile, keyFile: keyFile, done: make(chan struct{})}
	c.version = c.versions()
	if err := c.load(); err != nil {
		return nil, err
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", certFile, err)
	}
	for _, dir := range []string{filepath.Dir(certFile), filepath.Dir(keyFile)} {
		if err := watcher.Add(dir); err != nil {
			return nil, errors.Join(fmt.Errorf("watch %s: %w", dir, err), watcher.Close())
		}
	}
	c.stopped.Go(func() { c.follow(watcher) })
	return c, nil
}

// OnReload names a function that hears of each reading of changed files: nil,
// or why the pair from before stays. It must not block, nor call Close.
func (c *Certificates) OnReload(heard func(error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onReload = heard
}

// GetCertificate is for tls.Config.GetCertificate.
func (c *Certificates) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// Config is a server's TLS configuration with these certificates: TLS 1.2 or
// newer.
func (c *Certificates) Config() *tls.Config {
	return &tls.Config{GetCertificate: c.GetCertificate, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}

// Expiry is when the server certificate stops being valid.
func (c *Certificates) Expiry() time.Time { return c.current.Load().Leaf.NotAfter }

// Valid returns an error if the server certificate is not valid at a time.
func (c *Certificates) Valid(at time.Time) error {
	leaf := c.current.Load().Leaf
	switch {
	case at.Before(leaf.NotBefore):
		return fmt.Errorf("the certificate of %s begins on %s", c.certFile, leaf.NotBefore.UTC().Format(time.RFC3339))
	case at.After(leaf.NotAfter):
		return fmt.Errorf("the certificate of %s ended on %s", c.certFile, leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

// Reload reads the files now, changed or not. After an error the pair from
// before stays.
func (c *Certificates) Reload() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version = c.versions()
	return c.load()
}

// Close ends the following. The last pair can still be served.
func (c *Certificates) Close() error {
	c.closing.Do(func() { close(c.done) })
	c.stopped.Wait()
	return nil
}

func (c *Certificates) load() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	c.current.Store(&pair)
	return nil
}

func (c *Certificates) versions() (versions [2]fileVersion) {
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			versions[i] = fileVersion{info.ModTime(), info.Size(), info}
		}
	}
	return versions
}

// follow waits for changes, by notice or by the clock.
func (c *Certificates) follow(watcher *fsnotify.Watcher) {
	defer watcher.Close()
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	quiet := time.NewTimer(settle)
	quiet.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-watcher.Events:
			quiet.Reset(settle)
		case <-watcher.Errors: // notices were lost: look
			quiet.Reset(settle)
		case <-ticks.C:
			c.reloadIfChanged()
		case <-quiet.C:
			c.reloadIfChanged()
		}
	}
}

// reloadIfChanged reads files that differ from those of the last attempt, so
// that a broken pair is reported once.
func (c *Certificates) reloadIfChanged() {
	c.mu.Lock()
	defer c.mu.Unlock()
	versions := c.versions()
	if versions[0].same(c.version[0]) && versions[1].same(c.version[1]) {
		return
	}
	c.version = versions
	err := c.load()
	if c.onReload != nil {
		c.onReload(err)
	}
}
