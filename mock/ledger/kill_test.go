package ledger

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

// killed names the file that the child process of TestStore_OutlivesAKill
// writes.
const killed = "LEDGER_TEST_FILE"

// kills is how often the child is killed.
const kills = 5

func TestStore_OutlivesAKill(t *testing.T) {
	if path := os.Getenv(killed); path != "" {
		writeUntilKilled(t, path)
		return
	}
	path, answered := file(t), make(map[int64]bool)
	for range kills {
		before := len(answered)
		killChild(t, path, answered, before+200)
		s, err := Open(t.Context(), Config{Schema: schema(t), Path: path})
		require.NoError(t, err)
		found := notes(s.Root())
		for id := range answered {
			require.Contains(t, found, id, "an answered commit is there")
		}
		assert.EqualValues(t, len(found), s.Root().Revision(), "each revision is whole")
		size := s.Size()
		assert.EqualValues(t, len(found), size.Audit, "audit rows come with their commits")
		assert.EqualValues(t, len(found), s.Root().Read(state.Env{}).Last("thing"))
		require.NoError(t, s.Close())
	}
}

// killChild runs the child, notes what it says was answered, and kills it when
// that is enough.
func killChild(t *testing.T, path string, answered map[int64]bool, enough int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestStore_OutlivesAKill$")
	child.Env = append(os.Environ(), killed+"="+path)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	for text := bufio.NewScanner(out); text.Scan(); {
		id, err := strconv.ParseInt(strings.TrimPrefix(text.Text(), "answered "), 10, 64)
		require.NoError(t, err, text.Text())
		answered[id] = true
		if len(answered) == enough {
			require.NoError(t, child.Process.Kill())
		}
	}
	require.Error(t, child.Wait())
	require.GreaterOrEqual(t, len(answered), enough)
}

// writeUntilKilled commits from several goroutines and says what was answered.
func writeUntilKilled(t *testing.T, path string) {
	s, err := Open(t.Context(), Config{Schema: schema(t), Path: path})
	if err != nil {
		fmt.Println(err)
		return
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100_000 {
				w, err := s.Begin(t.Context())
				if err != nil {
					return
				}
				id, err := w.Tx().Next("thing")
				if err == nil {
					err = put(id, "x")(w.Tx())
				}
				if err == nil {
					err = w.Commit(t.Context(), Records{Audit: &AuditRow{Procedure: "P"}})
				}
				w.Rollback()
				if err != nil {
					fmt.Println(err)
					return
				}
				_, _ = fmt.Fprintf(os.Stdout, "answered %d\n", id)
			}
		})
	}
	all.Wait()
}
