package main

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal returns both ends of a new pseudo-terminal.
func terminal(t *testing.T) (control, end *os.File) {
	t.Helper()
	control, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = control.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(control.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(control.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	end, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = end.Close() })
	return control, end
}

func TestProgress_IsForTerminals(t *testing.T) {
	control, end := terminal(t)
	bar := newProgress(end, "comparing", 100)
	bar.add(40)
	shown := make([]byte, 4096)
	n, err := control.Read(shown)
	require.NoError(t, err)
	assert.Contains(t, string(shown[:n]), "comparing")
	bar.end()

	var piped bytes.Buffer
	none := newProgress(&piped, "comparing", 100)
	none.add(40)
	printed := false
	none.apart(func() { printed = true })
	none.end()
	assert.True(t, printed)
	assert.Zero(t, piped.Len(), "nothing is shown where nobody looks")
}
