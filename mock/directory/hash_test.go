package directory

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHash_IsThatOfItsPasswordAlone(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, cost := range []int{LowestCost, MinCost} {
		for _, password := range []string{"P@ssw0rd!23", "", "\x00a", long} {
			hash, err := hashOf(password, cost)
			require.NoError(t, err)
			again, err := hashOf(password, cost)
			require.NoError(t, err)
			assert.NotEqual(t, hash, again, "no salt")
			assert.True(t, isHashOf(PasswordHash(hash), password))
			assert.False(t, isHashOf(PasswordHash(hash), password+"!"))
			assert.False(t, isHashOf(PasswordHash(hash[:len(hash)-1]), password), "cut off")
		}
	}
	assert.False(t, isHashOf(saltedScheme, ""))
	assert.False(t, isHashOf("", ""))
}

func TestCheckCost(t *testing.T) {
	for _, cost := range []int{0, LowestCost, MinCost, DefaultCost, MaxCost} {
		assert.NoError(t, CheckCost(cost))
	}
	for _, cost := range []int{-1, 2, 3, MaxCost + 1} {
		assert.ErrorContains(t, CheckCost(cost), "neither 1 nor between 4 and 31")
	}
}
