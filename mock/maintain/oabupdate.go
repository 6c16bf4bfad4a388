package maintain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mpf"
)

// ErrListsNotRebuilt is that offline address lists could not be rebuilt.
var ErrListsNotRebuilt = errors.New("offline address lists were not rebuilt")

const (
	// overlap is how much of the time of the last run is asked for again: a
	// request that ended after it may have begun before (F434).
	overlap = 5 * time.Minute
	// mostOrganizations bounds the answer of one run.
	mostOrganizations = "1000000"
	// hostedExchange is the namespace of the two procedures of the batch.
	hostedExchange = "Hosted Exchange"
)

// batch is a run of oab-update.
type batch struct {
	engineFlags
	controller  string
	stateFile   string
	metricsFile string
	now         func() time.Time
}

// lastRun is what a run leaves for the next one.
type lastRun struct {
	Until   time.Time `json:"until"`   // what changed before was rebuilt
	Success time.Time `json:"success"` // end of the last run that rebuilt all
}

// figures count the lists of a run.
type figures struct{ rebuilt, none, failed int }

func oabUpdate(configured Configured) *cobra.Command {
	b := &batch{now: time.Now}
	c := configured(&cobra.Command{
		Use: "oab-update", Short: "Rebuild the offline address lists of the organizations that changed since the last run", Args: cobra.NoArgs,
		Long: "Asks GetModifiedOrganizations which organizations changed since the last run that the file of --state tells, all of them the\n" +
			"first time, and runs RebuildOfflineAddressList for each. One without offline address list is passed. A run that fails for an\n" +
			"organization goes on with the others, and the next one repeats all of it. A timer runs it: mockmpf-oab-update.timer.\n" +
			"The account needs to be in MPSOabUpdateAccts.",
	}, func(c *cobra.Command, cfg mock.Config, _ []string) error {
		return b.run(c.Context(), c.OutOrStdout(), cfg)
	})
	b.add(c)
	c.Flags().StringVar(&b.controller, "controller", "", "preferred domain controller; needed with --isapi")
	c.Flags().StringVar(&b.stateFile, "state", "", "file that keeps the time of the last run; without it each run takes all organizations")
	c.Flags().StringVar(&b.metricsFile, "metrics-file", "", "file for node_exporter's textfile collector, *.prom")
	return c
}

func (b *batch) run(ctx context.Context, w io.Writer, cfg mock.Config) (err error) {
	last, err := readLastRun(b.stateFile)
	if err != nil {
		return err
	}
	ctx, submitter, closeEngine, err := b.open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeEngine()) }()
	if b.controller == "" {
		if b.controller, err = firstController(ctx, submitter); err != nil {
			return err
		}
	}
	begin := b.now()
	done, failure := b.rebuild(ctx, submitter, w, last.Until, begin)
	if failure == nil {
		last = lastRun{Until: begin.UTC(), Success: b.now().UTC()}
		failure = writeLastRun(b.stateFile, last)
	}
	if failure == nil || errors.Is(failure, ErrListsNotRebuilt) {
		err = say(w, "%d offline address lists rebuilt, %d organizations without one, %d failed\n", done.rebuilt, done.none, done.failed)
	}
	return errors.Join(failure, err, b.writeMetrics(done, last, begin))
}

// rebuild rebuilds the lists of the organizations that changed from one time to
// another.
func (b *batch) rebuild(ctx context.Context, engine mpf.Submitter, w io.Writer, from, until time.Time) (figures, error) {
	var done figures
	if from.IsZero() {
		from = time.Unix(0, 0).Add(overlap)
	}
	answer, err := b.submit(ctx, engine, "GetModifiedOrganizations",
		xmldoc.TextElement("startDate", from.Add(-overlap).UTC().Format(time.RFC3339)), xmldoc.TextElement("endDate", until.UTC().Format(time.RFC3339Nano)),
		xmldoc.TextElement("maximumRows", mostOrganizations))
	if err != nil {
		return done, fmt.Errorf("which organizations changed: %w", err)
	}
	for n := range xmldoc.Children(xmldoc.Child(answer, "orgs"), "org") {
		path := xmldoc.Text(n)
		_, err := b.submit(ctx, engine, "RebuildOfflineAddressList", xmldoc.TextElement("path", path))
		var refused *mpf.Error
		switch {
		case err == nil:
			done.rebuilt++
		case errors.As(err, &refused) && (mpf.AddressListMissing.Is(refused) || mpf.ObjectNotFound.Is(refused)):
			done.none++
		case errors.As(err, &refused):
			done.failed++
			_ = say(w, "FAIL  %s: %v\n", path, err)
		default:
			return done, fmt.Errorf("%s: %w", path, err)
		}
	}
	if done.failed > 0 {
		return done, fmt.Errorf("%d %w", done.failed, ErrListsNotRebuilt)
	}
	return done, nil
}

func (b *batch) submit(ctx context.Context, engine mpf.Submitter, procedure string, arguments ...*xmldoc.Node) (*xmldoc.Node, error) {
	data := xmldoc.Element(mpf.DocumentData, append(arguments, xmldoc.TextElement("preferredDomainController", b.controller))...)
	answer, err := engine.Submit(ctx, mpf.Simple(mpf.Target{Namespace: hostedExchange, Procedure: procedure}, data))
	if err != nil {
		return nil, err
	}
	if answer.Err != nil {
		return nil, answer.Err
	}
	return answer.Data, nil
}

// mostState bounds the state file, in bytes.
const mostState = 1 << 12

func readLastRun(path string) (last lastRun, err error) {
	if path == "" {
		return last, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return last, nil
	}
	if err != nil {
		return last, fmt.Errorf("state: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	if err := json.NewDecoder(io.LimitReader(file, mostState)).Decode(&last); err != nil {
		return last, fmt.Errorf("state %s: %w: remove it to rebuild all lists", path, err)
	}
	return last, nil
}

// writeLastRun replaces the state file as a whole.
func writeLastRun(path string, last lastRun) (err error) {
	if path == "" {
		return nil
	}
	text, err := json.Marshal(last)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("state: %w", err)
	}
	return nil
}

// writeMetrics writes the figures of a run, whole or not at all.
func (b *batch) writeMetrics(done figures, last lastRun, begin time.Time) error {
	if b.metricsFile == "" {
		return nil
	}
	registry := prometheus.NewRegistry()
	gauge := func(name, help string, value float64) {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "mockmpf_oab_update_" + name, Help: help})
		g.Set(value)
		registry.MustRegister(g)
	}
	gauge("last_run_timestamp_seconds", "When the last run of oab-update ended.", seconds(b.now()))
	gauge("last_success_timestamp_seconds", "When the last run ended that rebuilt all lists, 0 if none has.", seconds(last.Success))
	gauge("duration_seconds", "How long the last run took.", b.now().Sub(begin).Seconds())
	lists := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "mockmpf_oab_update_organizations", Help: "Organizations of the last run by what became of their offline address list.",
	}, []string{"outcome"})
	lists.WithLabelValues("rebuilt").Set(float64(done.rebuilt))
	lists.WithLabelValues("none").Set(float64(done.none))
	lists.WithLabelValues("failed").Set(float64(done.failed))
	registry.MustRegister(lists)
	return prometheus.WriteToTextfile(b.metricsFile, registry)
}

func seconds(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.UnixMilli()) / float64(time.Second/time.Millisecond)
}
