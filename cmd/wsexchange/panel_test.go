package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/hsphere/hspheretest"
	"wsexchange/internal/postgrestest"
	"wsexchange/mock"
)

// asProgram is the variable that makes this test's binary the program itself,
// which can be killed.
const asProgram = "RUN_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// mailboxesVariable is the environment variable with how many mailboxes are
// revived in TestRevive_KilledAndResumed, a tenth as many organizations; 300
// without it. With more than fullSize it has to be done in fullTime.
const (
	mailboxesVariable = "MAILBOXES"
	defaultMailboxes  = 300
	fullSize          = 5000
	fullTime          = 3 * time.Minute
)

func mailboxes(t *testing.T) int {
	t.Helper()
	text := os.Getenv(mailboxesVariable)
	if text == "" {
		return defaultMailboxes
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, mailboxesVariable)
	return n
}

// An installation without customers gets those of the panel, in a program that is
// killed in the middle, twice. Nothing differs afterwards, and everybody can log
// on.
func TestRevive_KilledAndResumed(t *testing.T) {
	users := mailboxes(t)
	content := hspheretest.Generate(hspheretest.Size{Organizations: users / 10, Users: users, Odd: true})
	url := postgrestest.Start(t).Database(t)
	content.Load(t, url)
	folder := t.TempDir()
	database, passwords := filepath.Join(folder, "emulator.db"), filepath.Join(folder, "passwords")
	settings := []string{"--panel", url, "--emulator.database", database, "--emulator.hash-cost", "4"}
	command := append([]string{"revive", "--generated-passwords", passwords}, settings...)
	begun := time.Now()
	for range 2 {
		killed(t, users/35, command)
	}
	out, stderr, status := outputOf(t, nil, command...)
	took := time.Since(begun)
	require.Equal(t, 0, status, stderr)
	t.Logf("%d mailboxes in %s\n%s", len(content.Tables["he_bizuser"]), took.Round(time.Second), lastLines(out, 15))
	if users >= fullSize {
		assert.Less(t, took, fullTime)
	}
	out, stderr, status = outputOf(t, nil, append([]string{"drift"}, settings...)...)
	assert.Equal(t, 0, status, "%s\n%s", stderr, out)
	assert.Contains(t, out, "the directory agrees")
	for _, secret := range []string{hspheretest.Password(1), hspheretest.SettingPassword} {
		assert.NotContains(t, out+stderr, secret)
	}
	checkLogons(t, database, passwords, content)
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// killed runs the program and kills it after some lines of generated passwords,
// which come all along the work.
func killed(t *testing.T, after int, args []string) {
	t.Helper()
	program := exec.CommandContext(t.Context(), os.Args[0], args...)
	program.Env = append(os.Environ(), asProgram+"=1")
	program.Stderr = os.Stderr
	out, err := program.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, program.Start())
	lines := bufio.NewScanner(out)
	for seen := 0; seen < after && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "generated") {
			seen++
		}
	}
	require.NoError(t, program.Process.Kill())
	require.Error(t, program.Wait(), "it was killed before its end")
}

// checkLogons logs users on: with the panel's password, or that of the file.
func checkLogons(t *testing.T, database, passwords string, content *hspheretest.Content) {
	t.Helper()
	info, err := os.Stat(passwords)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	text, err := os.ReadFile(passwords)
	require.NoError(t, err)
	generated := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, password, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		require.True(t, ok)
		generated[name] = password // the last one counts
	}
	e, err := mock.Open(t.Context(), mock.Config{Database: database, HashCost: 4})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	tried := 0
	for name, password := range generated {
		_, err := e.Logon(t.Context(), name, password)
		if err != nil && strings.Contains(err.Error(), "disabled") {
			continue // suspended
		}
		assert.NoError(t, err, name)
		tried++
	}
	assert.Greater(t, tried, 5)
	number := 1 // of an organization that is not suspended
	_, err = e.Logon(t.Context(), fmt.Sprintf("user%06d@org0001.example", number), hspheretest.Password(number))
	assert.NoError(t, err)
	assert.Greater(t, len(content.Tables["he_bizuser"]), len(generated)*5)
}

// installed is an emulator's database with what a panel has.
type installed struct {
	content  *hspheretest.Content
	folder   string // with the panel's files
	settings []string
}

func install(t *testing.T) *installed {
	t.Helper()
	i := &installed{content: hspheretest.Generate(hspheretest.Size{Organizations: 3, Users: 12}), folder: t.TempDir()}
	i.content.Write(t, i.folder)
	i.settings = []string{"--panel", i.folder, "--emulator.hash-cost", "4", "--emulator.database", filepath.Join(t.TempDir(), "emulator.db")}
	return i
}

func (i *installed) run(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	return outputOf(t, nil, append(args, i.settings...)...)
}

func TestDrift_TextJSONAndStatus(t *testing.T) {
	i := install(t)
	passwords := filepath.Join(t.TempDir(), "passwords")
	out, stderr, status := i.run(t, "drift")
	assert.Equal(t, 1, status)
	assert.Contains(t, out, "ghost       organization    LDAP://OU=org0001,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com  (4 users in the panel)\n")
	assert.Regexp(t, `3 organizations, 12 users of the panel compared in \d+.*s: 62 ghosts\n$`, out)
	assert.Contains(t, stderr, "wsexchange: panel and directory do not agree: 62 findings")

	out, _, status = i.run(t, "revive", "--dry-run", "--generated-passwords", passwords)
	assert.Equal(t, 0, status)
	assert.Contains(t, out, "     12  user\n")
	assert.NoFileExists(t, passwords)
	_, _, status = i.run(t, "drift")
	assert.Equal(t, 1, status, "a dry run makes nothing")

	out, stderr, status = i.run(t, "revive", "--format", "json", "--generated-passwords", passwords)
	require.Equal(t, 0, status, stderr)
	var summary struct {
		Done      map[string]int
		Generated int
	}
	require.NoError(t, json.Unmarshal([]byte(out), &summary))
	assert.Equal(t, 12, summary.Done["user"])
	assert.Equal(t, 1, summary.Generated)
	assert.Contains(t, stderr, "generated   password        user000011@org")

	i.content.Set("he_bizorg", i.content.Tables["he_bizorg"][0][0].(int), "description", "Quote \" and \x1b[31m")
	i.content.Write(t, i.folder)
	out, _, status = i.run(t, "drift", "--format", "json", "--organization", "org0001")
	assert.Equal(t, 1, status)
	var document struct {
		Panel         struct{ Source string }
		Organizations []struct {
			Organization string
			Findings     []map[string]string
		}
		Summary struct{ Organizations, Users, Total int }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &document), out)
	assert.Equal(t, i.folder, document.Panel.Source)
	assert.Equal(t, 1, document.Summary.Organizations)
	assert.Equal(t, 1, document.Summary.Total)
	assert.Equal(t, "Quote \" and \x1b[31m", document.Organizations[0].Findings[0]["panel"])
	out, _, _ = i.run(t, "drift")
	assert.NotContains(t, out, "\x1b", "a terminal is not told anything by the panel's texts")

	out, _, status = i.run(t, "drift", "--check-passwords")
	assert.Equal(t, 1, status)
	assert.Contains(t, out, "password  (the panel's is not accepted)")
}

func TestDrift_Refuses(t *testing.T) {
	i := install(t)
	for name, row := range map[string]struct {
		args []string
		want string
	}{
		"no panel":                 {[]string{"drift"}, "--panel is not set"},
		"no such folder":           {[]string{"drift", "--panel", "/nowhere"}, "no such file or directory"},
		"format":                   {[]string{"drift", "--panel", i.folder, "--format", "xml"}, `format "xml" is not one of text, json`},
		"flag":                     {[]string{"drift", "--panle", "x"}, "panle"},
		"base":                     {[]string{"drift", "--panel", i.folder, "--base", "nonsense"}, "--base nonsense"},
		"plan":                     {[]string{"drift", "--panel", i.folder, "--plan", "nonsense"}, "--plan nonsense is not of the form TYPE=NAME"},
		"organization":             {[]string{"drift", "--panel", i.folder, "--organization", "nobody"}, "neither the panel nor the directory has it: nobody"},
		"account without password": {[]string{"drift", "--panel", i.folder, "--user", `FABRIKAM\hsadmin`}, "--password-file is not set"},
		"setting":                  {[]string{"drift", "--panel", i.folder, "--backend", "odd"}, "backend"},
		"in memory":                {[]string{"revive", "--panel", i.folder}, "what is built in memory ends with the program"},
		"engine away": {[]string{
			"drift", "--panel", i.folder, "--backend", "isapi", "--mpf.engines", "http://127.0.0.1:1/", "--directory.base-dn", hspheretest.Bases[0],
			"--auth.mode", "off", "--mpf.username", `FABRIKAM\hsadmin`, "--mpf.password-file", demoPassword(t),
		}, "the provisioning engine cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, status := outputOf(t, nil, row.args...)
			assert.Equal(t, 2, status)
			assert.Contains(t, stderr, row.want)
		})
	}
}

// demoPassword is a file with the password of the demo data's account.
func demoPassword(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte("s3cr%t\n"), 0o600))
	return file
}

// A gateway that is running takes the requests too, over SubmitMpsRequest, from
// an account as well as from the service account.
func TestRevive_ThroughARunningGateway(t *testing.T) {
	i := install(t)
	g := start(t)
	address := regexp.MustCompile(`http://\S+@(127\.0\.0\.1:\d+/MPSWS)`).FindStringSubmatch(g.Text)
	require.NotEmpty(t, address, g.Text)
	file := demoPassword(t)
	way := []string{
		"--panel", i.folder, "--backend", "mpsws", "--mpf.engines", "http://" + address[1] + "/MPSGeneral.asmx", "--directory.base-dn", "DC=fabrikam,DC=com",
		"--directory.controllers", "dc1.fabrikam.com", "--auth.mode", "off", "--mpf.username", `FABRIKAM\hsadmin`, "--mpf.password-file", file,
	}
	passwords := filepath.Join(t.TempDir(), "passwords")
	out, stderr, status := outputOf(t, nil, append([]string{"revive", "--generated-passwords", passwords}, way...)...)
	require.Equal(t, 0, status, "%s\n%s", stderr, out)
	out, stderr, status = outputOf(t, nil, append([]string{"drift", "--user", `FABRIKAM\hsadmin`, "--password-file", file}, way...)...)
	assert.Equal(t, 0, status, "%s\n%s", stderr, out)
}

// What --repair writes is submitted by provtest, and mends what was found.
func TestDrift_Repair(t *testing.T) {
	i := install(t)
	_, stderr, status := i.run(t, "revive", "--generated-passwords", filepath.Join(t.TempDir(), "passwords"))
	require.Equal(t, 0, status, stderr)
	o := i.content.Organization(2, "späte & co", "late.example", 100)
	i.content.User(o, "late", "Winter-7-pass'<&", "gold_mail")
	i.content.Remove("he_distribution_list", i.content.Tables["he_distribution_list"][0][0].(int))
	i.content.Set("accounts", i.content.Tables["accounts"][2][0].(int), "deleted", "2010-01-01")
	i.content.Write(t, i.folder)
	repairs := filepath.Join(t.TempDir(), "repairs")
	out, stderr, status := i.run(t, "drift", "--repair", repairs)
	require.Equal(t, 1, status, stderr)
	assert.Contains(t, stderr, "requests are in "+repairs)
	assert.NotContains(t, out+stderr, "Winter-7-pass")
	checkRepairs(t, repairs)
	_, stderr, status = i.run(t, "drift", "--repair", repairs)
	assert.Equal(t, 2, status)
	assert.Contains(t, stderr, "is not empty")

	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "wsexchange/cmd/provtest")
	text, err := build.CombinedOutput()
	require.NoError(t, err, string(text))
	apply := exec.CommandContext(t.Context(), filepath.Join(repairs, "apply.sh"), i.settings[4:]...)
	apply.Args[1] = "--database"
	apply.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	text, err = apply.CombinedOutput()
	require.NoError(t, err, string(text))
	assert.NotContains(t, string(text), "Winter-7-pass")
	out, stderr, status = i.run(t, "drift", "--check-passwords", "--organization", "späte & co")
	assert.Equal(t, 0, status, "%s\n%s", stderr, out)
	out, stderr, status = i.run(t, "drift")
	assert.Equal(t, 0, status, "%s\n%s", stderr, out)
	left, err := filepath.Glob(filepath.Join(repairs, "*.secret"))
	require.NoError(t, err)
	assert.Empty(t, left, "a password that was submitted is not left lying about")
}

// checkRepairs looks for passwords where none may be.
func checkRepairs(t *testing.T, folder string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	secrets := 0
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(folder, file.Name()))
		require.NoError(t, err)
		if filepath.Ext(file.Name()) == ".secret" {
			secrets++
			info, err := file.Info()
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
			assert.Equal(t, "Winter-7-pass'<&\n", string(text))
			continue
		}
		assert.NotContains(t, string(text), "Winter-7", file.Name())
	}
	assert.Equal(t, 1, secrets)
}

func TestDrift_MetricsFile(t *testing.T) {
	i := install(t)
	file := filepath.Join(t.TempDir(), "wsexchange.prom")
	value := func(family string, labels ...string) float64 {
		in, err := os.Open(file)
		require.NoError(t, err)
		defer func() { require.NoError(t, in.Close()) }()
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(in)
		require.NoError(t, err)
		require.Contains(t, families, family)
		for _, m := range families[family].GetMetric() {
			var values []string
			for _, l := range m.GetLabel() {
				values = append(values, l.GetValue())
			}
			if strings.Join(values, " ") == strings.Join(labels, " ") {
				return m.GetGauge().GetValue()
			}
		}
		t.Fatalf("%s has no series %v", family, labels)
		return 0
	}
	_, _, status := i.run(t, "drift", "--metrics-file", file)
	assert.Equal(t, 1, status)
	assert.InDelta(t, 1, value("wsexchange_drift_success"), 0)
	assert.InDelta(t, 12, value("wsexchange_drift_findings", "ghost", "user"), 0)
	assert.InDelta(t, 0, value("wsexchange_drift_findings", "orphan", "user"), 0)
	assert.InDelta(t, 12, value("wsexchange_drift_users"), 0)
	assert.InDelta(t, float64(time.Now().Unix()), value("wsexchange_drift_last_run_timestamp_seconds"), 60)
	_, _, status = i.run(t, "drift", "--metrics-file", file, "--format", "xml")
	assert.Equal(t, 2, status)
	assert.InDelta(t, 0, value("wsexchange_drift_success"), 0, "it could not be compared")
}
