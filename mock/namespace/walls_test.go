package namespace_test

import (
	"flag"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/managedexchange"
	"wsexchange/mpf"
)

// sequences is how many random sequences are tried: each makes two
// organizations first.
const sequences = "40"

// TestWalls_RandomCalls calls every public procedure with random arguments, as
// callers of every role at one organization or above it. Whatever they do, what
// another reseller's organization has stays byte for byte as it was, and no
// answer holds anything of it.
func TestWalls_RandomCalls(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); checks != nil && checks.Value.String() == checks.DefValue {
		require.NoError(t, flag.Set("rapid.checks", sequences))
		t.Cleanup(func() { _ = flag.Set("rapid.checks", checks.DefValue) })
	}
	done := make(map[string]int)
	rapid.Check(t, func(r *rapid.T) {
		w := newTenants(t)
		rows := publicRows(w)
		g := w.words()
		before := w.read()
		for range rapid.IntRange(10, 60).Draw(r, "calls") {
			row := rapid.SampledFrom(rows).Draw(r, "procedure")
			caller := rapid.SampledFrom(callers).Draw(r, "caller")
			arguments := g.arguments(r, row.procedure)
			answer := w.as(caller, row.namespace, row.procedure.Name, arguments)
			if answer.Err == nil {
				done[row.namespace+"::"+row.procedure.Name]++
			} else {
				require.NotEqual(r, "E-INTERNAL", answer.Err.Cause, "%s %s", row.procedure.Name, arguments)
			}
			require.NotContains(r, text(answer), hidden, "%s %s", row.procedure.Name, arguments)
			require.Equal(r, before, w.read(), "%s %s", row.procedure.Name, arguments)
		}
	})
	least := 30
	if testing.Short() {
		least = 5
	}
	assert.Greater(t, len(done), least, "procedures that did something: %v", done)
}

// text is an answer as the caller gets it.
func text(r *mpf.Response) string {
	all := ""
	if r.Data != nil {
		all = xmldoc.String(r.Data)
	}
	if r.Err != nil {
		all += r.Err.Error()
	}
	return all
}

// callers have every role at acme or above it, and domain administrators behind
// gateways whose bases are acme's.
var callers = []mpf.Caller{
	within(first), within(first), within(acme),
	{Username: "boss@acme.example"},
	{Username: "clerk@acme.example"},
	{Domain: "FABRIKAM", Username: "seller"},
	{Domain: "FABRIKAM", Username: "creator"},
	{Domain: "FABRIKAM", Username: "creator"},
	{Username: "nobody@nowhere.example"},
	{},
}

type publicRow struct {
	namespace string
	procedure engine.Procedure
}

// publicRows are the procedures of all namespaces but the test kit's.
func publicRows(w *tenants) (rows []publicRow) {
	all := w.Engine.Namespaces()
	for _, ns := range all[:len(all)-1] {
		for _, p := range ns.Procedures {
			if p.Access == engine.Public {
				rows = append(rows, publicRow{ns.Name, p})
			}
		}
	}
	return rows
}

// words are what random arguments are made of.
type words struct {
	containers, objects, texts []string
	byName                     map[string][]string
	attributes                 []string
}

func (w *tenants) words() *words {
	objects := []string{
		acme, first, clerk, "CN=boss@acme.example," + acme, "CN=all," + acme, "CN=pal," + acme, "CN=Admins@acme," + acme, "CN=new," + acme,
		"CN=AllUsers@acme,CN=_Private," + acme, "OU=new," + first, "CN=seller@fabrikam.com," + first, "CN=Admins@Reseller1," + first,
		"CN=CSRAdmins@Reseller1," + first,
		other, second, stranger, "CN=boss@other.example," + other, "CN=team," + other, "CN=pal," + other, "CN=Admins@other," + other,
		"CN=AllUsers@other,CN=_Private," + other, "CN=Admins@Reseller2," + second, hosting, "CN=Domain Admins," + accounts, "CN=Administrator," + accounts,
		"DC=fabrikam,DC=com", "CN=Configuration,DC=fabrikam,DC=com",
	}
	names := []string{
		"new", "all", "pal", "team", "acme", "other", "x", "clerk@acme.example", "stranger@other.example", "boss@other.example", "new@acme.example",
		"ceo@other.example", "new@new.example", `FABRIKAM\Administrator`, `other.example\stranger`, "Administrator", w.guid(other), w.guid(stranger), w.guid(acme),
		w.Object(other).GUID.Octets(), w.Attr(stranger, "objectSid")[0], stranger, "LDAP://" + other, "B:32:1F62D8B94C3E47A5B0897E5AC6D2F013:" + stranger,
		"B:32:1F62D8B94C3E47A5B0897E5AC6D2F013:" + clerk, "/other", "/acme", "(objectClass=*)", "(description=*)", "512", "GLOBAL SECURITY",
	}
	domains := []string{"new.example", "acme.example", "other.example", "OTHER.example.", "other.example."}
	return &words{
		objects: objects, texts: append(names, objects...), containers: []string{acme, first, acme, other, second},
		byName: map[string][]string{
			"SMTPDomain": domains, "planName": {"GoldMail", "BaseMail"}, "server": {"EX1"}, "serverName": {"EX1"}, "mdb": {"Mailbox Store 1 (EX1)"},
			"mailStoreName": {"Mailbox Store 1 (EX1)"}, "class": {"user", "group", "container", "organizationalUnit", "contact"}, "scope": {"subtree", "base"},
			"serverInstance": {"1"}, "folderpath": {"/", "/other", "/acme"}, "folderPath": {"/", "/other", "/acme"},
			"folderName": {"new", "other"}, "cn": {"all", "pal", "team", "new", "Admins@acme"}, "domainTypeName": {"PrimaryDomain", "SecondaryDomain", "VanityDomain"},
			"userPrincipalName": {"new@acme.example", "stranger@other.example", "new@other.example", "new@new.example"},
			"proxyAddress":      {"new@acme.example", "stranger@other.example", "new@other.example", "smtp:new@other.example."},
			"sid":               {w.Attr(stranger, "objectSid")[0], w.Attr(clerk, "objectSid")[0]}, "objectType": {"SE_DS_OBJECT"},
			"inputName":   {stranger, clerk, `FABRIKAM\stranger_other.example`, "stranger@other.example", w.guid(stranger), "fabrikam.com/Hosting/Reseller2/other"},
			"inputFormat": {"NameUserPrincipal", "NameSamCompatible", "NameUniqueId"}, "outputFormat": {"NameFullyQualifiedDN", "NameSamCompatible"},
			"distinguishedName": objects, "relativeName": {"CN=pal", "OU=other"},
			"filter": {"(objectClass=*)", "(description=*)", "(mail=stranger@other.example)"},
		},
		attributes: []string{
			"description", "manager", "member", "memberOf", "mail", "proxyAddresses", "userPrincipalName", "sAMAccountName", "otherWellKnownObjects",
			"altRecipient", "publicDelegates", "homeMDB", "primaryGroupID", "authOrig", "managedBy", "displayName", "userAccountControl", "legacyExchangeDN",
			"showInAddressBook", "mailNickname", "targetAddress", "name", "distinguishedName", "objectGUID",
		},
	}
}

func pick(r *rapid.T, from []string) string { return rapid.SampledFrom(from).Draw(r, "word") }

func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

// arguments makes the executeData of a procedure: required arguments always,
// others every second time.
func (g *words) arguments(r *rapid.T, p engine.Procedure) string {
	var b strings.Builder
	for _, a := range p.Arguments {
		if !a.Required && a.Type != engine.Controller && rapid.Bool().Draw(r, "left out") {
			continue
		}
		b.WriteString("<" + a.Name + ">" + g.value(r, a) + "</" + a.Name + ">")
	}
	return b.String()
}

func (g *words) value(r *rapid.T, a engine.Argument) string {
	switch a.Type {
	case engine.Path, engine.PathOrUPN:
		if a.Name == "container" {
			return "LDAP://" + pick(r, g.containers)
		}
		return "LDAP://" + pick(r, g.objects)
	case engine.Number, engine.Signed:
		return pick(r, []string{"0", "1", "20", "2000"})
	case engine.Boolean:
		return pick(r, []string{"0", "1"})
	case engine.Controller:
		return "dc1.fabrikam.com"
	case engine.DateTime:
		return pick(r, []string{"2004-01-01", "2006-01-01"})
	case engine.Secret:
		return pick(r, []string{strong, "New-" + strong})
	case engine.Flag, engine.Ignored:
		return ""
	case engine.Tree:
		return g.tree(r, a.Name)
	}
	if len(a.OneOf) > 0 {
		return pick(r, a.OneOf)
	}
	return g.word(r, a.Name)
}

// word is a text that goes with a name, or any.
func (g *words) word(r *rapid.T, name string) string {
	if known := g.byName[name]; known != nil && rapid.IntRange(0, 4).Draw(r, "other") > 0 {
		return escaped(pick(r, known))
	}
	return escaped(pick(r, g.texts))
}

// tree makes the inside of an argument that is XML.
func (g *words) tree(r *rapid.T, name string) string {
	switch name {
	case "properties":
		mode := pick(r, []string{"", ` mode="append"`, ` mode="delete"`, ` mode="clear"`})
		return `<property name="` + pick(r, g.attributes) + `"` + mode + `><value>` + g.word(r, "") + `</value></property>`
	case "propertyList":
		return `<property name="` + pick(r, g.attributes) + `"/>`
	case "dacl", "sacl":
		return `<ace><permission>ADS_RIGHT_GENERIC_READ</permission><mode>SET_ACCESS</mode><trusteeForm>TRUSTEE_IS_NAME</trusteeForm><trustee>` +
			g.word(r, "") + `</trustee></ace>`
	case "Permissions":
		return `<Permission role="Editor">` + g.word(r, "") + `</Permission>`
	case "readAccess":
		return g.word(r, "")
	case "SMTPDomains":
		return "<SMTPDomain>" + g.word(r, "SMTPDomain") + "</SMTPDomain>"
	case "availablePlans", "plans":
		return "<planName>" + g.word(r, "planName") + "</planName>"
	case "proxyAddresses":
		return "<value>" + g.word(r, "proxyAddress") + "</value>"
	case "mail":
		return "<size>" + pick(r, []string{"100", "2000"}) + "</size>"
	case "mailStore":
		return "<megabytes>10</megabytes><shared>1</shared>"
	case "publicStore":
		return "<megabytes>1</megabytes><folderPath>" + g.word(r, "folderPath") + "</folderPath><serverName>EX1</serverName>"
	}
	return "<" + name + ">" + g.word(r, name) + "</" + name + ">"
}

// TestWalls_Folders has an organization's administrator put a folder below
// another organization's, and give strangers rights in his own.
func TestWalls_Folders(t *testing.T) {
	w := newTenants(t)
	boss := mpf.Caller{Username: "boss@acme.example"}
	create := func(above, name, trustee string) *mpf.Error {
		return w.as(boss, managedexchange.Name, "CreateFolder", "<folderPath>"+above+"</folderPath><folderName>"+name+"</folderName><owningOrg>LDAP://"+acme+
			`</owningOrg><megabytes>1</megabytes><Permissions><Permission role="Editor">`+trustee+`</Permission></Permissions>`).Err
	}
	before := w.Dump()
	for _, folder := range []string{"/other", "other", `\OTHER\`, "/nowhere"} {
		e := create(folder, "mine", "clerk@acme.example")
		if assert.NotNil(t, e, folder) {
			assert.Equal(t, mpf.FolderUnknown.ID, e.Cause, folder)
		}
	}
	for _, trustee := range []string{
		"stranger@other.example", "nobody@other.example", `FABRIKAM\Administrator`, `FABRIKAM\nobody`, stranger, "LDAP://" + other, w.Attr(stranger, "objectSid")[0],
	} {
		e := create("/acme", "mine", trustee)
		if assert.NotNil(t, e, trustee) {
			assert.Equal(t, mpf.ObjectNotFound.New(trustee).Description, e.Description)
		}
	}
	w.Unchanged(before)
	assert.Nil(t, create("/acme", "mine", "clerk@acme.example"))
}
