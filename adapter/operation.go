package adapter

import (
	"errors"
	"fmt"
	"strings"

	"wsexchange/mpf"
	"wsexchange/wsdl"
)

// table is the rows of one service.
type table struct {
	service   string
	namespace string
	rows      []row
}

var tables = []table{hostedExchange, exchangeResourceManager, managedActiveDirectory, mpsGeneral}

// service is a table joined with the contract.
type service struct {
	contract   wsdl.Service
	operations map[string]*operation
}

// operation is a row joined with the contract.
type operation struct {
	service  string
	contract wsdl.Operation
	target   mpf.Target
	value    place
	// wire has the parameters by position, build the same and the constants in
	// the order of executeData.
	wire  []parameter
	types []wsdl.Type
	build []step
	// exact finds positions by name, folded by lower-case name or alias.
	exact  map[string]int
	folded map[string]int
	blob   bool
	// secrets names the elements of executeData that hold a password.
	secrets []string
}

// step is one entry of build: a position in wire, or -1 with a constant.
type step struct {
	position  int
	parameter parameter
}

// compile joins the tables with the contract: each operation needs one row and
// each parameter one place in it.
func compile(tables []table, contract []wsdl.Service) ([]*service, error) {
	if len(tables) != len(contract) {
		return nil, fmt.Errorf("%d tables for %d services", len(tables), len(contract))
	}
	services := make([]*service, 0, len(contract))
	for _, c := range contract {
		s := &service{contract: c, operations: make(map[string]*operation, len(c.Operations))}
		for _, t := range tables {
			if t.service != c.Name {
				continue
			}
			if err := s.take(t); err != nil {
				return nil, err
			}
		}
		for _, op := range c.Operations {
			if s.operations[op.Name] == nil {
				return nil, fmt.Errorf("%s: operation %s has no row", c.Name, op.Name)
			}
		}
		services = append(services, s)
	}
	return services, nil
}

// take adds the operations of a table's rows.
func (s *service) take(t table) error {
	for _, r := range t.rows {
		op, err := join(t, r, s.contract)
		if err != nil {
			return fmt.Errorf("%s, row %s: %w", t.service, r.name, err)
		}
		if s.operations[r.name] != nil {
			return fmt.Errorf("%s, row %s is there twice", t.service, r.name)
		}
		s.operations[r.name] = op
	}
	return nil
}

func join(t table, r row, c wsdl.Service) (*operation, error) {
	contract, ok := c.Operation(r.name)
	if !ok {
		return nil, errors.New("the contract has no such operation")
	}
	n := len(contract.Parameters)
	op := &operation{
		service: c.Name, contract: contract, value: r.value,
		target: mpf.Target{Namespace: t.namespace, Procedure: r.name},
		wire:   make([]parameter, n), types: make([]wsdl.Type, n),
		exact: make(map[string]int, n), folded: make(map[string]int, 2*n),
	}
	for _, p := range r.parameters {
		if err := op.add(p); err != nil {
			return nil, err
		}
	}
	for i, p := range contract.Parameters {
		if op.wire[i].name == "" {
			return nil, fmt.Errorf("parameter %s has no place", p.Name)
		}
	}
	if returnsValue := contract.ErrorReturn && contract.Result == wsdl.String; returnsValue != (len(r.value.elements) > 0) {
		return nil, fmt.Errorf("a value is returned: %v, the row has a place for it: %v", returnsValue, !returnsValue)
	}
	return op, op.foldNames()
}

func (op *operation) add(p parameter) error {
	if p.kind == kindConstant {
		op.build = append(op.build, step{position: -1, parameter: p})
		return nil
	}
	declared, i, ok := op.contract.Parameter(p.name)
	switch {
	case !ok:
		return fmt.Errorf("the contract has no parameter %s", p.name)
	case op.wire[i].name != "":
		return fmt.Errorf("parameter %s is there twice", p.name)
	case !suits(p.kind, declared.Type):
		return fmt.Errorf("parameter %s is a %s", p.name, declared.Type)
	}
	op.wire[i], op.types[i], op.exact[p.name] = p, declared.Type, i
	op.build = append(op.build, step{position: i, parameter: p})
	op.blob = op.blob || p.kind == kindBlob
	if p.secret {
		op.secrets = append(op.secrets, p.to.elements[0])
	}
	return nil
}

func suits(k kind, t wsdl.Type) bool {
	switch k {
	case kindFlag, kindCredentials:
		return t == wsdl.Boolean
	case kindFragment:
		return t == wsdl.String || t == wsdl.XML
	case kindBlob:
		return t == wsdl.XML
	}
	return t == wsdl.String
}

// foldNames enters names, then aliases. A shared alias that is the name of
// another parameter of the operation means that parameter.
func (op *operation) foldNames() error {
	for i, p := range op.wire {
		key := strings.ToLower(p.name)
		if _, taken := op.folded[key]; taken {
			return fmt.Errorf("parameter %s differs from another in case only", p.name)
		}
		op.folded[key] = i
	}
	for i, p := range op.wire {
		for _, alias := range p.aliases {
			key := strings.ToLower(alias)
			j, taken := op.folded[key]
			if taken && j != i && !strings.EqualFold(op.wire[j].name, alias) {
				return fmt.Errorf("alias %s means both %s and %s", alias, op.wire[i].name, op.wire[j].name)
			}
			if !taken {
				op.folded[key] = i
			}
		}
	}
	return nil
}
