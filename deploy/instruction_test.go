package deploy

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// instruction is an instruction of a Dockerfile.
type instruction struct {
	name  string
	flags []string
	args  []string
	exec  bool // written as a JSON list, so that no shell runs it
}

// instructionNames are the instructions that these tests understand.
var instructionNames = []string{
	"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "SHELL", "USER", "VOLUME", "WORKDIR",
}

// parseDockerfile returns the instructions of a Dockerfile by stage. It reads
// the part of the language that a plain file uses: comments, lines continued
// by a backslash, flags, and the JSON form. Heredocs and other escape
// characters are not read.
func parseDockerfile(t *testing.T, text string) [][]instruction {
	t.Helper()
	var stages [][]instruction
	for _, line := range logicalLines(text) {
		i := parseInstruction(t, line)
		if i.name == "FROM" {
			stages = append(stages, nil)
		}
		require.NotEmpty(t, stages, "%s is before FROM", i.name)
		stages[len(stages)-1] = append(stages[len(stages)-1], i)
	}
	return stages
}

// logicalLines joins continued lines. Comments and empty lines are dropped,
// between the lines of one instruction too.
func logicalLines(text string) []string {
	var lines []string
	current := ""
	for physical := range strings.Lines(text) {
		physical = strings.TrimSpace(physical)
		if physical == "" || strings.HasPrefix(physical, "#") {
			continue
		}
		rest, continued := strings.CutSuffix(physical, `\`)
		current += rest
		if !continued {
			lines = append(lines, current)
			current = ""
		}
	}
	if current != "" {
		lines = append(lines, current)
	}
	return lines
}

func parseInstruction(t *testing.T, line string) instruction {
	t.Helper()
	name, rest, _ := strings.Cut(line, " ")
	require.True(t, slices.Contains(instructionNames, name), "instruction %q", name)
	i := instruction{name: name}
	rest = strings.TrimSpace(rest)
	for strings.HasPrefix(rest, "--") {
		flag, after, _ := strings.Cut(rest, " ")
		i.flags = append(i.flags, flag)
		rest = strings.TrimSpace(after)
	}
	command, checked := strings.CutPrefix(rest, "CMD ")
	if i.name == "HEALTHCHECK" && checked {
		i.args, rest = []string{"CMD"}, strings.TrimSpace(command)
	}
	if strings.HasPrefix(rest, "[") {
		var list []string
		require.NoError(t, json.Unmarshal([]byte(rest), &list), line)
		i.args, i.exec = append(i.args, list...), true
		return i
	}
	i.args = append(i.args, strings.Fields(rest)...)
	if i.name == "ENV" {
		require.NotContains(t, rest, `"`, "quoted values are not read")
		i.args = pairs(t, i.args)
	}
	return i
}

// pairs splits NAME=VALUE into names and values.
func pairs(t *testing.T, assignments []string) []string {
	t.Helper()
	var list []string
	for _, assignment := range assignments {
		name, value, ok := strings.Cut(assignment, "=")
		require.True(t, ok, "%q is not NAME=VALUE", assignment)
		list = append(list, name, value)
	}
	return list
}

// readDockerfile returns the instructions of the project's Dockerfile by stage.
func readDockerfile(t *testing.T) [][]instruction {
	t.Helper()
	text, err := os.ReadFile("../Dockerfile")
	require.NoError(t, err)
	return parseDockerfile(t, string(text))
}

func TestParseDockerfile(t *testing.T) {
	stages := parseDockerfile(t, `# a comment
FROM golang:1 AS build
RUN go build \
# in the middle
    -o /out

FROM scratch AS last
COPY --from=build --chown=1:1 /a /b /
ENV ONE=1 \
    TWO=a=b
HEALTHCHECK --interval=2s CMD ["/p", "health check"]
ENTRYPOINT ["/p"]
CMD serve now
`)
	assert.Equal(t, [][]instruction{
		{
			{name: "FROM", args: []string{"golang:1", "AS", "build"}},
			{name: "RUN", args: []string{"go", "build", "-o", "/out"}},
		},
		{
			{name: "FROM", args: []string{"scratch", "AS", "last"}},
			{name: "COPY", flags: []string{"--from=build", "--chown=1:1"}, args: []string{"/a", "/b", "/"}},
			{name: "ENV", args: []string{"ONE", "1", "TWO", "a=b"}},
			{name: "HEALTHCHECK", flags: []string{"--interval=2s"}, args: []string{"CMD", "/p", "health check"}, exec: true},
			{name: "ENTRYPOINT", args: []string{"/p"}, exec: true},
			{name: "CMD", args: []string{"serve", "now"}},
		},
	}, stages)
}
