package directory

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// testClock is where the clock of test directories stands.
var testClock = time.Date(2004, 5, 6, 7, 8, 9, 0, time.UTC)

const (
	testSID      = SID("S-1-5-21-1004336348-1177238915-682003330")
	testPassword = "Right-1234"
)

var (
	testBase     = ldappath.MustParseDN("DC=fabrikam,DC=com")
	testReseller = ldappath.MustParseDN("OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com")
	testExchange = ldappath.MustParseDN("CN=Fabrikam,CN=Services,CN=Configuration,DC=fabrikam,DC=com")
)

// counted gives GUIDs that count up.
func counted() func() [16]byte {
	var n uint64
	return func() (g [16]byte) {
		n++
		binary.BigEndian.PutUint64(g[:8], n)
		binary.BigEndian.PutUint64(g[8:], n*0x9E3779B97F4A7C15)
		return g
	}
}

// testEnv is an environment with a clock that stands and counted GUIDs.
func testEnv() state.Env {
	env := state.Env{Now: func() time.Time { return testClock }, NewGUID: counted()}
	NewPasswords(bcrypt.MinCost).Into(&env)
	return env
}

// content is a directory that tests write in several transactions.
type content struct {
	root *state.Root
	env  state.Env
}

// newContent makes the small domain that tests work in.
func newContent(tb testing.TB) *content {
	tb.Helper()
	schema, err := state.NewSchema(append(Tables(), state.Counters())...)
	require.NoError(tb, err)
	c := &content{root: schema.Root(), env: testEnv()}
	require.NoError(tb, c.update(func(tx *state.Tx) error {
		makeDomain(tb, In(tx))
		return nil
	}))
	return c
}

func (c *content) update(fn func(*state.Tx) error) error {
	tx := c.root.Begin(c.env)
	if err := fn(tx); err != nil {
		return err
	}
	c.root = tx.Root(c.root.Revision() + 1)
	return nil
}

func (c *content) view(fn func(*state.Tx) error) error { return fn(c.root.Read(c.env)) }

// begin returns the directory in a transaction that is dropped.
func (c *content) begin() Directory { return In(c.root.Begin(c.env)) }

// updating returns a new small domain in a transaction that is dropped.
func updating(tb testing.TB) Directory {
	tb.Helper()
	return newContent(tb).begin()
}

// branch is an object of the small domain with what is below it.
type branch struct {
	class, name string
	attributes  Attributes
	below       []branch
}

func plant(tb testing.TB, d Directory, parent *Object, all ...branch) {
	tb.Helper()
	for _, b := range all {
		class, ok := LookupClass(b.class)
		require.True(tb, ok, b.class)
		plant(tb, d, mustCreate(tb, d, parent.DN.Child(class.RDN, b.name), b.class, b.attributes...), b.below...)
	}
}

func makeDomain(tb testing.TB, d Directory) {
	tb.Helper()
	root, err := d.CreateDomainRoot(testBase, "FABRIKAM", testSID)
	require.NoError(tb, err)
	require.NoError(tb, d.SetPasswordPolicy(DefaultPasswordPolicy()))
	plant(
		tb, d, root, branch{class: "builtinDomain", name: "Builtin"}, branch{class: "container", name: "Users"},
		branch{class: "container", name: "Computers"},
		branch{"organizationalUnit", ControllersOU, nil, []branch{
			{"computer", "DC1", Attributes{value(KindSAM, "DC1$"), value("dNSHostName", "dc1.fabrikam.com"), value(primaryGroupID, "516")}, nil},
			{"computer", "DC2", Attributes{value(KindSAM, "DC2$"), value("dNSHostName", "dc2.fabrikam.com"), value(primaryGroupID, "516")}, nil},
		}},
		branch{"organizationalUnit", "Hosting", nil, []branch{{"organizationalUnit", "Reseller1", nil, nil}}},
	)
	makeGroups(tb, d)
	makeConfiguration(tb, d)
	require.NoError(tb, d.SetSetting(settingHosting, testReseller.Parent().String()))
	require.NoError(tb, d.SetSetting(settingExchange, testExchange.String()))
}

func makeGroups(tb testing.TB, d Directory) {
	tb.Helper()
	for _, g := range []struct {
		container, name, above string
		sid                    SID
	}{
		{"Builtin", "Administrators", "", "S-1-5-32-544"},
		{"Builtin", "Users", "", "S-1-5-32-545"},
		{"Users", "Domain Admins", "Administrators", testSID.Child(512)},
		{"Users", "Domain Users", "Users", testSID.Child(513)},
	} {
		made, err := d.CreateWithSID(testBase.Child("CN", g.container).Child("CN", g.name), "group", Attributes{value(KindSAM, g.name)}, g.sid)
		require.NoError(tb, err)
		if g.above != "" {
			above, err := d.BySAM(g.above)
			require.NoError(tb, err)
			require.NoError(tb, d.AddMember(above, made))
		}
	}
	reseller := mustGet(tb, d, testReseller)
	for sam, guid := range map[string]string{"A@": WellKnownUserCreators, "AU@": WellKnownAllUsers, "CA@": WellKnownChildOrgCreators} {
		made := mustCreate(tb, d, testReseller.Child("CN", sam+"Reseller1"), "group", value(KindSAM, sam+"Reseller1"))
		require.NoError(tb, d.SetWellKnown(reseller, guid, made))
	}
	admin := mustCreate(tb, d, testBase.Child("CN", "Users").Child("CN", "hsadmin"), "user", value(KindSAM, "hsadmin"),
		value(KindUPN, "hsadmin@fabrikam.com"), value("userAccountControl", "66048"))
	require.NoError(tb, d.SetPassword(admin, testPassword))
	mustCreate(tb, d, testBase.Child("CN", "Users").Child("CN", "MPFServiceAcct"), "user", value(KindSAM, "MPFServiceAcct"))
}

func makeConfiguration(tb testing.TB, d Directory) {
	tb.Helper()
	configuration, err := d.CreateRoot(testBase.Child("CN", "Configuration"), "configuration")
	require.NoError(tb, err)
	plant(tb, d, configuration, branch{"container", "Services", nil, []branch{
		{"msExchOrganizationContainer", "Fabrikam", Attributes{value("legacyExchangeDN", "/o=Fabrikam")}, []branch{
			{"msExchExchangeServer", "EX1", nil, []branch{{"msExchInformationStore", "InformationStore", nil, []branch{
				{"msExchPrivateMDB", "Store1", nil, nil}, {"msExchPrivateMDB", "Store2", nil, nil},
			}}}},
			{"msExchAddressListsContainer", "Lists", nil, []branch{
				{"addressBookContainer", "All", nil, nil}, {"msExchOAB", "Offline", nil, nil},
			}},
		}},
	}})
}

func mustCreate(tb testing.TB, d Directory, dn ldappath.DN, class string, attributes ...Attribute) *Object {
	tb.Helper()
	o, err := d.Create(dn, class, attributes)
	require.NoError(tb, err)
	return o
}

func mustGet(tb testing.TB, d Directory, dn ldappath.DN) *Object {
	tb.Helper()
	o, err := d.Get(dn)
	require.NoError(tb, err)
	return o
}

// dump writes all rows of a transaction's content.
func dump(tb require.TestingT, tx *state.Tx) string {
	var text bytes.Buffer
	require.NoError(tb, tx.Fork().Root(0).Rows(func(table, key string, value []byte) error {
		_, err := fmt.Fprintln(&text, table, key, string(value))
		return err
	}))
	return text.String()
}

// sameDump compares dumps and shows the first line that differs.
func sameDump(tb assert.TestingT, want, got string) {
	if want == got {
		return
	}
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(wants), len(gots)) {
		if !assert.Equal(tb, wants[i], gots[i], "line %d of the dump", i+1) {
			return
		}
	}
	assert.Len(tb, gots, len(wants), "lines of the dump")
}
