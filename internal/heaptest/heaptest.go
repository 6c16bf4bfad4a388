package heaptest

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// caseVariable tells the process of one case which one it is.
const caseVariable = "HEAPTEST_CASE"

// mark begins the line in which the process of a case tells its peak.
const mark = "peak above idle: "

// Each runs the test that calls it once more for each name, in a process of its
// own, and wants the peak that measure gives there, in bytes, to be less than
// the allowance. What measure says beside it is logged.
func Each(t *testing.T, names []string, allowance int, measure func(t *testing.T, name string) (peak uint64, verdict string)) {
	t.Helper()
	if name := os.Getenv(caseVariable); name != "" {
		peak, verdict := measure(t, name)
		t.Logf("%s%d bytes, %s", mark, peak, verdict)
		return
	}
	if testing.Short() {
		t.Skip("starts a process for each case")
	}
	test := "^" + t.Name() + "$"
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			run := exec.CommandContext(t.Context(), os.Args[0], "-test.run", test, "-test.v")
			run.Env = append(os.Environ(), caseVariable+"="+name)
			out, err := run.CombinedOutput()
			require.NoError(t, err, "%s", out)
			_, rest, found := bytes.Cut(out, []byte(mark))
			require.True(t, found, "%s", out)
			line, _, _ := bytes.Cut(rest, []byte("\n"))
			number, verdict, _ := bytes.Cut(line, []byte(" bytes, "))
			peak, err := strconv.Atoi(string(number))
			require.NoError(t, err)
			t.Logf("%.1f MiB above idle: %s", float64(peak)/(1<<20), verdict)
			assert.Less(t, peak, allowance)
		})
	}
}

// Peak is the highest heap since Start. It is not safe for concurrent use.
type Peak struct {
	sample        []metrics.Sample
	idle, highest uint64
}

// Start collects the garbage and takes what is left as idle.
func Start() *Peak {
	p := &Peak{sample: []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}}
	runtime.GC()
	p.Take()
	p.idle = p.highest
	return p
}

// Take looks at the heap.
func (p *Peak) Take() {
	metrics.Read(p.sample)
	p.highest = max(p.highest, p.sample[0].Value.Uint64())
}

// AboveIdle gives the highest heap above that at Start, in bytes.
func (p *Peak) AboveIdle() uint64 { return p.highest - p.idle }

// Repeat reads as a text a number of times, without holding it more than once.
func Repeat(text string, times int) io.Reader { return &repeated{text: text, left: times} }

type repeated struct {
	text, rest string
	left       int
}

func (r *repeated) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		if r.rest == "" {
			if r.left == 0 {
				break
			}
			r.left--
			r.rest = r.text
		}
		c := copy(b[n:], r.rest)
		r.rest = r.rest[c:]
		n += c
	}
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}
