package directory

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// published is Microsoft's schema of Active Directory, as Samba has it.
const published = "/usr/share/samba/setup/ad-schema/MS-AD_Schema_2K8_Attributes.txt"

// TestCatalog_HasWhatTheSchemaSays compares with the published schema.
func TestCatalog_HasWhatTheSchemaSays(t *testing.T) {
	raw, err := os.ReadFile(published)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") != "true" {
		t.Skip("Samba's copy of the schema is not installed")
	}
	require.NoError(t, err)
	var want []string
	for entry := range strings.SplitSeq(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n\n") {
		name := regexp.MustCompile(`(?i)(?m)^lDAPDisplayName: (\S+)$`).FindStringSubmatch(entry)
		if name == nil {
			continue
		}
		if _, known := numberOf(name[1]); known && strings.Contains(entry, "isMemberOfPartialAttributeSet: TRUE") {
			want = append(want, name[1])
		}
	}
	require.Greater(t, len(want), 30)
	for _, name := range catalogStandard {
		if !slices.Contains(want, name) {
			t.Errorf("%s is not among %v", name, want)
		}
	}
	assert.Subset(t, catalogStandard, want)
}

func TestFilter_InCatalog(t *testing.T) {
	d := updating(t)
	mustCreate(t, d, testReseller.Child("CN", "ann"), "user", value("comment", "x"), value("mail", "ann@x.example"))
	for filter, want := range map[string]int{
		"(mail=ann@x.example)": 1, "(comment=x)": 0, "(!(comment=x))": 0, "(|(comment=x)(mail=ann*))": 1, "(&(comment=x)(mail=ann*))": 0,
		"(!(comment=*))": 0, "(unknown=*)": 0,
	} {
		f, err := ParseFilter(filter)
		require.NoError(t, err)
		found, _, err := d.Search(Query{Base: testReseller, Scope: ScopeSubtree, Filter: f.InCatalog()})
		require.NoError(t, err)
		assert.Len(t, found, want, filter)
	}
	comment, err := LookupAttribute("comment")
	require.NoError(t, err)
	assert.False(t, comment.InCatalog())
}
