package directory

import (
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// Costs of a hash. Those from MinCost on are bcrypt's: each step doubles the
// time. LowestCost is one round of salted SHA-512, which takes a microsecond:
// for content that never reaches a disk, for published passwords, for tests.
const (
	LowestCost  = 1
	MinCost     = bcrypt.MinCost
	DefaultCost = bcrypt.DefaultCost
	MaxCost     = bcrypt.MaxCost
)

// CheckCost returns an error for a cost that is neither of these nor 0, which
// stands for DefaultCost.
func CheckCost(cost int) error {
	if cost == 0 || cost == LowestCost || cost >= MinCost && cost <= MaxCost {
		return nil
	}
	return fmt.Errorf("password hash cost %d is neither %d nor between %d and %d", cost, LowestCost, MinCost, MaxCost)
}

// saltedScheme begins hashes of LowestCost; base64 of the sum and the salt
// follows. bcrypt's begin with $2a$.
const saltedScheme = "{SSHA512}"

const saltSize = 16 // bytes

// hashOf hashes a password at a cost.
func hashOf(password string, cost int) (string, error) {
	if cost != LowestCost {
		hash, err := bcrypt.GenerateFromPassword(digest(password), cost)
		return string(hash), err
	}
	var salt [saltSize]byte
	_, _ = rand.Read(salt[:]) // never fails
	return saltedScheme + base64.StdEncoding.EncodeToString(append(saltedSum(password, salt[:]), salt[:]...)), nil
}

// isHashOf reports whether a hash is that of a password.
func isHashOf(hash PasswordHash, password string) bool {
	text, salted := strings.CutPrefix(string(hash), saltedScheme)
	if !salted {
		return bcrypt.CompareHashAndPassword([]byte(hash), digest(password)) == nil
	}
	kept, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(kept) != sha512.Size+saltSize {
		return false
	}
	return subtle.ConstantTimeCompare(kept[:sha512.Size], saltedSum(password, kept[sha512.Size:])) == 1
}

func saltedSum(password string, salt []byte) []byte {
	sum := sha512.New()
	sum.Write([]byte(password))
	sum.Write(salt)
	return sum.Sum(make([]byte, 0, sha512.Size+saltSize))
}
