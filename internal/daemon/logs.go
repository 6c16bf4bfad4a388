package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
)

// Logs makes the loggers of a program, one for each of its parts, whose levels
// can be changed while it runs.
type Logs struct {
	parts []*partHandler
}

// NewLogs makes the loggers of the parts, at the level info. The format is text
// or json.
func NewLogs(w io.Writer, format string, parts ...string) (*Logs, error) {
	options := &slog.HandlerOptions{Level: slog.LevelDebug} // each part has its own
	var to slog.Handler
	switch format {
	case "text":
		to = slog.NewTextHandler(w, options)
	case "json":
		options.ReplaceAttr = inSeconds
		to = slog.NewJSONHandler(w, options)
	default:
		return nil, fmt.Errorf("log format %q is none of text, json", format)
	}
	l := &Logs{}
	for _, name := range parts {
		l.parts = append(l.parts, &partHandler{Handler: to, name: name, level: new(slog.LevelVar)})
	}
	return l, nil
}

// inSeconds makes a duration a decimal number of seconds, where slog would
// write whole nanoseconds: that is the unit of the metrics, and what collectors
// of logs can compare and sum.
func inSeconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.Float64Value(a.Value.Duration().Seconds())
	}
	return a
}

// Logger returns the logger of a part, whose name is in every line. A part
// that is unknown is nobody's mistake but the program's: it is silent.
func (l *Logs) Logger(part string) *slog.Logger {
	if p := l.part(part); p != nil {
		return slog.New(p).With(slog.String("part", part))
	}
	return slog.New(slog.DiscardHandler)
}

func (l *Logs) part(name string) *partHandler {
	for _, p := range l.parts {
		if p.name == name {
			return p
		}
	}
	return nil
}

// Set sets the level of every part, and other levels for some, given as
// part=level. After an error nothing has changed.
func (l *Logs) Set(level string, others []string) error {
	overall, err := parseLevel(level)
	problems := []error{err}
	levels := map[string]slog.Level{}
	for _, other := range others {
		part, level, _ := strings.Cut(other, "=")
		at, err := parseLevel(level)
		if err == nil && l.part(part) == nil {
			err = l.unknown(part)
		}
		problems = append(problems, err)
		levels[part] = at
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	for _, p := range l.parts {
		if own, ok := levels[p.name]; ok {
			p.level.Set(own)
		} else {
			p.level.Set(overall)
		}
	}
	return nil
}

// SetPart sets the level of one part; of all, if part is empty.
func (l *Logs) SetPart(part, level string) error {
	at, err := parseLevel(level)
	switch {
	case err != nil:
		return err
	case part == "":
		return l.Set(level, nil)
	case l.part(part) == nil:
		return l.unknown(part)
	}
	l.part(part).level.Set(at)
	return nil
}

func (l *Logs) unknown(part string) error {
	var names []string
	for _, p := range l.parts {
		names = append(names, p.name)
	}
	return fmt.Errorf("log part %q is none of %s", part, strings.Join(names, ", "))
}

// Levels gives the level of every part, by its name.
func (l *Logs) Levels() map[string]string {
	levels := make(map[string]string, len(l.parts))
	for _, p := range l.parts {
		levels[p.name] = strings.ToLower(p.level.Level().String())
	}
	return levels
}

var levelNames = []string{"debug", "info", "warn", "error"}

func parseLevel(text string) (slog.Level, error) {
	var at slog.Level
	if !slices.Contains(levelNames, text) || at.UnmarshalText([]byte(text)) != nil {
		return 0, fmt.Errorf("log level %q is none of %s", text, strings.Join(levelNames, ", "))
	}
	return at, nil
}

// partHandler is a handler with the level of its part.
type partHandler struct {
	slog.Handler
	name  string
	level *slog.LevelVar
}

func (p *partHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= p.level.Level()
}

func (p *partHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &partHandler{Handler: p.Handler.WithAttrs(attrs), name: p.name, level: p.level}
}

func (p *partHandler) WithGroup(name string) slog.Handler {
	return &partHandler{Handler: p.Handler.WithGroup(name), name: p.name, level: p.level}
}
