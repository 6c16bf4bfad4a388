package control

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"

	"wsexchange/mock/ldap/wire"
)

// Cookies seals positions in results with a key of its own.
type Cookies struct{ key []byte }

const sealSize = 16

// NewCookies returns Cookies with a random key: after a restart, cookies from
// before are refused.
func NewCookies() *Cookies {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // it never fails
	return &Cookies{key: key}
}

// sealOf returns what identifies a search: who searches for what. Page size,
// limits and attributes may change between pages.
func (c *Cookies) sealOf(r *wire.SearchRequest, client string) (seal [sealSize]byte) {
	mac := hmac.New(sha256.New, c.key)
	add(mac, client, r.Base)
	if slices.ContainsFunc(r.Controls, func(c wire.Control) bool { return c.OID == ShowDeleted }) {
		add(mac, ShowDeleted)
	}
	mac.Write([]byte{byte(r.Scope)})
	addFilter(mac, &r.Filter)
	copy(seal[:], mac.Sum(nil))
	return seal
}

// add adds texts so that no two lists of them are the same.
func add(mac hash.Hash, texts ...string) {
	var length [4]byte
	for _, text := range texts {
		binary.BigEndian.PutUint32(length[:], uint32(len(text)))
		mac.Write(length[:])
		mac.Write([]byte(text))
	}
}

func addFilter(mac hash.Hash, f *wire.Filter) {
	flags := byte(f.Choice) << 1
	if f.DNAttributes {
		flags |= 1
	}
	mac.Write([]byte{flags})
	add(mac, f.Attribute, f.Value, f.Rule)
	if f.Substrings != nil {
		add(mac, f.Substrings.Initial, f.Substrings.Final)
		add(mac, f.Substrings.Any...)
	}
	var count [4]byte
	binary.BigEndian.PutUint32(count[:], uint32(len(f.Parts)))
	mac.Write(count[:])
	for i := range f.Parts {
		addFilter(mac, &f.Parts[i])
	}
}

// close returns the cookie of a position in a search.
func (c *Cookies) close(position string, seal [sealSize]byte) string {
	sum := c.sum(position, seal)
	return string(sum[:]) + position
}

// open returns the position of a cookie, and whether it is of the search.
func (c *Cookies) open(cookie string, seal [sealSize]byte) (position string, ok bool) {
	if len(cookie) <= sealSize {
		return "", false
	}
	position = cookie[sealSize:]
	sum := c.sum(position, seal)
	if !hmac.Equal(sum[:], []byte(cookie[:sealSize])) {
		return "", false
	}
	return position, true
}

func (c *Cookies) sum(position string, seal [sealSize]byte) (sum [sealSize]byte) {
	mac := hmac.New(sha256.New, c.key)
	mac.Write(seal[:])
	mac.Write([]byte(position))
	copy(sum[:], mac.Sum(nil))
	return sum
}
