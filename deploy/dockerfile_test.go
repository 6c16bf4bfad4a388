package deploy

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"wsexchange/internal/secret"
	"wsexchange/mock/control/client"
	"wsexchange/mpf"
)

func only(stage []instruction, name string) []instruction {
	var found []instruction
	for _, i := range stage {
		if i.name == name {
			found = append(found, i)
		}
	}
	return found
}

// image is what one of the images is made of: its stages, from the first that
// is no other stage, without the one that builds.
type image struct {
	stages []instruction
	env    map[string]string
	expose []string
	user   string
	health []string
	start  []string // ENTRYPOINT and CMD
}

// readImage gives what a target of the Dockerfile becomes.
func readImage(t *testing.T, target string) *image {
	t.Helper()
	stages := map[string][]instruction{}
	for _, stage := range readDockerfile(t) {
		require.Len(t, stage[0].args, 3, "every stage has a name")
		stages[stage[0].args[2]] = stage
	}
	i := &image{env: map[string]string{}}
	for name := target; name != "scratch"; name = stages[name][0].args[0] {
		require.Contains(t, stages, name)
		i.stages = append(stages[name][1:len(stages[name]):len(stages[name])], i.stages...)
	}
	for _, one := range only(i.stages, "ENV") {
		for n := 0; n+1 < len(one.args); n += 2 { // name and value
			i.env[one.args[n]] = one.args[n+1]
		}
	}
	for _, one := range only(i.stages, "EXPOSE") {
		i.expose = append(i.expose, one.args...)
	}
	for name, into := range map[string]*[]string{"HEALTHCHECK": &i.health, "ENTRYPOINT": &i.start, "USER": nil} {
		found := only(i.stages, name)
		require.Len(t, found, 1, name)
		if into == nil {
			i.user = found[0].args[0]
			continue
		}
		assert.True(t, found[0].exec, "%s runs without a shell", name)
		*into = slices.DeleteFunc(found[0].args, func(arg string) bool { return arg == "CMD" })
	}
	command := only(i.stages, "CMD")
	require.Len(t, command, 1)
	assert.True(t, command[0].exec, "CMD runs without a shell")
	i.start = append(i.start, command[0].args...)
	return i
}

// images are the targets, and the programs that they start.
var images = map[string]string{"gateway": "wsexchange", "emulator": "mockmpf"}

// TestDockerfile holds the images to what an operator expects: programs are
// built in one stage and run in another one, as nobody in particular, without a
// shell, with a health check.
func TestDockerfile(t *testing.T) {
	stages := readDockerfile(t)
	build, last := stages[0], stages[len(stages)-1]
	assert.Equal(t, "gateway", last[0].args[2], "what is built without a target")
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
	for target := range images {
		i := readImage(t, target)
		for _, name := range []string{"RUN", "SHELL", "VOLUME"} {
			assert.Empty(t, only(i.stages, name), "there is no shell in the image")
		}
		assert.Regexp(t, regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`), i.user, "a number needs no /etc/passwd")
	}
}

// What the images start is copied into them from the stage that builds it, and
// is a command of the program; so is the health check.
func TestDockerfile_Programs(t *testing.T) {
	folder, err := programs()
	require.NoError(t, err)
	for target, program := range images {
		i := readImage(t, target)
		copied := map[string]bool{}
		for _, one := range only(i.stages, "COPY") {
			assert.Contains(t, one.flags, "--from=build")
			for _, source := range one.args[:len(one.args)-1] {
				copied[path.Join(one.args[len(one.args)-1], path.Base(source))] = true
			}
		}
		for name := range map[string]bool{i.start[0]: true, i.health[0]: true, "/provtest": true, "/mockmpf": true} {
			assert.Contains(t, copied, name, target)
		}
		for name := range copied {
			if path.Dir(name) == "/" && name != "/data" {
				assert.DirExists(t, "../cmd"+name, "it is built")
			}
		}
		assert.Equal(t, []string{"/" + program, "serve"}, i.start, target)
		assert.Equal(t, []string{"/" + program, "healthcheck"}, i.health, target)
		for _, sub := range []string{i.start[1], i.health[1]} {
			out, err := exec.CommandContext(t.Context(), folder+"/"+program, sub, "--help").CombinedOutput()
			assert.NoError(t, err)
			assert.Contains(t, string(out), "Usage:\n  "+program+" "+sub, target)
		}
	}
}

// address is a row of the settings that a program prints: the address of a
// listener with its default.
var address = regexp.MustCompile("(?m)^\\| `--[a-z.-]*listen` \\| `([A-Z_]+)` \\| string \\| `127\\.0\\.0\\.1:(\\d+)` \\|")

// The ports that are exposed are those on which the program listens by default,
// and it listens on them for everybody.
func TestDockerfile_Ports(t *testing.T) {
	folder, err := programs()
	require.NoError(t, err)
	for target, program := range images {
		out, err := exec.CommandContext(t.Context(), folder+"/"+program, "configuration").Output()
		require.NoError(t, err)
		defaults := map[string]string{}
		for _, row := range address.FindAllStringSubmatch(string(out), -1) {
			defaults[row[1]] = row[2]
		}
		i, ports := readImage(t, target), []string(nil)
		for name, value := range i.env {
			port, ok := strings.CutPrefix(value, "0.0.0.0:")
			assert.True(t, ok, "%s: %s", target, name)
			assert.Equal(t, defaults[name], port, "%s: default of %s", target, name)
			ports = append(ports, port)
		}
		assert.ElementsMatch(t, i.expose, ports, target)
		if target == "emulator" {
			told, err := os.ReadFile("../docs/testcontainers.md")
			require.NoError(t, err)
			for _, port := range ports {
				assert.Contains(t, string(told), " -p "+port+":"+port)
				assert.Contains(t, string(told), "\n| "+port+" |")
			}
		}
		assert.GreaterOrEqual(t, len(ports), 2, target)
	}
}

// TestDockerfile_Starts runs what the images run, with their environment and
// nothing else, and asks their health checks: there is no engine for images
// here. Only the ports are others.
func TestDockerfile_Starts(t *testing.T) {
	folder, err := programs()
	require.NoError(t, err)
	for target, program := range images {
		t.Run(target, func(t *testing.T) {
			i := readImage(t, target)
			environ := []string{}
			for name, value := range i.env {
				environ = append(environ, name+"="+regexp.MustCompile(`0\.0\.0\.0:\d+`).ReplaceAllString(value, "127.0.0.1:0"))
			}
			environ = append(environ, map[string][]string{
				"gateway":  {"WSEXCHANGE_EMULATOR_LDAP_LISTEN=127.0.0.1:0"},
				"emulator": {"MOCKMPF_CONTROL_LISTEN=127.0.0.1:0", "MOCKMPF_CONTROL_TOKEN=" + token},
			}[target]...)
			command := func(args []string, environ ...string) *exec.Cmd {
				c := exec.Command(folder+args[0], args[1:]...)
				c.Dir, c.Env = t.TempDir(), environ
				return c
			}
			running := begin(t, program, command(i.start, environ...))
			metrics, err := url.Parse(running.banner["Metrics"])
			require.NoError(t, err)
			listen := strings.ToUpper(program) + "_METRICS_LISTEN=" + metrics.Host
			out, err := command(i.health, listen).CombinedOutput()
			assert.NoError(t, err, "ready: %s", out)
			if target == "gateway" {
				assert.Equal(t, http.StatusOK, running.query(), "it is seeded")
			} else {
				assert.NoError(t, queryEngine(t, running.banner["Engine"]), "it is seeded")
				assert.NoError(t, client.New(running.banner["Control"], token).Reset(t.Context()))
			}
			running.stop()
			assert.Error(t, command(i.health, listen).Run(), "not there")
		})
	}
}

// queryEngine makes a request that succeeds with the demo data.
func queryEngine(t *testing.T, address string) error {
	t.Helper()
	domain, user, _ := strings.Cut(login, `\`)
	client, err := mpf.NewClient(mpf.ClientConfig{
		URL: address, Credentials: mpf.OfAccount, Account: mpf.Caller{Domain: domain, Username: user, Password: secret.New(password)},
	})
	require.NoError(t, err)
	response, err := client.Submit(t.Context(), mpf.Simple(mpf.Target{Namespace: "Windows-based Hosting", Procedure: "QueryPlans"}, nil))
	if err == nil && response.Err != nil {
		err = response.Err
	}
	return err
}

// TestCompose holds that compose builds the targets of the Dockerfile, and
// leaves start and health check to them.
func TestCompose(t *testing.T) {
	text, err := os.ReadFile("compose.yaml")
	require.NoError(t, err)
	var compose struct {
		Services map[string]struct {
			Image       string
			Build       struct{ Context, Target string }
			Entrypoint  []string
			Command     []string
			Healthcheck map[string]any
			DependsOn   any `yaml:"depends_on"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &compose))
	for target := range images {
		service := compose.Services[target]
		assert.Equal(t, target, service.Build.Target)
		assert.Empty(t, service.Entrypoint)
		assert.Empty(t, service.Command)
		assert.Empty(t, service.Healthcheck)
	}
	assert.NotEqual(t, compose.Services["gateway"].Image, compose.Services["emulator"].Image, "one would take the place of the other")
	assert.Equal(t, map[string]any{"emulator": map[string]any{"condition": "service_healthy"}}, compose.Services["gateway"].DependsOn)
}
