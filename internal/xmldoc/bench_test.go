package xmldoc_test

import (
	"encoding/xml"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
)

type enableUser struct {
	Body struct {
		EnableUser struct {
			LDAPPath   string `xml:"ldapPath"`
			Controller string `xml:"preferredDomainController"`
		}
	}
}

type createBusinessUser struct {
	Body struct {
		CreateBusinessUser struct {
			Parameters []struct {
				XMLName xml.Name
				Text    string `xml:",chardata"`
			} `xml:",any"`
		}
	}
}

// BenchmarkParse reads two recorded envelopes, beside what encoding/xml takes
// to unmarshal them into structs.
func BenchmarkParse(b *testing.B) {
	for name, into := range map[string]func() any{
		"enableuser":         func() any { return new(enableUser) },
		"createbusinessuser": func() any { return new(createBusinessUser) },
	} {
		document, err := os.ReadFile("testdata/" + name + ".xml")
		require.NoError(b, err)
		b.Run(name+"/xmldoc", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := xmldoc.ParseBytes(document, xmldoc.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/encoding-xml", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := xml.Unmarshal(document, into()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
