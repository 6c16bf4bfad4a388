package main

import (
	"archive/zip"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRelease_PackageVersion(t *testing.T) {
	for version, want := range map[string]string{
		"v1.2.3": "1.2.3", "v1.2.3-4-gabc": "1.2.3-4-gabc", "2d8411b": "0.0.0+2d8411b", "2d8411b-dirty": "0.0.0+2d8411b.dirty", "unknown": "0.0.0+unknown",
	} {
		assert.Equal(t, want, release{version: version}.packageVersion(), version)
	}
}

func TestWriteManuals(t *testing.T) {
	folder := t.TempDir()
	program := filepath.Join(folder, "tool")
	require.NoError(t, os.WriteFile(program, []byte(`#!/bin/sh
case $1 in
run) printf 'Runs the tool\n.hidden\n'\''quoted\n  --a-flag   C:\\path\n' ;;
*) printf 'Does something\n\nAvailable Commands:\n  completion  not this\n  run         Runs\n\nFlags:\n  none\n' ;;
esac
`), 0o700))
	require.NoError(t, run([]string{"-manual", folder, program}, io.Discard))
	file, err := os.Open(filepath.Join(folder, "tool.1.gz"))
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	r, err := gzip.NewReader(file)
	require.NoError(t, err)
	page, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Contains(t, string(page), ".SH NAME\ntool \\- Does something\n")
	assert.Contains(t, string(page), ".SH RUN\n.nf\nRuns the tool\n\\&.hidden\n\\&'quoted\n  \\-\\-a\\-flag   C:\\epath\n.fi\n")
	assert.NotContains(t, string(page), ".SH COMPLETION")
}

func TestWriteZip(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "tool_1")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "docs"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "docs", "a.md"), []byte("text"), 0o600))
	file := folder + ".zip"
	require.NoError(t, run([]string{"-zip", file, "-stage", folder, "-time", "1000000000"}, io.Discard))
	r, err := zip.OpenReader(file)
	require.NoError(t, err)
	defer func() { _ = r.Close() }()
	require.Len(t, r.File, 1)
	assert.Equal(t, "tool_1/docs/a.md", r.File[0].Name)
	assert.True(t, r.File[0].Modified.Equal(time.Unix(1000000000, 0)))
}

func TestRun_Refusals(t *testing.T) {
	assert.ErrorContains(t, run([]string{"-version", "v1"}, io.Discard), "-stage")
	assert.ErrorContains(t, run([]string{"-version", "v1", "-stage", t.TempDir(), "-scripts", "scripts", "-out", t.TempDir()}, io.Discard), "deb: ")
}
