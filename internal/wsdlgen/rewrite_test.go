package wsdlgen

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const gowsdlOutput = `package p

type Create struct {
	XMLName xml.Name ` + "`" + `xml:"urn:n Create"` + "`" + `

	Name string ` + "`" + `xml:"name,omitempty" json:"name,omitempty"` + "`" + `

	NewPassword string ` + "`" + `xml:"newPassword,omitempty" json:"newPassword,omitempty"` + "`" + `

	Xml struct {

	} ` + "`" + `xml:"xml,omitempty" json:"xml,omitempty"` + "`" + `

	Flag bool ` + "`" + `xml:"flag,omitempty" json:"flag,omitempty"` + "`" + `

	Count int32 ` + "`" + `xml:"count,omitempty" json:"count,omitempty"` + "`" + `
}
`

func TestRewrite_Fields(t *testing.T) {
	got, err := rewrite("p", gowsdlOutput)
	require.NoError(t, err)
	body := string(got[strings.Index(string(got), "type Create"):])
	assert.Equal(t, strings.Join([]string{
		"type Create struct {",
		"\tXMLName     xml.Name        `xml:\"urn:n Create\"`",
		"\tName        *string         `xml:\"name,omitempty\"`",
		"\tNewPassword *string         `xml:\"newPassword,omitempty\" json:\"-\"`",
		"\tXml         *client.AnyType `xml:\"xml,omitempty\"`",
		"\tFlag        bool            `xml:\"flag\"`",
		"\tCount       int32           `xml:\"count\"`",
		"}",
		"",
	}, "\n"), body)
}

func TestRewrite_KeepsOneVariantOfAnOperation(t *testing.T) {
	got, err := rewrite("p", `package p
type PSoap interface {
	Create(request *Create) error
	CreateContext(ctx context.Context, request *Create) error
}
func (service *pSoap) CreateContext(ctx context.Context, request *Create) error {
	return service.client.CallContext(ctx, "a", request, nil)
}
func (service *pSoap) Create(request *Create) error {
	return service.CreateContext(context.Background(), request)
}
`)
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(got), "Create(ctx context.Context, request *Create) error"))
	assert.Contains(t, string(got), `service.client.Call(ctx, "a", request, nil)`)
	assert.NotContains(t, string(got), "context.Background")
	assert.NotContains(t, string(got), "CreateContext")
}

func TestRewrite_RefusesBrokenCode(t *testing.T) {
	_, err := rewrite("p", "package p\ntype {")
	assert.ErrorContains(t, err, "code of gowsdl")
}
