package conformance

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/wsdl"
)

// axisJars are the jars of Debian's libaxis-java and what it needs.
var axisJars = []string{"axis", "jaxrpc", "saaj", "wsdl4j", "commons-logging", "commons-discovery"}

// need demands a file that a Debian package brings. Outside of CI its absence
// skips the test.
func need(t *testing.T, path, debian string) {
	t.Helper()
	if _, err := os.Stat(path); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: the Debian package %s brings it", path, debian)
	}
	t.Skipf("%s is missing: install the Debian package %s", path, debian)
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s %s\n%s", name, strings.Join(args, " "), out)
	return string(out)
}

// fetchWSDL saves the WSDL that the running service gives.
func fetchWSDL(t *testing.T, to target, service, folder string) string {
	t.Helper()
	response, err := http.Get("http://" + to.host() + "/MPSWS/" + service + ".asmx?WSDL")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	require.Equal(t, http.StatusOK, response.StatusCode)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	path := filepath.Join(folder, service+".wsdl")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// descriptors are the methods that the panel was compiled against, with S for
// String and Z for boolean.
var descriptors = []string{
	"HostedExchange addAvailablePlans(S,S,S,Z,)S",
	"HostedExchange changeUserMailboxPlan(S,S,S,S,)S",
	"HostedExchange createBusinessOrganization(S,S,S,S,S,S,S,S,S,Z,)S",
	"HostedExchange createBusinessUser(S,S,S,S,S,S,S,S,S,S,S,Z,S,S,S,S,)S",
	"HostedExchange createDistributionList(S,S,S,S,Z,)S",
	"HostedExchange createOrganizationAddressLists(S,S,S,Z,)S",
	"HostedExchange createPublicFolder(S,S,S,S,Z,)S",
	"HostedExchange createSMTPDomain(S,S,S,S,)S",
	"HostedExchange createSMTPProxyAddress(S,S,S,Z,)S",
	"HostedExchange deleteBusinessOrganization(S,S,S,)S",
	"HostedExchange deleteBusinessUser(S,S,)S",
	"HostedExchange deleteDistributionList(S,S,Z,)S",
	"HostedExchange deletePublicFolder(S,S,S,Z,)S",
	"HostedExchange deleteSMTPDomain(S,S,S,)S",
	"HostedExchange deleteSMTPProxyAddress(S,S,S,)S",
	"HostedExchange disableUser(S,S,)S",
	"HostedExchange enableUser(S,S,)S",
	"HostedExchange getPlanDetail(S,S,S,Z,)S",
	"HostedExchange getProperties(S,S,S,)S",
	"HostedExchange makeUserAdmin(S,Z,S,)S",
	"HostedExchange modifyDistributionList(S,S,S,Z,)S",
	"HostedExchange setUserPassword(S,S,S,)S",
	"ExchangeResourceManager queryConsumersByOrganization(S,S,S,Z,)S",
	"ExchangeResourceManager queryResourcesByOrganization(S,S,S,Z,)S",
	"ExchangeResourceManager reallocateOrganizationMailNoMove(S,S,S,Z,)S",
	"ExchangeResourceManager reallocateOrganizationPublic(S,S,S,Z,)S",
	"ExchangeResourceManager reallocatePublicFolder(S,S,S,S,Z,)S",
	"ManagedActiveDirectory createContact(S,S,CreateContactPropertyXml,S,Z,StringHolder,StringHolder,)void",
	"ManagedActiveDirectory deleteContact(S,S,Z,BooleanHolder,StringHolder,)void",
	"ManagedActiveDirectory groupAdd(S,S,S,Z,BooleanHolder,StringHolder,)void",
	"ManagedActiveDirectory groupRemove(S,S,S,Z,BooleanHolder,StringHolder,)void",
	"ManagedActiveDirectory modifyUser(S,S,S,S,S,S,S,S,S,ModifyUserPropertyXml,S,Z,BooleanHolder,StringHolder,)void",
	"MPSGeneral submitMpsRequest(S,S,SubmitMpsRequestDataXmlBlob,Z,SubmitMpsRequestResponseSubmitMpsRequestResultHolder,StringHolder,)void",
}

// TestAxis generates stubs with Axis from the WSDL that is served, compares them
// with those that the panel was compiled against, and plays a customer's life
// on them: over HTTP/1.0, and over HTTP/1.1 in several threads.
func TestAxis(t *testing.T) {
	folder := "/usr/share/java/"
	path := []string{"."}
	for _, jar := range axisJars {
		need(t, folder+jar+".jar", "libaxis-java")
		path = append(path, folder+jar+".jar")
	}
	classpath := strings.Join(path, ":")
	to := start(t)
	work := t.TempDir()
	sources, err := filepath.Abs("axis")
	require.NoError(t, err)
	for _, s := range wsdl.Services() {
		run(t, work, "java", "-cp", classpath, "org.apache.axis.wsdl.WSDL2Java", "-o", ".", fetchWSDL(t, to, s.Name, work))
	}
	var files []string
	require.NoError(t, filepath.Walk(work, func(path string, _ os.FileInfo, err error) error {
		if strings.HasSuffix(path, ".java") {
			files = append(files, path)
		}
		return err
	}))
	files = append(files, filepath.Join(sources, "Life.java"), filepath.Join(sources, "Descriptors.java"))
	run(t, work, "javac", append([]string{"-nowarn", "-encoding", "UTF-8", "-cp", classpath, "-d", "."}, files...)...)

	methods := strings.Split(run(t, work, "java", "-cp", classpath, "Descriptors"), "\n")
	for _, want := range descriptors {
		assert.True(t, slices.Contains(methods, want), "generated: %s", want)
	}
	version, threads := []string{"1.0", "1.1"}, []string{"1", "3"}
	for i := range version {
		t.Run("HTTP "+version[i], func(t *testing.T) {
			life := exec.CommandContext(t.Context(), "java", "-Dfile.encoding=UTF-8", "-cp", classpath, "Life", to.URL,
				"axis"+strings.ReplaceAll(version[i], ".", ""), version[i], threads[i])
			life.Dir = work
			var stderr bytes.Buffer
			life.Stderr = &stderr
			out, err := life.Output()
			assert.NoError(t, err, "%s\n%s", out, stderr.String())
			recordAxis(string(out))
		})
	}
}

// recordAxis notes the lines "method: ok" of the scenario.
func recordAxis(out string) {
	services := map[string]string{}
	for _, d := range descriptors {
		service, method, _ := strings.Cut(d, " ")
		name, _, _ := strings.Cut(method, "(")
		services[name] = service
	}
	for line := range strings.SplitSeq(out, "\n") {
		name, result, _ := strings.Cut(line, ":")
		name, _, _ = strings.Cut(name, " ")
		method := strings.ToLower(name[:min(1, len(name))]) + name[min(1, len(name)):]
		if service := services[method]; service != "" && strings.TrimSpace(result) == "ok" {
			record(axis, service+"."+strings.ToUpper(method[:1])+method[1:], true)
		}
	}
}

// TestZeep loads the WSDL that is served strictly and calls every operation
// over SOAP 1.1 and 1.2.
func TestZeep(t *testing.T) {
	need(t, "/usr/lib/python3/dist-packages/zeep/__init__.py", "python3-zeep")
	to := start(t)
	command := exec.CommandContext(t.Context(), "/usr/bin/python3", filepath.Join("zeep", "operations.py"), to.URL, callsFile)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		operation, rest, _ := strings.Cut(lines.Text(), " ")
		good := strings.HasSuffix(rest, " ok")
		record(zeep, operation, good)
		assert.True(t, good, lines.Text())
	}
	assert.NoError(t, err, stderr.String())
}
