package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRun_RefusesAnUnknownFlag(t *testing.T) {
	var stderr bytes.Buffer
	assert.Equal(t, 2, run([]string{"-nosuchflag"}, &stderr))
	assert.Contains(t, stderr.String(), "nosuchflag")
}
