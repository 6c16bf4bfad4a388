// Command startup starts a program again and again and tells how long it takes
// until it is ready, by the clock and by the processor: the median, the best
// and the worst of the runs. scripts/startup.sh says with what.
//
// The program is ready when it has said so, in a line "ready" on its standard
// output, and its address for metrics answers /-/ready with 200.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "startup:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: startup RUNS PROGRAM [ARGUMENT...]; %d in an argument is the number of the run")

// cost is what one start took: wall time and processor time until ready.
type cost struct{ wall, processor time.Duration }

func run(ctx context.Context, args []string) error {
	if len(args) < 2 {
		return errUsage
	}
	runs, err := strconv.Atoi(args[0])
	if err != nil || runs < 1 {
		return errUsage
	}
	costs := make([]cost, 0, runs)
	for i := range runs {
		c, err := start(ctx, args[1], numbered(args[2:], i))
		if err != nil {
			return fmt.Errorf("%s: %w", args[1], err)
		}
		costs = append(costs, c)
	}
	for _, shown := range []struct {
		name string
		of   func(cost) time.Duration
	}{
		{"wall", func(c cost) time.Duration { return c.wall }},
		{"processor", func(c cost) time.Duration { return c.processor }},
	} {
		slices.SortFunc(costs, func(a, b cost) int { return int(shown.of(a) - shown.of(b)) })
		fmt.Printf("  %-10s median %5.1f ms, best %5.1f, worst %5.1f\n", shown.name,
			milliseconds(shown.of(costs[runs/2])), milliseconds(shown.of(costs[0])), milliseconds(shown.of(costs[runs-1])))
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// numbered puts the number of the run into the arguments.
func numbered(args []string, run int) []string {
	made := make([]string, 0, len(args))
	for _, a := range args {
		made = append(made, strings.ReplaceAll(a, "%d", strconv.Itoa(run)))
	}
	return made
}

// start starts the program, waits until it is ready, and ends it.
func start(ctx context.Context, program string, args []string) (cost, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, program, args...)
	c.Stderr = os.Stderr
	output, err := c.StdoutPipe()
	if err != nil {
		return cost{}, err
	}
	began := time.Now()
	if err := c.Start(); err != nil {
		return cost{}, err
	}
	var spent cost
	err = ready(ctx, bufio.NewScanner(output))
	spent.wall = time.Since(began)
	if err == nil {
		spent.processor, err = processorTime(c.Process.Pid)
	}
	err = errors.Join(err, c.Process.Signal(syscall.SIGTERM))
	return spent, errors.Join(err, c.Wait())
}

// ready reads what the program says until it is ready, and asks it.
func ready(ctx context.Context, lines *bufio.Scanner) error {
	var metrics string
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "Metrics:"); ok {
			metrics = strings.TrimSpace(address)
		}
		if lines.Text() == "ready" {
			break
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(metrics, "/metrics")+"/-/ready", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", request.URL, response.Status)
	}
	return errors.Join(err, response.Body.Close())
}

// processorTime is what all threads of a process have used so far.
func processorTime(pid int) (time.Duration, error) {
	// /proc/PID/stat counts in hundredths of a second; schedstat of each thread
	// in nanoseconds.
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return 0, err
	}
	var total time.Duration
	for _, thread := range threads {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/schedstat", pid, thread.Name()))
		if err != nil {
			return 0, err
		}
		first, _, _ := strings.Cut(string(text), " ")
		used, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(used)
	}
	return total, nil
}
