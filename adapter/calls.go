package adapter

import "wsexchange/mpf"

// Call tells what an operation calls. SubmitMpsRequest has no Target: the
// caller names it.
type Call struct {
	Service   string
	Operation string
	Target    mpf.Target
	// Elements are the executeData elements that the operation can fill.
	Elements []string
}

// Calls lists the calls of all operations.
func Calls() []Call {
	var calls []Call
	for _, t := range tables {
		for _, r := range t.rows {
			c := Call{Service: t.service, Operation: r.name}
			for _, p := range r.parameters {
				if len(p.to.elements) > 0 {
					c.Elements = append(c.Elements, p.to.elements[0])
				}
			}
			if t.namespace != "" {
				c.Target = mpf.Target{Namespace: t.namespace, Procedure: r.name}
			}
			calls = append(calls, c)
		}
	}
	return calls
}
