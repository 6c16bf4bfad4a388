package mpf_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

const password = "s3cret-Phrase"

func mustParse(t testing.TB, text string) *xmldoc.Node {
	t.Helper()
	n, err := xmldoc.ParseString(text, xmldoc.Limits{})
	require.NoError(t, err)
	return n
}

var echo = mpf.Target{Namespace: "Test Namespace", Procedure: "Echo"}

// full is a request with everything in it.
const full = `<request><globalData><g/></globalData><data><a b="1">x</a></data><data/>` +
	`<context><securityContext trustee="FABRIKAM\joe" sensitive="1" trusted="2" impersonate="1"><authentication>` +
	`<basic domain="FABRIKAM" username="joe" password="` + password + `"/></authentication></securityContext>` +
	`<clientContext clientTransactionId="id-1" localeID="0x0409"/>` +
	`<queueContext queueId="1:x" retryCount="3" retryInterval="500" retryType="fixed" retryStopOnFailure="0x80070057"` +
	` onFailure="queueToOperator" priority="-51" retainSuccessfulResponses="0"><parentQueue queueId="1:w"/></queueContext></context>` +
	`<procedure><procedureData><p/></procedureData>` +
	`<select name="s" source="data" sourcePath="a" defaultCase="c" ifNullCase=""><where value="" case="d"/></select>` +
	`<try><execute namespace="N" procedure="P" impersonate="1" sensitive="2" trusted="1"><executeData><e>&lt;</e></executeData>` +
	`<forEach name="f" root="data" path="a" ifNull="skip"/><when source="data" sourcePath="a"/><when select="s" case="c"/>` +
	`<repeat source="data" sourcePath="a/@b" ifNull="ignore"/>` +
	`<before source="data" sourcePath="a" destination="executeData" destinationPath="e" mode="insert" ifNull="skip" allowNullTransform="1">` +
	`<xsl:template xmlns:xsl="http://www.w3.org/1999/XSL/Transform" match="/"><xsl:copy/></xsl:template></before>` +
	`<after source="executeData" destination="data" mode="merge" ifNull="ignore"/></execute></try>` +
	`<catch><transform><after source="context" destination="data" mode="replace"/></transform></catch>` +
	`<queue namespace="N" procedure="Q" queueSuspended="0"/></procedure></request>`

func TestParseRequest_ReadsAndWritesEverything(t *testing.T) {
	req, err := mpf.ParseRequest(mustParse(t, full), mpf.Target{})
	require.NoError(t, err)
	assert.Equal(t, full, xmldoc.String(req.Element()))
	assert.Equal(t, password, req.Context.Security.Basic.Password.Reveal())
	assert.Equal(t, mpf.InvalidArg, req.Context.Queue.RetryStopOnFailure)
	assert.Equal(t, mpf.Target{Namespace: "N", Procedure: "P"}, req.MainTarget())
	assert.Nil(t, req.Data[0].Parent, "parts stand alone")
}

func TestParseRequest_ReadsTheSchemaNamespace(t *testing.T) {
	root := mustParse(t, full)
	var into func(*xmldoc.Node)
	into = func(n *xmldoc.Node) {
		if n.NamespaceURI == "" {
			n.NamespaceURI = mpf.SchemaNamespace
		}
		for c := range xmldoc.Elements(n) {
			into(c)
		}
	}
	into(root)
	text := xmldoc.String(root)
	require.Contains(t, text, `<request xmlns="http://maps/specs/prov.xml">`)
	req, err := mpf.ParseRequest(mustParse(t, text), mpf.Target{})
	require.NoError(t, err)
	assert.Equal(t, full, xmldoc.String(req.Element()))
}

func TestParseRequest_WhatTheEngineMakesIsPassedOver(t *testing.T) {
	req, err := mpf.ParseRequest(mustParse(t, `<request><context><transactionContext transactionId="{x}"/><executeContext a="b"/></context></request>`), echo)
	require.NoError(t, err)
	assert.Equal(t, "<request/>", xmldoc.String(req.Element()))
	req, err = mpf.ParseRequest(mustParse(t, `<request><context><queueContext><parentQueue queueID="7"/></queueContext></context></request>`), echo)
	require.NoError(t, err)
	assert.Equal(t, []string{"7"}, req.Context.Queue.Parents, "the reference spells it in two ways")
}

func TestParseRequest_Refuses(t *testing.T) {
	in := func(steps string) string { return "<request><procedure>" + steps + "</procedure></request>" }
	call := func(children string) string {
		return in(`<execute namespace="N" procedure="P">` + children + `</execute>`)
	}
	context := func(children string) string {
		return "<request><context>" + children + "</context><procedure/></request>"
	}
	for name, row := range map[string]struct{ text, want string }{
		"another root":                {`<requests/>`, `the root element is 'requests', not 'request'`},
		"root of another namespace":   {`<request xmlns="urn:x"/>`, `the root element is 'request', not 'request'`},
		"no procedure":                {`<request><data/></request>`, `the element 'procedure' is missing`},
		"unknown element":             {`<request><date/></request>`, `element 'date' is not allowed in 'request'`},
		"data of another namespace":   {`<request><data xmlns="urn:x"/></request>`, `element 'data' is not allowed in 'request'`},
		"two procedures":              {`<request><procedure/><procedure/></request>`, `element 'procedure' is given more than once`},
		"two contexts":                {`<request><context/><context/></request>`, `element 'context' is given more than once`},
		"two globalData":              {`<request><globalData/><globalData/></request>`, `element 'globalData' is given more than once`},
		"text in request":             {`<request>x<procedure/></request>`, `text is not allowed in 'request'`},
		"text in context":             {context(`x`), `text is not allowed in 'context'`},
		"text in procedure":           {in(`x`), `text is not allowed in 'procedure'`},
		"text in execute":             {call(`x`), `text is not allowed in 'execute'`},
		"unknown context":             {context(`<sessionContext/>`), `element 'sessionContext' is not allowed in 'context'`},
		"context twice":               {context(`<clientContext/><clientContext/>`), `element 'clientContext' is given more than once`},
		"unknown client attribute":    {context(`<clientContext id="1"/>`), `attribute 'id' is not allowed in 'clientContext'`},
		"unknown security attribute":  {context(`<securityContext user="1"/>`), `attribute 'user' is not allowed in 'securityContext'`},
		"impersonate out of range":    {context(`<securityContext impersonate="3"/>`), `attribute 'impersonate' of 'securityContext' must be a number from 0 to 2`},
		"unknown security element":    {context(`<securityContext><basic/></securityContext>`), `element 'basic' is not allowed in 'securityContext'`},
		"passport":                    {context(`<securityContext><authentication><passport/></authentication></securityContext>`), `authentication by 'passport' is not supported`},
		"basic twice":                 {context(`<securityContext><authentication><basic username="a"/><basic username="b"/></authentication></securityContext>`), `element 'basic' is given more than once`},
		"basic without name":          {context(`<securityContext><authentication><basic password="x"/></authentication></securityContext>`), `attribute 'username' of 'basic' is missing`},
		"retry count":                 {context(`<queueContext retryCount="-1"/>`), `attribute 'retryCount' of 'queueContext' must be a number from 0 to 65535`},
		"priority":                    {context(`<queueContext priority="high"/>`), `attribute 'priority' of 'queueContext' must be a number from -32768 to 32767`},
		"retry stop":                  {context(`<queueContext retryStopOnFailure="0xg"/>`), `retryStopOnFailure: result code "0xg" is not a 32 bit number`},
		"on failure":                  {context(`<queueContext onFailure="stop"/>`), `attribute 'onFailure' of 'queueContext' is 'stop', allowed are continue, queueToOperator`},
		"retain":                      {context(`<queueContext retainSuccessfulResponses="2"/>`), `attribute 'retainSuccessfulResponses' of 'queueContext' is '2', allowed are 0, 1, false, true`},
		"parent without id":           {context(`<queueContext><parentQueue/></queueContext>`), `attribute 'queueId' of 'parentQueue' is missing`},
		"unknown queue element":       {context(`<queueContext><parent/></queueContext>`), `element 'parent' is not allowed in 'queueContext'`},
		"unknown step":                {in(`<call/>`), `element 'call' is not allowed in 'procedure'`},
		"procedureData twice":         {in(`<procedureData/><procedureData/>`), `element 'procedureData' is given more than once`},
		"procedureData in try":        {in(`<try><procedureData/></try><catch/>`), `element 'procedureData' is not allowed in 'try'`},
		"catch alone":                 {in(`<catch/>`), `a 'catch' must follow its 'try'`},
		"try alone":                   {in(`<try/>`), `a 'try' must be followed by its 'catch'`},
		"something before its catch":  {in(`<try/><transform/><catch/>`), `a 'try' must be followed by its 'catch'`},
		"second catch":                {in(`<try/><catch/><catch/>`), `a 'catch' must follow its 'try'`},
		"execute without namespace":   {in(`<execute procedure="P"/>`), `attribute 'namespace' of 'execute' is missing`},
		"execute without procedure":   {in(`<execute namespace="N"/>`), `attribute 'procedure' of 'execute' is missing`},
		"transform with a procedure":  {in(`<transform procedure="P"/>`), `attribute 'procedure' is not allowed in 'transform'`},
		"execute suspended":           {in(`<execute namespace="N" procedure="P" queueSuspended="1"/>`), `attribute 'queueSuspended' is not allowed in 'execute'`},
		"queue suspended":             {in(`<queue namespace="N" procedure="P" queueSuspended="2"/>`), `attribute 'queueSuspended' of 'queue' is '2', allowed are 0, 1`},
		"trusted":                     {in(`<execute namespace="N" procedure="P" trusted="yes"/>`), `attribute 'trusted' of 'execute' must be a number from 0 to 2`},
		"executeData twice":           {call(`<executeData/><executeData/>`), `element 'executeData' is given more than once`},
		"unknown child of a call":     {call(`<during/>`), `element 'during' is not allowed in 'execute'`},
		"forEach without name":        {call(`<forEach root="data"/>`), `attribute 'name' of 'forEach' is missing`},
		"forEach ifNull":              {call(`<forEach name="f" root="data" ifNull="no"/>`), `attribute 'ifNull' of 'forEach' is 'no', allowed are fail, skip, ignore`},
		"repeat without source":       {call(`<repeat/>`), `attribute 'source' of 'repeat' is missing`},
		"when with both":              {call(`<when source="data" select="s" case="c"/>`), `'when' needs either 'source' or 'select'`},
		"when with neither":           {call(`<when/>`), `'when' needs either 'source' or 'select'`},
		"when without case":           {call(`<when select="s"/>`), `'when' has 'case' with 'select', and 'sourcePath' with 'source'`},
		"when with a lost case":       {call(`<when source="data" case="c"/>`), `'when' has 'case' with 'select', and 'sourcePath' with 'source'`},
		"before without destination":  {call(`<before source="data"/>`), `attribute 'destination' of 'before' is missing`},
		"before mode":                 {call(`<before source="data" destination="data" mode="copy"/>`), `attribute 'mode' of 'before' is 'copy', allowed are insert, merge, replace, move`},
		"after skip":                  {call(`<after source="data" destination="data" ifNull="skip"/>`), `attribute 'ifNull' of 'after' is 'skip', allowed are fail, ignore`},
		"after with another child":    {call(`<after source="data" destination="data"><template/></after>`), `element 'template' is not allowed in 'after'`},
		"select without name":         {in(`<select source="data"/>`), `attribute 'name' of 'select' is missing`},
		"where without case":          {in(`<select name="s" source="data"><where value="1"/></select>`), `attribute 'case' of 'where' is missing`},
		"unknown child of a select":   {in(`<select name="s" source="data"><when/></select>`), `element 'when' is not allowed in 'select'`},
		"step of another namespace":   {in(`<execute xmlns="urn:x" namespace="N" procedure="P"/>`), `element 'execute' is not allowed in 'procedure'`},
		"child of another namespace":  {call(`<executeData xmlns="urn:x"/>`), `element 'executeData' is not allowed in 'execute'`},
		"attribute twice in two ways": {context(`<queueContext><parentQueue queueId="1" x="2"/></queueContext>`), `attribute 'x' is not allowed in 'parentQueue'`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mpf.ParseRequest(mustParse(t, row.text), mpf.Target{})
			refused := new(mpf.Error)
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, mpf.RequestMalformedCode, refused.Code)
			assert.Equal(t, "The request is not valid: "+row.want+". [E-REQUEST]", refused.Description)
			assert.True(t, mpf.RequestMalformed.Is(refused))
		})
	}
}

func TestParseRequest_SimpleRefuses(t *testing.T) {
	_, err := mpf.ParseRequest(mustParse(t, `<request><procedure/></request>`), echo)
	require.ErrorContains(t, err, "a simple request cannot bring a 'procedure'")
	_, err = mpf.ParseRequest(mustParse(t, `<request><context><securityContext><authentication><basic username="a"/></authentication></securityContext></context></request>`), echo)
	refused := new(mpf.Error)
	require.ErrorAs(t, err, &refused)
	assert.True(t, mpf.CredentialsInSimple.Is(refused))
}

func TestRequest_LogTellsNoSecret(t *testing.T) {
	req, err := mpf.ParseRequest(mustParse(t, full), mpf.Target{})
	require.NoError(t, err)
	req.Data[0] = mustParse(t, "<data><password>"+password+"</password></data>")
	resp := &mpf.Response{Data: req.Data[0], Err: mpf.PasswordRefused.New()}
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("x", "request", req, "security", req.Context.Security, "basic", req.Context.Security.Basic, "response", resp, "error", resp.Err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		_, _ = fmt.Fprintf(&out, verb+"\n", req.Context.Security.Basic)
		_, _ = fmt.Fprintf(&out, verb+"\n", mpf.Caller{Username: "joe", Password: secret.New(password)})
	}
	assert.NotContains(t, out.String(), password)
	assert.Contains(t, out.String(), "N::P")
	assert.Contains(t, out.String(), "id-1")
	assert.Contains(t, out.String(), "0x800708c5")
}

func TestRedact(t *testing.T) {
	const text = `<data><path>p</path><newPassword>` + password + `</newPassword><x do-not-log="1">` + password + `<y>` + password + `</y></x>` +
		`<basic username="joe" password="` + password + `"/><property name="unicodePwd"><value>` + password + `</value></property>` +
		`<property name="l">Köln</property></data>`
	n := mustParse(t, text)
	assert.Equal(t, `<data><path>p</path><newPassword>[redacted]</newPassword><x do-not-log="1">[redacted]</x>`+
		`<basic username="joe" password="[redacted]"/><property name="unicodePwd">[redacted]</property><property name="l">Köln</property></data>`,
		xmldoc.String(mpf.Redact(n)))
	assert.Equal(t, text, xmldoc.String(n), "the original stays")
	assert.Nil(t, mpf.Redact(nil))
}

func TestMainTarget(t *testing.T) {
	assert.Equal(t, "Test Namespace::Echo", mpf.Simple(echo, nil).MainTarget().String())
	for steps, want := range map[string]mpf.Target{
		``:             {},
		`<transform/>`: {},
		`<transform/><try><transform/><execute namespace="A" procedure="B"/></try><catch/>`: {Namespace: "A", Procedure: "B"},
		`<queue namespace="A" procedure="B"/><execute namespace="C" procedure="D"/>`:        {Namespace: "A", Procedure: "B"},
	} {
		req, err := mpf.ParseRequest(mustParse(t, "<request><procedure>"+steps+"</procedure></request>"), mpf.Target{})
		require.NoError(t, err)
		assert.Equal(t, want, req.MainTarget(), steps)
	}
}

func TestCaller_TravelsInTheContext(t *testing.T) {
	_, ok := mpf.CallerFrom(t.Context())
	assert.False(t, ok)
	caller, ok := mpf.CallerFrom(mpf.WithCaller(t.Context(), mpf.Caller{Username: "joe"}))
	assert.True(t, ok)
	assert.Equal(t, "joe", caller.Username)
}
