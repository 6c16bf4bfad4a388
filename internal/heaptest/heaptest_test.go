package heaptest_test

import (
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/heaptest"
)

func TestRepeat(t *testing.T) {
	require.NoError(t, iotest.TestReader(heaptest.Repeat("abc", 1000), []byte(strings.Repeat("abc", 1000))))
	none, err := io.ReadAll(heaptest.Repeat("abc", 0))
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestPeak_SeesWhatIsGoneAgain(t *testing.T) {
	peak := heaptest.Start()
	block := make([]byte, 8<<20)
	peak.Take()
	runtime.KeepAlive(block)
	block = nil
	runtime.GC()
	peak.Take()
	assert.GreaterOrEqual(t, peak.AboveIdle(), uint64(8<<20))
	assert.Nil(t, block)
}

func TestEach_MeasuresInAnotherProcess(t *testing.T) {
	measured := 0
	heaptest.Each(t, []string{"a", "b"}, 1<<20, func(_ *testing.T, name string) (uint64, string) {
		measured++
		return uint64(len(name)), "one byte"
	})
	_, other := os.LookupEnv("HEAPTEST_CASE")
	assert.Equal(t, other, measured == 1)
}
