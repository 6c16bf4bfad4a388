package errorprovider

import (
	"cmp"
	"log/slog"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// longestText is how long an error's text may be, in characters: longer than
// other texts, for refusing it would lose the error.
const longestText = 16384

// Name is the name of the namespace.
const Name = "Error Provider"

// Config is what the namespace needs beside the engine. The zero value works.
type Config struct {
	// Translations is the map of TranslateProvisioningError and
	// TranslateUserError; nil means that there is none, which fails each
	// translation.
	Translations Translations
	// MustHandleError says what becomes of an error that the map does not have:
	// true makes it E_FAIL, false leaves it what it was. It goes before what a
	// request says; nil leaves it to the request.
	MustHandleError *bool
	// Events is the log that ReportEvent writes to; nil means the engine's.
	Events *slog.Logger
}

// Namespace gives the namespace without translations.
func Namespace() engine.Namespace { return New(Config{}) }

// New gives the namespace with a configuration.
func New(cfg Config) engine.Namespace {
	code, description := engine.Argument{Name: "hr", Type: engine.Text}, engine.Argument{Name: "desc", Type: engine.Text, Max: longestText}
	required := func(a engine.Argument) engine.Argument { a.Required = true; return a }
	optional := []engine.Argument{
		{Name: "locId", Type: engine.Text},
		{Name: "errorSet", Type: engine.Text},
		{Name: "mustHandleError", Type: engine.Boolean},
	}
	return engine.Namespace{
		Name: Name, Provider: "Provisioning.MPFError.1", Description: "Raises, translates and reports errors.",
		Procedures: []engine.Procedure{
			{
				Name: "SetError", Type: engine.Read, Access: engine.Public, Fidelity: engine.Documented, Run: setError,
				Summary:   "Fails with a code and a text; the error being handled goes on if it has the code already.",
				Arguments: []engine.Argument{required(code), required(description)},
			},
			{
				Name: "TranslateProvisioningError", Type: engine.Read, Access: engine.Public, Fidelity: engine.Documented,
				Run: cfg.translateProvisioningError, Reraises: true, Summary: "Fails with the translation of the error being handled.",
				Arguments: append([]engine.Argument{{Name: "errorMessageContext", Type: engine.Text, Required: true}}, optional...),
			},
			{
				Name: "TranslateUserError", Type: engine.Read, Access: engine.Public, Fidelity: engine.Inferred,
				Run: cfg.translateUserError, Reraises: true, Summary: "Fails with the text and code of an entry in the map.",
				Arguments: append([]engine.Argument{{Name: "errorMessageCode", Type: engine.Text, Required: true}}, optional...),
			},
			{
				Name: "ReportEvent", Type: engine.Read, Access: engine.Public, Fidelity: engine.Documented, Run: cfg.reportEvent,
				Summary:   "Writes an event to the program's log.",
				Arguments: []engine.Argument{code, {Name: "source", Type: engine.Text}, {Name: "parameters", Type: engine.Tree}},
			},
		},
	}
}

// failure reads a code that is one of a failure.
func failure(c *engine.Call, name string) (mpf.HRESULT, error) {
	code, err := mpf.ParseHRESULT(c.Text(name))
	if err != nil {
		return 0, mpf.ArgumentInvalid.New(name, err.Error())
	}
	if !code.Failed() {
		return 0, mpf.ArgumentInvalid.New(name, code.String()+" is not the code of a failure")
	}
	return code, nil
}

// setError raises the error. Code and text given replace those of an error
// that is being handled only if the code differs (F256).
func setError(c *engine.Call) error {
	code, err := failure(c, "hr")
	if err != nil {
		return err
	}
	if held := c.ErrorContext(); held != nil && held.Code == code {
		return held
	}
	return &mpf.Error{Code: code, Description: c.Text("desc")}
}

func (cfg Config) translateProvisioningError(c *engine.Call) error {
	held := c.ErrorContext()
	if held == nil {
		return mpf.NoErrorToTranslate.New()
	}
	return cfg.raise(c, c.Text("errorMessageContext")+"|"+held.Code.String(), held)
}

func (cfg Config) translateUserError(c *engine.Call) error {
	id := c.Text("errorMessageCode")
	return cfg.raise(c, id, &mpf.Error{Code: mpf.Fail, Description: id})
}

// raise fails with the entry of the map. Without one, an error that must be
// handled becomes E_FAIL, and another stays what it was (F257).
func (cfg Config) raise(c *engine.Call, id string, held *mpf.Error) error {
	if entry, ok := cfg.Translations.find(id); ok {
		code := entry.Code
		if code == 0 {
			code = held.Code
		}
		return &mpf.Error{Code: code, Description: entry.Message}
	}
	if cfg.Translations != nil && !cfg.mustHandle(c) {
		return &mpf.Error{Code: held.Code, Description: held.Description, Cause: held.Cause}
	}
	return mpf.TranslationMapMissing.New(id)
}

// mustHandle tells whether an error without translation becomes E_FAIL, which
// it does unless somebody says otherwise.
func (cfg Config) mustHandle(c *engine.Call) bool {
	switch {
	case cfg.MustHandleError != nil:
		return *cfg.MustHandleError
	case c.Text("mustHandleError") != "":
		return c.Boolean("mustHandleError")
	}
	return true
}

// What an event is that does not say it (F260).
const (
	defaultSource = "Provisioning"
	defaultCode   = "E_MPF_GENERIC_ERROR"
)

func (cfg Config) reportEvent(c *engine.Call) error {
	code := defaultCode
	if c.Text("hr") != "" {
		given, err := mpf.ParseHRESULT(c.Text("hr"))
		if err != nil {
			return mpf.ArgumentInvalid.New("hr", err.Error())
		}
		code = given.String()
	}
	var parameters []string
	if n := c.Node("parameters"); n != nil {
		for p := range xmldoc.Children(n, "parameter") {
			parameters = append(parameters, strings.TrimSpace(xmldoc.Text(p)))
		}
	}
	log := cfg.Events
	if log == nil {
		log = c.Logger()
	}
	log.LogAttrs(c.Context(), slog.LevelWarn, "event", slog.String("source", cmp.Or(c.Text("source"), defaultSource)),
		slog.String("transaction", c.TransactionID()), slog.String("code", code), slog.Any("parameters", parameters))
	return nil
}
