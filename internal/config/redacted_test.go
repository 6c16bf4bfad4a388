package config_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"wsexchange/internal/config"
)

func TestRedacted_HidesPasswordsOfURLs(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://me:canary@h1,h2/db?sslmode=disable": "postgres://me:xxxxx@h1,h2/db?sslmode=disable",
		"postgres://me@h/db?password=canary":            "postgres://me@h/db?password=xxxxx",
		"postgres://me:ca%nary@h/db":                    "postgres://[redacted]",
		"postgres://me@h/db":                            "postgres://me@h/db",
		"/var/lib/a:b@c":                                "/var/lib/a:b@c",
	} {
		settings := config.Redacted(&struct {
			Database string `setting:"database" help:"database"`
		}{text})
		assert.Equal(t, want, settings[0].Value)
	}
}
