package engine

import (
	"slices"

	"wsexchange/mpf"
)

// checker looks a request through before anything runs.
type checker struct {
	engine  *Engine
	paths   paths
	selects map[string]bool // declared so far
	writes  bool
}

// check refuses what can be known to be wrong before the first step: targets
// that do not exist or are private, sources and aliases that name nothing,
// paths that are no XPath, templates. It tells whether the request may write.
func (e *Engine) check(req *mpf.Request, p paths) (writes bool, err error) {
	c := &checker{engine: e, paths: p, selects: make(map[string]bool)}
	switch {
	case len(req.Data) > 1:
		err = mpf.RequestMalformed.New("only a queued request may have several 'data' elements")
	case !req.Target.IsZero() && req.Procedure != nil:
		err = mpf.RequestMalformed.New("a simple request cannot bring a 'procedure'")
	case !req.Target.IsZero() && req.Context.Security != nil && req.Context.Security.Basic != nil:
		err = mpf.CredentialsInSimple.New()
	case !req.Target.IsZero():
		err = c.target(req.Target)
	case req.Procedure == nil:
		err = mpf.RequestMalformed.New("the element 'procedure' is missing")
	default:
		err = c.steps(req.Procedure.Steps)
	}
	return c.writes, err
}

func (c *checker) target(t mpf.Target) error {
	row, refused := c.engine.lookup(t)
	if refused == nil && row.Access != Public {
		refused = mpf.ProcedurePrivate.New(t.Procedure, t.Namespace)
	}
	if refused != nil {
		return refused.Through(mpf.Source(t))
	}
	c.writes = c.writes || row.Type == Write
	return nil
}

func (c *checker) steps(steps []mpf.Step) error {
	for _, s := range steps {
		var err error
		switch {
		case s.Call != nil:
			err = c.call(s.Call)
		case s.Select != nil:
			err = c.choice(s.Select)
		case s.Try != nil:
			if err = c.steps(s.Try.Body); err == nil {
				err = c.steps(s.Try.Catch)
			}
		default:
			err = mpf.RequestMalformed.New("a step is empty")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) choice(s *mpf.Select) error {
	if err := c.document(s.Source, "select", []string{mpf.DocumentData, mpf.DocumentProcedureData, mpf.DocumentContext}); err != nil {
		return err
	}
	c.selects[s.Name] = true
	return c.paths.compile(s.SourcePath, false)
}

func (c *checker) call(call *mpf.Call) error {
	if call.Kind != mpf.Transform {
		if err := c.target(call.Target); err != nil {
			return err
		}
		c.writes = c.writes || call.Kind == mpf.Queue
	}
	aliases, err := c.loops(call)
	if err != nil {
		return err
	}
	outer := slices.Concat([]string{mpf.DocumentData, mpf.DocumentProcedureData, mpf.DocumentContext}, aliases)
	for _, w := range call.When {
		if err := c.when(w, outer); err != nil {
			return err
		}
	}
	for _, r := range call.Repeat {
		if err := c.document(r.Source, "repeat", outer); err != nil {
			return err
		}
		if err := c.paths.compile(r.SourcePath, false); err != nil {
			return err
		}
	}
	inner := append(outer, mpf.DocumentExecuteData)
	for _, t := range slices.Concat(call.Before, call.After) {
		if err := c.transfer(t, inner); err != nil {
			return err
		}
	}
	return nil
}

// loops checks the forEach elements and gives their aliases.
func (c *checker) loops(call *mpf.Call) ([]string, error) {
	var aliases []string
	for _, f := range call.ForEach {
		roots := append([]string{mpf.DocumentData, mpf.DocumentProcedureData}, aliases...)
		if err := c.document(f.Root, "forEach", roots); err != nil {
			return nil, err
		}
		taken := append([]string{mpf.DocumentContext, mpf.DocumentExecuteData, ""}, roots...)
		if slices.Contains(taken, f.Name) {
			return nil, mpf.RequestMalformed.New("the name '" + f.Name + "' of a 'forEach' is taken already")
		}
		if err := c.paths.compile(f.Path, true); err != nil {
			return nil, err
		}
		aliases = append(aliases, f.Name)
	}
	return aliases, nil
}

func (c *checker) when(w mpf.When, documents []string) error {
	if w.Select != "" {
		if !c.selects[w.Select] {
			return mpf.RequestMalformed.New("'when' refers to the select '" + w.Select + "', which is not evaluated before it")
		}
		return nil
	}
	if err := c.document(w.Source, "when", documents); err != nil {
		return err
	}
	return c.paths.compile(w.SourcePath, false)
}

func (c *checker) transfer(t mpf.Transfer, documents []string) error {
	if len(t.Templates) > 0 {
		return mpf.TransformRefused.New("this engine does not run XSL templates")
	}
	if err := c.document(t.Source, "source", documents); err != nil {
		return err
	}
	if err := c.document(t.Destination, "destination", documents); err != nil {
		return err
	}
	if err := c.paths.compile(t.SourcePath, true); err != nil {
		return err
	}
	return c.paths.compile(t.DestinationPath, true)
}

func (c *checker) document(name, where string, allowed []string) error {
	if slices.Contains(allowed, name) {
		return nil
	}
	return mpf.RequestMalformed.New("'" + name + "', named by a '" + where + "', is no document that it can use")
}
