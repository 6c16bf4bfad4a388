package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/adapter"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mock/ledger"
	"wsexchange/mock/seed"
	"wsexchange/mpf"
)

const (
	organization = "../../examples/Hosted Exchange/CreateBusinessOrganization.xml"
	user         = "../../examples/Hosted Exchange/CreateBusinessUser.xml"
	plans        = "../../examples/Windows-based Hosting/QueryPlans.xml"
	failing      = "../../examples/Error Provider/SetError.xml"
)

// adminPassword is that of hsadmin in the demo data.
const adminPassword = "s3cr%t"

// clock moves on by a millisecond each time it is asked.
func clock() func() time.Time {
	var mu sync.Mutex
	at := time.Date(2005, time.March, 1, 9, 0, 0, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(time.Millisecond)
		return at
	}
}

// provtest runs the program. No output holds the account's password.
func provtest(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(stdin), &out, &errs, clock())
	assert.NotContains(t, out.String()+errs.String(), adminPassword)
	return out.String(), errs.String(), status
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestOutput(t *testing.T) {
	const execute = `<request><procedure><execute namespace="Error Provider" procedure="SetError"><executeData><hr>0x80070057</hr>` +
		`<desc>too &lt;late&gt;</desc></executeData></execute></procedure></request>`
	const bare = `<executeData/>`
	roles := `<request><data><path>LDAP://OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com</path></data></request>`
	for _, row := range []struct {
		name, stdin string
		args        []string
		status      int
		want        string
	}{
		{"success", "", []string{plans}, 0, "File:        " + plans + "\nHRESULT:     0x00000000\nTime:        1.000 ms\n"},
		{"failure", execute, []string{"-"}, 1, "File:        -\nHRESULT:     0x80070057\nTime:        1.000 ms\n"},
		{"failure described", execute, []string{"/e", "-"}, 1, "File:        -\nHRESULT:     0x80070057\nTime:        1.000 ms\nDescription: too <late>\n"},
		{"failure formatted", execute, []string{"-E", "-X1", "-"}, 1, "File:        -\nHRESULT:     0x80070057\nTime:        1.000 ms\nDescription: too <late>\n" +
			"<response>\n <errorContext description=\"too &lt;late&gt;\" code=\"0x80070057\" executeSeqNo=\"1\">\n" +
			"  <errorSource namespace=\"Error Provider\" procedure=\"SetError\"/>\n </errorContext>\n</response>\n"},
		{
			"byte order mark", "\ufeff" + roles,
			[]string{"/n:Managed Hosting", "/p:GetOrgType", "/x2", "-"},
			0,
			"File:        -\nHRESULT:     0x00000000\nTime:        1.000 ms\n<response>\n  <data>\n" +
				"    <path>LDAP://OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com</path>\n    <orgType>reseller</orgType>\n  </data>\n</response>\n",
		},
		{
			"data alone, no indentation", "<data/>",
			[]string{"--namespace=Managed Hosting", "--procedure=TestDomainAdmin", "--indent=0", "-"},
			0,
			"File:        -\nHRESULT:     0x00000000\nTime:        1.000 ms\n<response>\n<data/>\n</response>\n",
		},
		{
			"no data", "",
			[]string{"/n:Managed Hosting", "/p:TestDomainAdmin"},
			0,
			"Procedure:   Managed Hosting::TestDomainAdmin\nHRESULT:     0x00000000\nTime:        1.000 ms\n",
		},
		{"measured", "", []string{"/m", plans, plans}, 0, "File:        " + plans + "\nHRESULT:     0x00000000\nTime:        1.000 ms\n\n" +
			"File:        " + plans + "\nHRESULT:     0x00000000\nTime:        1.000 ms\n\nRequests:    2\nAll:         2.000 ms\nEach:        1.000 ms\n"},
		{"ends at the first failure", "", []string{plans, failing, plans}, 1, "File:        " + plans + "\nHRESULT:     0x00000000\nTime:        1.000 ms\n\n" +
			"File:        " + failing + "\nHRESULT:     0x80070057\nTime:        1.000 ms\n"},
		{
			"repeated", "",
			[]string{"/r3", plans},
			0,
			"File:        " + plans + "\nThread 1:    3.000 ms, 1.000 ms each\nTime:        7.000 ms\nRequests:    3\nFailed:      0\n",
		},
		{
			"repeated failure", "",
			[]string{"/t1", "/r2", "/e", "/x2", failing},
			1,
			"File:        " + failing + "\nThread 1:    2.000 ms, 1.000 ms each\nTime:        5.000 ms\nRequests:    2\nFailed:      2\n",
		},
		{
			"refused by the schema", bare,
			[]string{"/n:MPF Config", "/p:GetNamespaces", "/e", "-"},
			1,
			"File:        -\nHRESULT:     0x82100006\nTime:        0.000 ms\nDescription: The request is not valid: the root element is 'executeData', not 'request'. [E-REQUEST]\n",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			out, errs, status := provtest(t, row.stdin, row.args...)
			assert.Equal(t, row.status, status)
			assert.Equal(t, row.want, out)
			assert.Empty(t, errs)
		})
	}
}

func TestThreads(t *testing.T) {
	out, errs, status := provtest(t, "", "/t4", "/r5", organization)
	assert.Equal(t, 1, status, "one of the requests makes it, the others find it")
	assert.Empty(t, errs)
	assert.Regexp(t, `(?s)^File: .*Thread 1: .*Thread 4: .*Requests:    20\nFailed:      19\n$`, out)
}

func TestUsage(t *testing.T) {
	word := file(t, "password", adminPassword+"\n")
	for name, row := range map[string]struct {
		args []string
		want string
	}{
		"nothing":               {nil, "there is no request file"},
		"no such file":          {[]string{"/no/such.xml"}, "/no/such.xml: no such file"},
		"not XML":               {[]string{word}, "request " + word},
		"unknown option":        {[]string{"--colour", plans}, "unknown flag: --colour"},
		"no number":             {[]string{"--threads=x", plans}, "invalid argument"},
		"too many threads":      {[]string{"/t65", plans}, "threads: must be from 1 to 64"},
		"no repetition":         {[]string{"/r0", plans}, "repeat: must be 1 or more"},
		"wide":                  {[]string{"/x99", plans}, "indent: must be from 0 to 32"},
		"no time":               {[]string{"--timeout=0s", plans}, "timeout: must be more than 0"},
		"namespace alone":       {[]string{"/n:MPF Config", plans}, "belong together"},
		"two doors":             {[]string{"/i:x", "--mpsws=http://y/", plans}, "exclude each other"},
		"no door":               {[]string{"--isapi=ftp://x/", plans}, "is not an http or https URL"},
		"door and database":     {[]string{"/i:x", "--database=x", plans}, "not of one over SOAP"},
		"trust without door":    {[]string{"--ca=x", plans}, "there is no connection to trust"},
		"trust in nothing":      {[]string{"--ca", plans, "/is:x", plans}, "holds no certificate"},
		"dry run at a door":     {[]string{"/i:x", "--dry-run", plans}, "only the engine in the program"},
		"dry run of many":       {[]string{"/r2", "--dry-run", plans}, "dry-run goes neither"},
		"dry run on nothing":    {[]string{"--database=/no/such.db", "--dry-run", plans}, "which a dry run does not make: stat /no/such.db"},
		"queue at a door":       {[]string{"/i:x", "/q", plans}, "reached in the program only"},
		"queue in memory":       {[]string{"/q", plans}, "ends with the program"},
		"queue twice":           {[]string{"/q", "/qu", "--database=x", plans}, "queue and queue-suspended"},
		"queue of many":         {[]string{"/q", "/r2", "--database=x", plans}, "the queue does not go with"},
		"question and file":     {[]string{"/qs", "1:x", "--database=x", plans}, "takes no file"},
		"recorded in no file":   {[]string{"--recorded", "/n:N", "/p:P"}, "there is no file"},
		"recorded and queue":    {[]string{"--recorded", "/q", "--database=x", plans}, "recorded goes neither"},
		"nothing recorded":      {[]string{"--recorded", plans}, plans + ": no HRESULT is recorded in it"},
		"secret missing":        {[]string{"--secret-file=/no/such", plans}, "/no/such"},
		"secret twice":          {[]string{"--secret-file=" + word, "--secret-file", word, plans}, "given twice"},
		"account missing":       {[]string{"/ia:x", plans}, "no account is given"},
		"password alone":        {[]string{"/bp:" + adminPassword, plans}, "but no account"},
		"password missing":      {[]string{"/bu:hsadmin", plans}, "has no password"},
		"password twice":        {[]string{"/bu:x", "/bp:" + adminPassword, "--password-file", word, plans}, "given twice"},
		"password file missing": {[]string{"/bu:x", "--password-file=/no/such", plans}, "/no/such"},
		"no such seed":          {[]string{"--seed=/no/such.yaml", plans}, "/no/such.yaml"},
		"no such directory":     {[]string{"--database=/no/such/dir/file.db", plans}, "/no/such/dir/file.db"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, status := provtest(t, "", row.args...)
			assert.Equal(t, 2, status)
			assert.Contains(t, errs, row.want)
			assert.Empty(t, out)
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	out, _, status := provtest(t, "", "--help")
	assert.Equal(t, 0, status)
	for _, want := range []string{"/qc <parent,child>", "--password-file FILE", "unsafe", "--dry-run", "Exit status:"} {
		assert.Contains(t, out, want)
	}
	out, _, status = provtest(t, "", "--version")
	assert.Equal(t, 0, status)
	assert.Contains(t, out, "provtest version ")
}

func TestTranslate(t *testing.T) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(options).define(flags)
	word := "x y"
	for given, row := range map[string]struct {
		want     string
		password *string
	}{
		"/t4|-R10|/e|-m|a.xml":              {"--threads=4|--repeat=10|--error|--measure|a.xml", nil},
		"/x|/x4|-X8":                        {"--indent|--indent=4|--indent=8", nil},
		"/q|/QU":                            {"--queue|--queue-suspended", nil},
		"/qa|/t4|/qd|2|/qr|3|/qs|4":         {"--queue-activate|/t4|--queue-delete|2|--queue-results|3|--queue-status|4", nil},
		"-qc|1:a,1:b|-qa":                   {"--queue-depend|1:a,1:b|--queue-activate", nil},
		"/n:Hosted Exchange|-P:GetPlans":    {"--namespace=Hosted Exchange|--procedure=GetPlans", nil},
		"/i:mps|/is:mps:444":                {"--isapi=http://mps/mpf/soapisapi.dll|--isapi=https://mps:444/mpf/soapisapi.dll", nil},
		"/ia:mps|/isa:mps":                  {"--isapi=http://mps/mpf/soapisapi.dll|--authenticate|--isapi=https://mps/mpf/soapisapi.dll|--authenticate", nil},
		`/bu:D\u|/bp:x y|r.xml`:             {`--user=D\u|r.xml`, &word},
		"/tmp/r.xml|/t|/tx|/query.xml|-":    {"/tmp/r.xml|/t|/tx|/query.xml|-", nil},
		"--seed|/e|--error|/e|--indent|/m":  {"--seed|/e|--error|--error|--indent|--measure", nil},
		"--|/e|/bp:x y":                     {"--|/e|/bp:x y", nil},
		"--namespace|/n:x|--procedure=/p:y": {"--namespace|/n:x|--procedure=/p:y", nil},
	} {
		got, password := translate(strings.Split(given, "|"), flags)
		assert.Equal(t, row.want, strings.Join(got, "|"), given)
		assert.Equal(t, row.password, password, given)
	}
}

// emulator is an engine behind both doors.
func emulator(t *testing.T) (isapi, mpsws string) {
	t.Helper()
	e, err := mock.Open(t.Context(), mock.Config{HashCost: 4})
	require.NoError(t, err)
	gateway, err := adapter.New(adapter.Config{Submitter: mpf.SubmitterFunc(e.Engine.Submit), BaseDN: ldappath.MustParseDN("DC=fabrikam,DC=com")})
	require.NoError(t, err)
	doors := []*httptest.Server{httptest.NewServer(e.Handler(xmldoc.Limits{})), httptest.NewServer(gateway)}
	t.Cleanup(func() {
		for _, door := range doors {
			door.Close()
		}
		assert.NoError(t, e.Close())
	})
	return doors[0].URL, doors[1].URL + "/MPSWS/MPSGeneral.asmx"
}

func TestDoors(t *testing.T) {
	isapi, mpsws := emulator(t)
	word := file(t, "password", adminPassword+"\r\nsecond line\n")
	server := strings.TrimPrefix(isapi, "http://")
	out, errs, status := provtest(t, "", "/e", "/ia:"+server, `/bu:FABRIKAM\hsadmin`, "/bp:"+adminPassword, organization, user)
	assert.Equal(t, 0, status, errs+out)
	assert.Equal(t, 2, strings.Count(out, "HRESULT:     0x00000000\n"))
	_, errs, status = provtest(t, "", "--isapi", isapi, "--user=nobody@fabrikam.com", "--password-file", word, plans)
	assert.Equal(t, 3, status)
	assert.Contains(t, errs, mpf.ErrNotAuthenticated.Error())
	out, errs, status = provtest(t, "", "--explain", "--isapi", isapi, "--user=hsadmin", "--password-file", word, organization)
	assert.Equal(t, 1, status, errs)
	assert.Contains(t, out, "Called by:   Hosted Exchange::CreateBusinessOrganization\nRule:        E-OBJECT-EXISTS: ")
	assert.NotContains(t, out, "(organizationalUnit)", "the directory is elsewhere")
	_, _, status = provtest(t, "", "--isapi", isapi, plans)
	assert.Equal(t, 3, status, "no account")

	out, errs, status = provtest(t, "", "--mpsws", mpsws, "/x2", "--namespace=Windows-based Hosting", "--procedure=QueryPlans")
	assert.Equal(t, 0, status, errs+out)
	assert.Contains(t, out, "<planName>GoldMail</planName>\n")

	gone := httptest.NewServer(nil)
	gone.Close()
	for _, args := range [][]string{{plans}, {"/r2", plans}} {
		out, errs, status = provtest(t, "", append(args, "--isapi", gone.URL)...)
		assert.Equal(t, 3, status, out)
		assert.Contains(t, errs, mpf.ErrUnreachable.Error())
	}
}

func TestAccountInTheProgram(t *testing.T) {
	_, errs, status := provtest(t, "", `/bu:FABRIKAM\hsadmin`, "/bp:"+adminPassword, plans)
	assert.Equal(t, 0, status, errs)
	for _, dry := range []string{"--dry-run", "--error"} {
		_, errs, status = provtest(t, "", dry, "/bu:hsadmin", "/bp:wrong", plans)
		assert.Equal(t, 3, status)
		assert.Contains(t, errs, "account hsadmin")
		assert.NotContains(t, errs, "wrong\n")
	}
}

func TestExplain(t *testing.T) {
	out, errs, status := provtest(t, "", "--explain", organization, organization)
	assert.Equal(t, 1, status, errs)
	acme := "LDAP://OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	assert.Regexp(t, `(?s)Step:        call \d+, in step 1 of the request\nIn:          .*`+
		`\nCalled by:   Hosted Exchange::CreateBusinessOrganization\nRule:        E-OBJECT-EXISTS: .*\nObject:      `+regexp.QuoteMeta(acme)+` \(organizationalUnit\)\n$`, out)
	out, _, status = provtest(t, "", "--explain", user)
	assert.Equal(t, 1, status)
	assert.Contains(t, out, "Object:      "+acme+" (is not there)\n")
}

func dump(t *testing.T, database string) string {
	t.Helper()
	s, _, err := mock.OpenStore(t.Context(), mock.Config{Database: database}, false)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	var b strings.Builder
	require.NoError(t, s.Root().Dump(&b))
	rows, err := s.Audit(t.Context(), ledger.AuditQuery{Limit: 1 << 20})
	require.NoError(t, err)
	fmt.Fprintf(&b, "%d rows of audit", len(rows))
	return b.String()
}

func TestDryRun(t *testing.T) {
	database := filepath.Join(t.TempDir(), "emulator.db")
	_, errs, status := provtest(t, "", "--database", database, organization)
	require.Equal(t, 0, status, errs)
	before := dump(t, database)
	out, errs, status := provtest(t, "", "--database", database, "--dry-run", user)
	assert.Equal(t, 0, status, errs)
	assert.Regexp(t, `(?s)^File: .*\nDry run:     nothing was written\nHRESULT:     0x00000000\nTime:        1.000 ms\nSteps:\n`+
		`    1  Hosted Exchange::CreateBusinessUser  0x00000000\n    2    Managed Active Directory::CreateUser  0x00000000\n.*Objects:\n.*`+
		`  created  CN=bob@acme.example,OU=acme,.*           \+ displayName: Bob Smith\n.*Rollback:\n  removes what was created: \d+\n  restores what was changed: \d+\n$`, out)
	assert.NotContains(t, out, "P@ssw0rd!23")
	out, _, status = provtest(t, "", "--database", database, "--dry-run", "/e", organization)
	assert.Equal(t, 1, status)
	assert.Contains(t, out, "[E-OBJECT-EXISTS]\nSteps:\n")
	assert.Contains(t, out, "Rollback:\n  takes place: the request fails.\n  has nothing to do.\n")
	assert.Equal(t, before, dump(t, database))
	out, _, status = provtest(t, "", "--dry-run", "/m", plans)
	assert.Equal(t, 0, status)
	assert.Contains(t, out, "Objects:\nRollback:\n  has nothing to do.\n\nRequests:    1\n")
}

func TestQueue(t *testing.T) {
	database := filepath.Join(t.TempDir(), "emulator.db")
	ask := func(status int, args ...string) string {
		t.Helper()
		out, errs, got := provtest(t, "", append([]string{"--database", database}, args...)...)
		assert.Equal(t, status, got, out+errs)
		return out
	}
	queued := regexp.MustCompile(`Queued:      (\S+)\n`)
	id := func(out string) string {
		t.Helper()
		found := queued.FindStringSubmatch(out)
		require.NotNil(t, found, out)
		return found[1]
	}
	keep := strings.Replace(read(t, organization), "<data/>", `<data/><context><queueContext retainSuccessfulResponses="1"/></context>`, 1)
	parent := id(ask(0, "/qu", file(t, "parent.xml", keep)))
	child := id(ask(0, "/qu", user))
	gone := id(ask(0, "/qu", plans))
	ask(0, "/qd", gone)
	assert.Equal(t, "Queued:      "+gone+"\nHRESULT:     0x80070490\nTime:        1.000 ms\n", ask(1, "/qs", gone))
	ask(0, "/qc", parent+","+child)
	assert.Contains(t, ask(0, "-qs", parent), "Status:      13 ")
	assert.Contains(t, ask(1, "/qr", parent), "0x82100009", "it has not run")
	ask(0, "/qa", child)
	assert.Equal(t, "Queued:      "+parent+"\nHRESULT:     0x00000000\nTime:        1.000 ms\n\nRun:         2\n", ask(0, "/qa", parent, "--queue-run"))
	assert.Contains(t, ask(0, "/qr", parent, "/x2"), `<org path="LDAP://OU=acme,`)
	assert.Contains(t, ask(0, "/q", plans, "--queue-run"), "\nRun:         1\n")
	ask(2, "/qc", "1:only")
	ask(0, "--dry-run", user[:len(user)-len("CreateBusinessUser.xml")]+"GetOrganizationDomains.xml")
	assert.Contains(t, dump(t, database), "bob@acme.example", "the child ran after its parent")
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestSeed(t *testing.T) {
	seed := file(t, "seed.yaml", strings.ReplaceAll(string(seed.DefaultYAML()), "name: Reseller1", "name: OurReseller"))
	_, errs, status := provtest(t, `<data><path>LDAP://OU=OurReseller,OU=Hosting,DC=fabrikam,DC=com</path></data>`,
		"--seed", seed, "/n:Managed Hosting", "/p:GetOrgType", "-")
	assert.Equal(t, 0, status, errs)
}

// TestAnswer_HidesPasswords holds that what another engine sends back is not
// printed as it is.
func TestAnswer_HidesPasswords(t *testing.T) {
	door := httptest.NewServer(mpf.NewHandler(echo{}, mpf.HandlerConfig{}))
	t.Cleanup(door.Close)
	out, errs, status := provtest(t, "<data><newPassword>"+adminPassword+"</newPassword></data>", "--isapi", door.URL, "/x2", "/n:N", "/p:P", "-")
	assert.Equal(t, 0, status, errs)
	assert.Contains(t, out, "<newPassword>[redacted]</newPassword>")
}

// echo answers with the data of the request.
type echo struct{}

func (echo) Submit(_ context.Context, req *mpf.Request) (*mpf.Response, error) {
	return &mpf.Response{Data: req.Data[0]}, nil
}

// FuzzArguments holds that arguments that cannot be right are refused, however
// they are written, and that no switch is lost or made on the way.
func FuzzArguments(f *testing.F) {
	for _, seed := range []string{"/t4\x00-r2\x00/qa\x001:x", "/bp:x\x00--\x00/bp:y", "--seed\x00/e", "/isa:s\x00/bu:D\\u"} {
		f.Add(seed)
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(options).define(flags)
	f.Fuzz(func(t *testing.T, text string) {
		args := slices.DeleteFunc(strings.Split(text, "\x00"), func(a string) bool { return !strings.HasPrefix(a, "/") })
		args = append(args, "--threads=0")
		got, _ := translate(args, flags)
		assert.Equal(t, "--threads=0", got[len(got)-1])
		again, _ := translate(got, flags)
		assert.Equal(t, got, again, "what is translated has no switches left")
		assert.Equal(t, statusUsage, run(t.Context(), args, strings.NewReader(""), io.Discard, io.Discard, clock()))
	})
}
