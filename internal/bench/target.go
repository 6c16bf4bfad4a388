package bench

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"wsexchange/adapter"
	"wsexchange/adapter/auth"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// The call: what the panel's SOAP stack sends to enable a user.
const (
	Path    = "/MPSWS/HostedExchange.asmx"
	user    = "LDAP://CN=jsmith@acme.example,OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	Message = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><EnableUser xmlns="http://provisioning.microsoft.com/webservices"><ldapPath>` + user + `</ldapPath><preferredDomainController>dc1.fabrikam.com</preferredDomainController></EnableUser></soapenv:Body></soapenv:Envelope>`
)

// The account that the gateway with authentication lets in.
const (
	login    = `FABRIKAM\hsadmin`
	password = "correct horse"
)

// Header gives the headers of the call, credentials included.
func Header() http.Header {
	r := http.Request{Header: http.Header{
		"Content-Type": {"text/xml; charset=utf-8"},
		"Soapaction":   {`"http://provisioning.microsoft.com/webservices/EnableUser"`},
	}}
	r.SetBasicAuth(login, password)
	return r.Header
}

// WriteLua writes the script by which wrk sends the call.
func WriteLua(w io.Writer) error {
	var b strings.Builder
	b.WriteString("wrk.method = \"POST\"\n")
	fmt.Fprintf(&b, "wrk.body = [==[%s]==]\n", Message)
	for name, values := range Header() {
		fmt.Fprintf(&b, "wrk.headers[%q] = [==[%s]==]\n", name, values[0])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Plain reads and answers with encoding/xml and nothing else.
func Plain(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Body struct {
			EnableUser struct {
				LDAPPath                  string `xml:"ldapPath"`
				PreferredDomainController string `xml:"preferredDomainController"`
			} `xml:"http://provisioning.microsoft.com/webservices EnableUser"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = xml.Unmarshal(body, &in)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var result, out bytes.Buffer
	result.WriteString("<response><data><path>")
	_ = xml.EscapeText(&result, []byte(in.Body.EnableUser.LDAPPath))
	result.WriteString("</path><preferredDomainController>")
	_ = xml.EscapeText(&result, []byte(in.Body.EnableUser.PreferredDomainController))
	result.WriteString("</preferredDomainController></data></response>")
	out.WriteString(`<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><EnableUserResponse xmlns="http://provisioning.microsoft.com/webservices"><EnableUserResult>`)
	_ = xml.EscapeText(&out, result.Bytes())
	out.WriteString(`</EnableUserResult></EnableUserResponse></soap:Body></soap:Envelope>`)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	_, _ = w.Write(out.Bytes()) // the client may have gone
}

// Gateway gives the gateway's handler as it is in service, but for a submitter
// that answers at once. The log goes to the writer, as JSON.
func Gateway(log io.Writer, authenticate bool) (http.Handler, error) {
	config := adapter.Config{
		Submitter: instant(), BaseDN: ldappath.MustParseDN("DC=fabrikam,DC=com"),
		Logger: slog.New(slog.NewJSONHandler(log, nil)), Registerer: prometheus.NewRegistry(),
	}
	if authenticate {
		gate, err := auth.New(auth.Config{Authenticator: auth.AuthenticatorFunc(known)})
		if err != nil {
			return nil, fmt.Errorf("gate: %w", err)
		}
		config.Gate = gate
	}
	return adapter.New(config)
}

// instant answers at once, always the same.
func instant() mpf.Submitter {
	data := xmldoc.Element("data", xmldoc.TextElement("path", user), xmldoc.TextElement("preferredDomainController", "dc1.fabrikam.com"))
	return mpf.SubmitterFunc(func(context.Context, *mpf.Request) (*mpf.Response, error) {
		return &mpf.Response{Data: data}, nil
	})
}

// known lets in the one account.
func known(_ context.Context, pair auth.Credentials) (auth.Identity, error) {
	if pair.Login() != login || pair.Password.Reveal() != password {
		return auth.Identity{}, auth.Refused(auth.ReasonOther)
	}
	return auth.Identity{Domain: pair.Domain, Username: pair.Username}, nil
}
