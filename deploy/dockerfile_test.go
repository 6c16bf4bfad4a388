package deploy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// instruction is an instruction of the Dockerfile.
type instruction struct {
	name  string
	flags []string
	args  []string
	exec  bool // written as a JSON list, so that no shell runs it
}

// readDockerfile gives the instructions by stage.
func readDockerfile(t *testing.T) [][]instruction {
	t.Helper()
	file, err := os.Open("../Dockerfile")
	require.NoError(t, err)
	defer file.Close()
	parsed, err := parser.Parse(file)
	require.NoError(t, err)
	assert.Empty(t, parsed.Warnings)
	var stages [][]instruction
	for _, node := range parsed.AST.Children {
		i := instruction{name: strings.ToUpper(node.Value), flags: node.Flags, exec: node.Attributes["json"]}
		for arg := node.Next; arg != nil; arg = arg.Next {
			i.args = append(i.args, arg.Value)
			if i.name == "HEALTHCHECK" && strings.HasPrefix(arg.Value, "[") {
				i.exec = json.Unmarshal([]byte(arg.Value), &i.args) == nil
			}
			i.exec = i.exec || arg.Attributes["json"]
		}
		if i.name == "FROM" {
			stages = append(stages, nil)
		}
		require.NotEmpty(t, stages, "%s stands before FROM", i.name)
		stages[len(stages)-1] = append(stages[len(stages)-1], i)
	}
	return stages
}

func only(stage []instruction, name string) []instruction {
	var found []instruction
	for _, i := range stage {
		if i.name == name {
			found = append(found, i)
		}
	}
	return found
}

// TestDockerfile holds the image to what an operator expects: programs are
// built in one stage and run in another one, as nobody in particular, without a
// shell, with a health check.
func TestDockerfile(t *testing.T) {
	stages := readDockerfile(t)
	require.Len(t, stages, 2)
	build, final := stages[0], stages[1]
	assert.Equal(t, []string{"scratch"}, final[0].args)
	assert.Regexp(t, `^[a-z0-9./-]+:[0-9]`, build[0].args[0], "the image has a version")
	goDirective, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.GoVersion}}").Output()
	require.NoError(t, err)
	assert.Contains(t, build[0].args[0], strings.Join(strings.Split(string(goDirective), ".")[:2], "."), "Go of go.mod")
	for _, stage := range stages {
		assert.Empty(t, only(stage, "ADD"), "COPY fetches nothing and unpacks nothing")
		for _, i := range stage {
			for _, secret := range []string{"PASSWORD", "SECRET", "TOKEN"} {
				assert.NotContains(t, strings.ToUpper(strings.Join(i.args, " ")), secret)
			}
		}
	}
	for _, name := range []string{"RUN", "SHELL", "VOLUME"} {
		assert.Empty(t, only(final, name), "there is no shell in the image")
	}
	for _, name := range []string{"HEALTHCHECK", "ENTRYPOINT", "CMD"} {
		found := only(final, name)
		require.Len(t, found, 1, name)
		assert.True(t, found[0].exec, "%s runs without a shell", name)
	}
	user := only(final, "USER")
	require.Len(t, user, 1)
	assert.Regexp(t, regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`), user[0].args[0], "a number needs no /etc/passwd")
	assert.Contains(t, strings.Join(only(final, "HEALTHCHECK")[0].args, " "), "healthcheck")
}

// What the image starts is copied into it from the stage that builds it, and
// the command is one of the program.
func TestDockerfile_Programs(t *testing.T) {
	final := readDockerfile(t)[1]
	copied := map[string]bool{}
	for _, i := range only(final, "COPY") {
		assert.Contains(t, i.flags, "--from=build")
		for _, source := range i.args[:len(i.args)-1] {
			copied[path.Join(i.args[len(i.args)-1], path.Base(source))] = true
		}
	}
	assert.Contains(t, copied, only(final, "ENTRYPOINT")[0].args[0])
	folder, err := programs()
	require.NoError(t, err)
	args := append(only(final, "CMD")[0].args, "--config.check")
	out, err := exec.CommandContext(t.Context(), folder+only(final, "ENTRYPOINT")[0].args[0], args...).CombinedOutput()
	assert.NoError(t, err, string(out))
}
