package errorprovider

import (
	"log/slog"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// Name is the name of the namespace.
const Name = "Error Provider"

// Config is what the namespace needs beside the engine. The zero value works.
type Config struct {
	// Translations is the map of TranslateProvisioningError and
	// TranslateUserError; nil means that there is none, which fails each
	// translation.
	Translations Translations
	// Events is the log that ReportEvent writes to; nil means the engine's.
	Events *slog.Logger
}

// Namespace gives the namespace without translations.
func Namespace() engine.Namespace { return New(Config{}) }

// New gives the namespace with a configuration.
func New(cfg Config) engine.Namespace {
	code, description := engine.Argument{Name: "hr", Type: engine.Text}, engine.Argument{Name: "desc", Type: engine.Text}
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
				Run: cfg.translateProvisioningError, Summary: "Fails with the translation of the error being handled.",
				Arguments: append([]engine.Argument{{Name: "errorMessageContext", Type: engine.Text, Required: true}}, optional...),
			},
			{
				Name: "TranslateUserError", Type: engine.Read, Access: engine.Public, Fidelity: engine.Inferred,
				Run: cfg.translateUserError, Summary: "Fails with the text and code of an entry in the map.",
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
	if cfg.Translations != nil && c.Text("mustHandleError") != "" && !c.Boolean("mustHandleError") {
		return &mpf.Error{Code: held.Code, Description: held.Description, Cause: held.Cause}
	}
	return mpf.TranslationMapMissing.New(id)
}

// defaultSource is the source of events that name none.
const defaultSource = "Provisioning"

func (cfg Config) reportEvent(c *engine.Call) error {
	attributes := []slog.Attr{slog.String("source", defaultSource), slog.String("transaction", c.TransactionID())}
	if source := c.Text("source"); source != "" {
		attributes[0] = slog.String("source", source)
	}
	if c.Text("hr") != "" {
		code, err := mpf.ParseHRESULT(c.Text("hr"))
		if err != nil {
			return mpf.ArgumentInvalid.New("hr", err.Error())
		}
		attributes = append(attributes, slog.String("code", code.String()))
	}
	var parameters []string
	if n := c.Node("parameters"); n != nil {
		for p := range xmldoc.Children(n, "parameter") {
			parameters = append(parameters, strings.TrimSpace(xmldoc.Text(p)))
		}
	}
	attributes = append(attributes, slog.Any("parameters", parameters))
	log := cfg.Events
	if log == nil {
		log = c.Logger()
	}
	log.LogAttrs(c.Context(), slog.LevelWarn, "event", attributes...)
	return nil
}
