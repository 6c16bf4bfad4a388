package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The bill of a stamped program names its version, Go, and the modules that
// "go version -m" names.
func TestBill(t *testing.T) {
	program := filepath.Join(t.TempDir(), "sbom")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-X "+stampFlag+"v1.2.3", "-o", program, "wsexchange/cmd/wsexchange").CombinedOutput()
	require.NoError(t, err, string(out))
	var text bytes.Buffer
	require.NoError(t, run([]string{program}, &text))
	var got bill
	require.NoError(t, json.Unmarshal(text.Bytes(), &got))
	assert.Equal(t, "wsexchange", got.Metadata.Component.Name)
	assert.Equal(t, "v1.2.3", got.Metadata.Component.Version)
	listed, err := exec.CommandContext(t.Context(), "go", "version", "-m", program).Output()
	require.NoError(t, err)
	want := []string{"std@" + strings.TrimPrefix(runtime.Version(), "go")}
	for line := range strings.Lines(string(listed)) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[0] == "dep" {
			want = append(want, fields[1]+"@"+fields[2])
		}
	}
	var modules []string
	for _, c := range got.Components {
		modules = append(modules, c.Name+"@"+c.Version)
	}
	assert.ElementsMatch(t, want, modules)
}

// A program for a release says nothing of its version in what Go keeps of it.
func TestBill_Trimmed(t *testing.T) {
	program := filepath.Join(t.TempDir(), "sbom")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-X "+stampFlag+"v1.2.3", "-o", program, "wsexchange/deploy/sbom").CombinedOutput()
	require.NoError(t, err, string(out))
	var text bytes.Buffer
	require.NoError(t, run([]string{program, "v1.2.3"}, &text))
	var got bill
	require.NoError(t, json.Unmarshal(text.Bytes(), &got))
	assert.Equal(t, "v1.2.3", got.Metadata.Component.Version)
}

func TestRun_Refuses(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("no program"), 0o600))
	for _, args := range [][]string{nil, {"a", "b"}, {"a", "b", "c"}, {text}, {text + "-missing"}} {
		var out bytes.Buffer
		assert.Error(t, run(args, &out))
		assert.Empty(t, out.String())
	}
}
