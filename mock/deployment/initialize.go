package deployment

import (
	"context"
	"fmt"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// Names of the initialisers, as the guide has them.
const (
	ExchangeOrganization = "Microsoft Exchange: Organization"
	ADForHosting         = "Managed Helpers: InitializeADforHosting"
	NamespaceSecurity    = "Managed Helpers: InitializeNamespaceSecurity"
	PlanDatabase         = "Managed Helpers: InitializePlanDatabase"
	HostedExchange       = "Hosted Exchange: InitializeHostedExchange"
)

// Input is what an administrator chooses. Controller is required; other empty
// texts are what is there already, else the defaults of the original.
type Input struct {
	Controller string // preferred domain controller
	Hosting    string // name of the hosting organization; Hosting by default
	Exchange   string // name of the Exchange organization; First Organization by default
}

// Step is an initialiser.
type Step struct {
	Name      string
	Procedure mpf.Target
	arguments func(Input) []*xmldoc.Node
}

// defaultExchange is the name that Exchange's setup offers.
const defaultExchange = "First Organization"

var steps = []Step{
	{ExchangeOrganization, mpf.Target{Namespace: "Exchange System Manager", Procedure: "CreateOrganization"}, func(in Input) []*xmldoc.Node {
		if in.Exchange == "" {
			in.Exchange = defaultExchange
		}
		return []*xmldoc.Node{xmldoc.TextElement("name", in.Exchange)}
	}},
	{ADForHosting, mpf.Target{Namespace: "Managed Helpers", Procedure: "InitializeADforHosting"}, func(in Input) []*xmldoc.Node {
		return []*xmldoc.Node{xmldoc.TextElement("hostingOU", in.Hosting)}
	}},
	{NamespaceSecurity, mpf.Target{Namespace: "Managed Helpers", Procedure: "InitializeNamespaceSecurity"}, nil},
	{PlanDatabase, mpf.Target{Namespace: "Managed Helpers", Procedure: "InitializePlanDatabase"}, nil},
	{HostedExchange, mpf.Target{Namespace: "Hosted Exchange", Procedure: "InitializeHostedExchange"}, nil},
}

// Steps returns the initialisers in the order of the guide.
func Steps() []Step { return append([]Step(nil), steps...) }

// Request returns the request that runs the initialiser.
func (s Step) Request(in Input) *mpf.Request {
	data := xmldoc.Element(mpf.DocumentData, xmldoc.TextElement("preferredDomainController", in.Controller))
	if s.arguments != nil {
		for _, argument := range s.arguments(in) {
			xmldoc.Append(data, argument)
		}
	}
	return mpf.Simple(s.Procedure, data)
}

// Initialize runs the initialisers in their order, each as a request of its own,
// and calls done after each. It ends with the first that fails; what was done
// before stays, and it may run again at any time.
func Initialize(ctx context.Context, engine mpf.Submitter, in Input, done func(Step, error)) error {
	for _, s := range steps {
		answer, err := engine.Submit(ctx, s.Request(in))
		if err == nil && answer.Err != nil {
			err = answer.Err
		}
		done(s, err)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return nil
}
