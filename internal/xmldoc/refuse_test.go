package xmldoc_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
)

func TestParse_Refuses(t *testing.T) {
	for name, row := range map[string]struct{ text, want string }{
		"empty":                        {"", `there is no root element, at byte 0`},
		"white space only":             {" \n", `there is no root element, at byte 2`},
		"declaration only":             {`<?xml version="1.0"?>`, `there is no root element, at byte 21`},
		"text only":                    {"x", `there is text outside the root element, at byte 1`},
		"text before the root":         {"x<a/>", `there is text outside the root element, at byte 1`},
		"text after the root":          {"<a/>x", `there is text outside the root element, at byte 5`},
		"CDATA after the root":         {"<a/><![CDATA[ ]]>", `there is text outside the root element, at byte 4`},
		"second root":                  {"<a/><b/>", `there is a second root element, at byte 8`},
		"doctype":                      {`<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, `document type declarations are not allowed, at byte 0`},
		"doctype after a declaration":  {`<?xml version="1.0"?> <!DOCTYPE a><a/>`, `document type declarations are not allowed, at byte 22`},
		"doctype cut off":              {`<!DOCTYPE a [`, `document type declarations are not allowed, at byte 0`},
		"doctype in the root":          {`<a><!DOCTYPE a></a>`, `document type declarations are not allowed, at byte 3`},
		"doctype in lower case":        {`<!doctype a><a/>`, `document type declarations are not allowed, at byte 0`},
		"entity declaration":           {`<!ENTITY a "b"><a/>`, `document type declarations are not allowed, at byte 0`},
		"instruction before the root":  {`<?a b?><a/>`, `processing instructions are not allowed, at byte 0`},
		"instruction in the root":      {`<a><?b c?></a>`, `processing instructions are not allowed, at byte 3`},
		"instruction after the root":   {`<a/><?b?>`, `processing instructions are not allowed, at byte 4`},
		"style sheet":                  {`<?xml-stylesheet href="a"?><a/>`, `processing instructions are not allowed, at byte 0`},
		"declaration after a space":    {` <?xml version="1.0"?><a/>`, `there is white space before the XML declaration, at byte 1`},
		"declaration after lines":      {"\r\n\t\n<?xml version='1.0'?><a/>", `there is white space before the XML declaration, at byte 4`},
		"declaration after a comment":  {` <!-- --> <?xml version="1.0"?><a/>`, `an XML declaration is allowed at the beginning of the document only, at byte 10`},
		"second declaration":           {`<?xml version="1.0"?><?xml version="1.0"?><a/>`, `an XML declaration is allowed at the beginning of the document only, at byte 21`},
		"declaration in the root":      {`<a><?xml version="1.0"?></a>`, `an XML declaration is allowed at the beginning of the document only, at byte 3`},
		"declaration after the root":   {`<a/><?xml version="1.0"?>`, `an XML declaration is allowed at the beginning of the document only, at byte 4`},
		"XML 1.1":                      {`<?xml version="1.1"?><a/>`, `only XML 1.0 is supported, at byte 21`},
		"attribute twice":              {`<a b="1" b="2"/>`, `attribute "b" is given twice, at byte 16`},
		"attribute by two prefixes":    {`<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>`, `attribute "q:b" is given twice, at byte 44`},
		"declaration of prefix twice":  {`<a xmlns:p="u" xmlns:p="v"/>`, `attribute "xmlns:p" is given twice, at byte 28`},
		"default namespace twice":      {`<a xmlns="u" xmlns="v"/>`, `attribute "xmlns" is given twice, at byte 24`},
		"prefix of an element":         {`<p:a/>`, `prefix "p" is not declared, at byte 6`},
		"prefix of an attribute":       {`<a p:b="1"/>`, `prefix "p" is not declared, at byte 12`},
		"prefix of a sibling":          {`<a><b xmlns:p="u"/><p:c/></a>`, `prefix "p" is not declared, at byte 25`},
		"prefix xmlns of an element":   {`<xmlns:a/>`, `prefix "xmlns" is not declared, at byte 10`},
		"prefix undeclared":            {`<a xmlns:p=""/>`, `prefix "p" cannot be declared so, at byte 15`},
		"prefix xmlns declared":        {`<a xmlns:xmlns="u"/>`, `prefix "xmlns" cannot be declared so, at byte 20`},
		"prefix xml moved":             {`<a xmlns:xml="u"/>`, `prefix "xml" cannot be declared so, at byte 18`},
		"namespace of xml moved":       {`<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>`, `prefix "p" cannot be declared so, at byte 51`},
		"namespace of xmlns":           {`<a xmlns:p="http://www.w3.org/2000/xmlns/"/>`, `prefix "p" cannot be declared so, at byte 44`},
		"default namespace of xml":     {`<a xmlns="http://www.w3.org/XML/1998/namespace"/>`, `the default namespace cannot be declared so, at byte 49`},
		"two colons":                   {`<p:a:b xmlns:p="u"/>`, `expected element name after <, at byte 6`},
		"colon in front":               {`<:a/>`, `name ":a" has a colon out of place, at byte 5`},
		"colon behind":                 {`<a b:="1"/>`, `name "b:" has a colon out of place, at byte 11`},
		"name that begins with digit":  {`<1a/>`, `a name is not valid, at byte 3`},
		"not closed":                   {`<a><b></b>`, `element "a" is not closed, at byte 10`},
		"closed as another":            {`<a><b></a></b>`, `element "b" is closed as "a", at byte 10`},
		"closed by another prefix":     {`<p:a xmlns:p="u" xmlns:q="u"></q:a>`, `element "p:a" is closed as "q:a", at byte 35`},
		"closed too often":             {`<a/></a>`, `end of element "a" without its start, at byte 8`},
		"end tag with attribute":       {`<a></a b="1">`, `an end tag is not closed, at byte 8`},
		"tag cut off":                  {`<a b="1"`, `unexpected EOF, at byte 8`},
		"attribute without quotes":     {`<a b=1/>`, `unquoted or missing attribute value in element, at byte 6`},
		"attribute without value":      {`<a b/>`, `attribute name without = in element, at byte 5`},
		"less-than in an attribute":    {`<a b="<"/>`, `unescaped < inside quoted string, at byte 7`},
		"bare ampersand":               {`<a>secret&word</a>`, `a character or entity reference is malformed, at byte 14`},
		"ampersand alone":              {`<a>a & b</a>`, `a character or entity reference is malformed, at byte 6`},
		"unknown entity":               {`<a>&nbsp;</a>`, `a character or entity reference is malformed, at byte 9`},
		"reference without semicolon":  {`<a>&#65</a>`, `a character or entity reference is malformed, at byte 7`},
		"reference without number":     {`<a>&#;</a>`, `a character or entity reference is malformed, at byte 6`},
		"reference with capital X":     {`<a>&#X41;</a>`, `a character or entity reference is malformed, at byte 5`},
		"reference beyond Unicode":     {`<a>&#x110000;</a>`, `a character or entity reference is malformed, at byte 13`},
		"reference to a surrogate":     {`<a>&#xD800;</a>`, `a character or entity reference is malformed, at byte 3`},
		"reference to one in decimal":  {`<a b="&#57343;"/>`, `a character or entity reference is malformed, at byte 6`},
		"reference with many zeros":    {`<a>&#x00000000041;</a>`, `a character or entity reference is malformed, at byte 3`},
		"reference to NUL":             {`<a>&#0;</a>`, `illegal character code U+0000, at byte 7`},
		"reference to a control":       {`<a>&#x1;</a>`, `illegal character code U+0001, at byte 8`},
		"reference to a noncharacter":  {`<a>&#xFFFF;</a>`, `illegal character code U+FFFF, at byte 11`},
		"control character":            {"<a>\x01</a>", `illegal character code U+0001, at byte 4`},
		"control in an attribute":      {"<a b='\x1f'/>", `illegal character code U+001F, at byte 8`},
		"control in CDATA":             {"<a><![CDATA[\x00]]></a>", `illegal character code U+0000, at byte 16`},
		"control in a comment":         {"<a><!--\x00--></a>", `a comment holds what is no character, at byte 3`},
		"bad UTF-8":                    {"<a>\xff</a>", `invalid UTF-8, at byte 4`},
		"bad UTF-8 in a comment":       {"<a><!--\xff--></a>", `a comment holds what is no character, at byte 3`},
		"bad UTF-8 in a name":          {"<a\xff/>", `a name is not valid, at byte 3`},
		"overlong UTF-8":               {"<a>\xc0\xbc</a>", `invalid UTF-8, at byte 5`},
		"surrogate in UTF-8":           {"<a>\xed\xa0\x80</a>", `invalid UTF-8, at byte 6`},
		"two hyphens in a comment":     {"<a><!-- -- --></a>", `invalid sequence "--" not allowed in comments, at byte 11`},
		"comment cut off":              {"<a><!-- ", `unexpected EOF, at byte 8`},
		"end of CDATA in text":         {"<a>]]></a>", `unescaped ]]> not in CDATA section, at byte 6`},
		"CDATA cut off":                {"<a><![CDATA[x</a>", `unexpected EOF in CDATA section, at byte 17`},
		"other marked section":         {"<a><![INCLUDE[x]]></a>", `invalid <![ sequence, at byte 7`},
		"white space before a name":    {"< a/>", `expected element name after <, at byte 1`},
		"UTF-16 declared only":         {`<?xml version="1.0" encoding="utf-16"?><a/>`, `the document declares UTF-16 but is not UTF-16, at byte 39`},
		"unknown encoding":             {`<?xml version="1.0" encoding="koi8-r"?><a/>`, `encoding "koi8-r" is not supported, at byte 39`},
		"UTF-32 big endian":            {"\x00\x00\xfe\xff\x00\x00\x00<", `UTF-32 is not supported, at byte 0`},
		"UTF-32 little endian":         {"\xff\xfe\x00\x00<\x00\x00\x00", `UTF-32 is not supported, at byte 0`},
		"second byte order mark":       {"\xef\xbb\xbf\xef\xbb\xbf<a/>", `there is text outside the root element, at byte 3`},
		"UTF-16 of odd length":         {wide("<a/>", false) + "x", `the document is not valid UTF-16, at byte 8`},
		"UTF-16 with half a character": {"<\x00a\x00>\x00\x00\xd8<\x00/\x00a\x00>\x00", `the document is not valid UTF-16, at byte 6`},
		"UTF-16 that ends in half":     {"<\x00a\x00/\x00>\x00\x00\xd8", `the document is not valid UTF-16, at byte 8`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := xmldoc.ParseBytes([]byte(row.text), xmldoc.Limits{})
			require.Error(t, err)
			assert.Equal(t, "XML refused: "+row.want, err.Error())
			refused := new(xmldoc.Error)
			require.ErrorAs(t, err, &refused)
			assert.Contains(t, xmldoc.Rules(), refused.Rule)
			_, slowly := xmldoc.Parse(iotest.OneByteReader(strings.NewReader(row.text)), "", xmldoc.Limits{})
			assert.Equal(t, err, slowly, "one byte at a time")
		})
	}
}

// TestParse_ErrorsTellNoText holds that a password glued into a document
// without escaping does not come back in the error.
func TestParse_ErrorsTellNoText(t *testing.T) {
	for _, password := range []string{"s3cret&hidden", "s3cret&hidden;", "s3cret<1hidden", "s3cret\x01hidden", "s3cret]]>hidden", "s3cret</ hidden"} {
		_, err := xmldoc.ParseString("<password>"+password+"</password>", xmldoc.Limits{})
		require.Error(t, err, password)
		assert.NotContains(t, err.Error(), "s3cret")
		assert.NotContains(t, err.Error(), "hidden")
	}
}

func TestParse_Limits(t *testing.T) {
	limits := xmldoc.Limits{Bytes: 400, Depth: 3, Elements: 5, Attributes: 3, TotalAttributes: 5, Name: 8, Value: 10, Text: 20}
	for name, row := range map[string]struct {
		good, bad   string
		rule        string
		limit, seen int64
		offset      int64
	}{
		"bytes":            {padded(400), padded(401), xmldoc.RuleBytes, 400, 401, 400},
		"depth":            {"<a><a><a/></a></a>", "<a><a><a><a/></a></a></a>", xmldoc.RuleDepth, 3, 4, 13},
		"elements":         {"<a><b/><b/><b/><b/></a>", "<a><b/><b/><b/><b/><b/></a>", xmldoc.RuleElements, 5, 6, 23},
		"attributes":       {"<a b='' c='' d=''/>", "<a b='' c='' d='' e=''/>", xmldoc.RuleAttributes, 3, 4, 24},
		"declarations":     {"<a xmlns='u' c='' d=''/>", "<a xmlns='u' xmlns:x='u' d='' e=''/>", xmldoc.RuleAttributes, 3, 4, 36},
		"total attributes": {"<a b='' c='' d=''><a b='' c=''/></a>", "<a b='' c='' d=''><a b='' c='' d=''/></a>", xmldoc.RuleTotalAttributes, 5, 6, 37},
		"element name":     {"<abcdefgh/>", "<abcdefghi/>", xmldoc.RuleName, 8, 9, 12},
		"attribute name":   {"<a abcdefgh=''/>", "<a abcdefghi=''/>", xmldoc.RuleName, 8, 9, 17},
		"prefixed name":    {"<abcdef:h xmlns:ab='u' xmlns:x='u'/>", "<abcdefg:h xmlns:x='u'/>", xmldoc.RuleName, 8, 9, 24},
		"value":            {"<a b='1234567890'/>", "<a b='12345678901'/>", xmldoc.RuleValue, 10, 11, 20},
		"escaped value":    {"<a b='123456789&amp;'/>", "<a b='1234567890&amp;'/>", xmldoc.RuleValue, 10, 11, 24},
		"text":             {"<a>12345678901234567890</a>", "<a>123456789012345678901</a>", xmldoc.RuleText, 20, 21, 24},
		"escaped text":     {"<a>1234567890123456789&lt;</a>", "<a>12345678901234567890&lt;</a>", xmldoc.RuleText, 20, 21, 27},
		"text in pieces":   {"<a>1234567890<!-- -->1234567890</a>", "<a>1234567890<!-- -->1234567890<![CDATA[1]]></a>", xmldoc.RuleText, 20, 21, 44},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "prefixed name" {
				_, err := xmldoc.ParseString(row.good, limits)
				require.NoError(t, err)
			}
			_, err := xmldoc.ParseString(row.bad, limits)
			want := &xmldoc.Error{Rule: row.rule, Limit: row.limit, Seen: row.seen, Offset: row.offset}
			require.Equal(t, want, err)
			assert.Equal(t, fmt.Sprintf("XML refused: limit %q is %d, seen %d, at byte %d", row.rule, row.limit, row.seen, row.offset), err.Error())
		})
	}
}

// TestParse_StopsBeforeTheTokenIsWhole holds that a token that can never pass
// is not read to its end.
func TestParse_StopsBeforeTheTokenIsWhole(t *testing.T) {
	for name, row := range map[string]struct{ begin, repeat, rule string }{
		"text":                {"<a>", "x", xmldoc.RuleText},
		"comment":             {"<a><!--", "x", xmldoc.RuleText},
		"CDATA":               {"<a><![CDATA[", "<", xmldoc.RuleText},
		"element name":        {"<a", "x", xmldoc.RuleName},
		"end tag":             {"<a></a", "x", xmldoc.RuleName},
		"attribute name":      {"<a b='' ", "x", xmldoc.RuleName},
		"attribute value":     {"<a b='", "x", xmldoc.RuleValue},
		"attributes":          {"<a", " b='1'", xmldoc.RuleAttributes},
		"blanks in a tag":     {"<a", " ", xmldoc.RuleBytes},
		"white space":         {"<a/>", " ", xmldoc.RuleText},
		"document type":       {"<!DOCTYPE", "<", xmldoc.RuleDoctype},
		"instruction":         {"<?x", "x", xmldoc.RuleInstruction},
		"declaration":         {"<?xml", " ", xmldoc.RuleText},
		"entity":              {"<a>&", "a", xmldoc.RuleText},
		"number":              {"<a>&#", "1", xmldoc.RuleSyntax},
		"elements":            {"<a>", "<b/>", xmldoc.RuleElements},
		"nesting":             {"<a>", "<b>", xmldoc.RuleDepth},
		"attributes over all": {"<a>", "<b c='1' d='1' e='1'/>", xmldoc.RuleTotalAttributes},
	} {
		t.Run(name, func(t *testing.T) {
			source := &endless{text: row.repeat}
			_, err := xmldoc.Parse(io.MultiReader(strings.NewReader(row.begin), source), "", xmldoc.Limits{})
			refused := new(xmldoc.Error)
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, row.rule, refused.Rule)
			assert.LessOrEqual(t, source.given, int64(4<<20+8192))
		})
	}
}

func TestParse_Encodings(t *testing.T) {
	const text = "<a>Zoë €😀</a>"
	const latin = "<a>Zo\xeb</a>"
	for name, row := range map[string]struct{ document, charset, want string }{
		"UTF-8":                               {text, "", "Zoë €😀"},
		"UTF-8 by the transport":              {text, "UTF-8", "Zoë €😀"},
		"UTF-8 with mark":                     {"\xef\xbb\xbf" + text, "", "Zoë €😀"},
		"UTF-8 with mark and declaration":     {"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>" + text, "", "Zoë €😀"},
		"the mark beats the transport":        {"\xef\xbb\xbf" + text, "iso-8859-1", "Zoë €😀"},
		"the transport beats the declaration": {`<?xml version="1.0" encoding="iso-8859-1"?>` + text, "utf-8", "Zoë €😀"},
		"UTF-16 declared, UTF-8 transported":  {`<?xml version="1.0" encoding="utf-16"?>` + text, "utf-8", "Zoë €😀"},
		"UTF-16 LE with mark":                 {"\xff\xfe" + wide(text, true), "", "Zoë €😀"},
		"UTF-16 BE with mark":                 {"\xfe\xff" + wide(text, false), "", "Zoë €😀"},
		"UTF-16 LE without mark":              {wide(text, true), "", "Zoë €😀"},
		"UTF-16 BE without mark":              {wide(text, false), "", "Zoë €😀"},
		"UTF-16 LE by the transport":          {wide(" "+text, true), "utf-16le", "Zoë €😀"},
		"UTF-16 by the transport":             {wide(" "+text, false), "utf-16", "Zoë €😀"},
		"UTF-16 with declaration":             {"\xff\xfe" + wide(`<?xml version="1.0" encoding="utf-16"?>`+text, true), "", "Zoë €😀"},
		"UTF-16 that declares UTF-8":          {"\xff\xfe" + wide(`<?xml version="1.0" encoding="utf-8"?>`+text, true), "", "Zoë €😀"},
		"ISO-8859-1 declared":                 {`<?xml version="1.0" encoding="ISO-8859-1"?>` + latin, "", "Zoë"},
		"ISO-8859-1 by the transport":         {latin, "iso-8859-1", "Zoë"},
		"windows-1252 declared":               {`<?xml version="1.0" encoding="windows-1252"?>` + "<a>Zo\xeb \x80</a>", "", "Zoë €"},
		"windows-1252 by the transport":       {"<a>Zo\xeb \x80</a>", "Windows-1252", "Zoë €"},
		"us-ascii declared":                   {`<?xml version="1.0" encoding="us-ascii"?><a>x</a>`, "", "x"},
		"declared in single quotes":           {`<?xml version='1.0' encoding='windows-1252' standalone='yes'?>` + latin, "", "Zoë"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{
				strings.NewReader(row.document), iotest.OneByteReader(strings.NewReader(row.document)),
				iotest.DataErrReader(strings.NewReader(row.document)),
			} {
				root, err := xmldoc.Parse(r, row.charset, xmldoc.Limits{})
				require.NoError(t, err)
				assert.Equal(t, row.want, xmldoc.Text(root))
			}
		})
	}
	for name, row := range map[string]struct{ document, charset, want string }{
		"unknown charset":                  {text, "koi8-r", `character set "koi8-r" is not supported`},
		"charset with control characters":  {text, "a\nb", `character set "a?b" is not supported`},
		"UTF-16 in a UTF-8 transport":      {wide("<a/>", true), "utf-8", `expected element name after <`},
		"UTF-8 in a UTF-16 transport":      {"<a>x</a>", "utf-16", `there is text outside the root element`},
		"ISO-8859-1 in a UTF-8 transport":  {latin, "utf-8", "invalid UTF-8"},
		"windows-1252 that is not UTF-8":   {latin, "", "invalid UTF-8"},
		"an encoding of another character": {`<?xml version="1.0" encoding="x` + strings.Repeat("y", 100) + `"?><a/>`, "", `encoding "x` + strings.Repeat("y", 63) + `..." is not supported`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := xmldoc.Parse(strings.NewReader(row.document), row.charset, xmldoc.Limits{})
			require.Error(t, err)
			assert.Contains(t, err.Error(), row.want)
		})
	}
}

func TestParse_ReaderFails(t *testing.T) {
	broken := errors.New("connection reset")
	for _, text := range []string{"", "<", "<a>", "<a>" + strings.Repeat("x", 9000), "<a/>"} {
		_, err := xmldoc.Parse(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), "", xmldoc.Limits{})
		require.ErrorIs(t, err, broken)
		assert.False(t, errors.As(err, new(*xmldoc.Error)), "a broken connection is no refusal")
	}
	_, err := xmldoc.Parse(io.MultiReader(strings.NewReader("\xff\xfe<\x00"), iotest.ErrReader(broken)), "", xmldoc.Limits{})
	require.ErrorIs(t, err, broken)
	_, err = xmldoc.Parse(stuck{}, "", xmldoc.Limits{})
	require.ErrorIs(t, err, io.ErrNoProgress)
}

func TestParse_ReferencesAcrossReads(t *testing.T) {
	for at := 4070; at < 4100; at++ {
		_, err := xmldoc.ParseString("<a>"+strings.Repeat("x", at-3)+"&#xD801;</a>", xmldoc.Limits{})
		require.Equal(t, &xmldoc.Error{Rule: xmldoc.RuleSyntax, Offset: int64(at), Detail: "a character or entity reference is malformed"}, err)
		root, err := xmldoc.ParseString("<a>"+strings.Repeat("x", at-3)+"&#x10FFFF;<b><?xml-no</a>", xmldoc.Limits{})
		require.Nil(t, root)
		require.ErrorContains(t, err, "processing instructions are not allowed, at byte "+fmt.Sprint(at+13))
		root, err = xmldoc.ParseString("<a>"+strings.Repeat("x", at-3)+"&#x10FFFF;</a>", xmldoc.Limits{})
		require.NoError(t, err)
		assert.Equal(t, at-3+4, len(xmldoc.Text(root)))
	}
}

func TestParse_LongUTF16(t *testing.T) {
	want := strings.Repeat("€x😀", 5000)
	for shift := range 4 {
		root, err := xmldoc.Parse(strings.NewReader("\xff\xfe"+wide("<a>"+strings.Repeat(".", shift)+want+"</a>", true)), "", xmldoc.Limits{})
		require.NoError(t, err)
		assert.Equal(t, want, xmldoc.Text(root)[shift:])
	}
}

func TestDefaultLimits(t *testing.T) {
	assert.Equal(t, xmldoc.Limits{
		Bytes: 4 << 20, Depth: 64, Elements: 10_000, Attributes: 64, TotalAttributes: 20_000, Name: 256, Value: 4 << 10, Text: 1 << 20,
	}, xmldoc.DefaultLimits())
}

// endless repeats a text.
type endless struct {
	text  string
	given int64
}

func (e *endless) Read(b []byte) (int, error) {
	n := 0
	for n+len(e.text) <= len(b) {
		n += copy(b[n:], e.text)
	}
	if n == 0 {
		n = copy(b, e.text)
		e.text = e.text[n:] + e.text[:n]
	}
	e.given += int64(n)
	return n, nil
}

// stuck gives neither bytes nor an error.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func padded(size int) string {
	const frame = "<a>12345678901234567890</a>"
	return strings.Replace(frame, "</a", "</a"+strings.Repeat(" ", size-len(frame)), 1)
}

// wide writes text in UTF-16 without a byte order mark.
func wide(text string, little bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if little {
			b = append(b, byte(u), byte(u>>8))
		} else {
			b = append(b, byte(u>>8), byte(u))
		}
	}
	return string(b)
}
