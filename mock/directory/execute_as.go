package directory

import (
	"cmp"
	"fmt"
	"strings"

	"wsexchange/mock/state"
)

// Credential is an account that procedures may run as. Its password was checked
// when it was defined and is not kept: this directory asks for none to act as one
// of its own accounts.
type Credential struct {
	ID      int64
	Account *Object // nil if the account is gone
}

// credential is the row of a Credential.
type credential struct {
	ID      int64 `json:"id"`
	Account int64 `json:"account"`
}

// executeAs is a row: a procedure that runs as the account of a credential.
type executeAs struct {
	Namespace  string `json:"namespace"`
	Procedure  string `json:"procedure"`
	Credential int64  `json:"credential"`
}

// executeAsKey is the key of a procedure that runs as another account.
type executeAsKey struct{ namespace, procedure string }

func (r *executeAs) key() executeAsKey { return executeAsKey{r.Namespace, r.Procedure} }

func compareExecuteAs(a, b executeAsKey) int {
	return cmp.Or(strings.Compare(a.namespace, b.namespace), strings.Compare(a.procedure, b.procedure))
}

func (k executeAsKey) text() string { return fmt.Sprintf("%s/%s", k.namespace, k.procedure) }

// DefineCredential makes an account one that procedures may run as. One that is
// so already keeps its number.
func (d Directory) DefineCredential(account *Object) (Credential, error) {
	if _, err := d.row(account); err != nil {
		return Credential{}, err
	}
	next := int64(1)
	for c := range credentials.All(d.tx) {
		if c.Account == account.ID {
			return Credential{ID: c.ID, Account: account}, d.tx.Ready(true)
		}
		next = max(next, c.ID+1)
	}
	err := credentials.Put(d.tx, &credential{ID: next, Account: account.ID})
	return Credential{ID: next, Account: account}, err
}

// RemoveCredential takes a credential away, and with it what ran as its account.
// One that is not there is state.ErrNotFound.
func (d Directory) RemoveCredential(id int64) error {
	if credentials.Get(d.tx, id) == nil {
		return &state.NotFoundError{Kind: "credential", Value: fmt.Sprint(id)}
	}
	for r := range procedureAccounts.All(d.tx) {
		if r.Credential != id {
			continue
		}
		if _, err := procedureAccounts.Delete(d.tx, r.key()); err != nil {
			return err
		}
	}
	_, err := credentials.Delete(d.tx, id)
	return err
}

// Credentials returns the credentials in the order of their numbers.
func (d Directory) Credentials() ([]Credential, error) {
	var found []Credential
	for c := range credentials.All(d.tx) {
		found = append(found, d.credential(c))
	}
	return found, d.tx.Ready(false)
}

func (d Directory) credential(c *credential) Credential {
	one := Credential{ID: c.ID}
	if row := objects.Get(d.tx, c.Account); row != nil {
		one.Account = d.object(row)
	}
	return one
}

// SetExecuteAs makes a procedure run as the account of a credential; 0 ends that.
func (d Directory) SetExecuteAs(namespace, procedure string, id int64) error {
	if id == 0 {
		_, err := procedureAccounts.Delete(d.tx, executeAsKey{namespace, procedure})
		return err
	}
	if credentials.Get(d.tx, id) == nil {
		return &state.NotFoundError{Kind: "credential", Value: fmt.Sprint(id)}
	}
	return procedureAccounts.Put(d.tx, &executeAs{strings.Clone(namespace), strings.Clone(procedure), id})
}

// ExecuteAs returns the credential that a procedure runs with, and whether there
// is one.
func (d Directory) ExecuteAs(namespace, procedure string) (Credential, bool) {
	r := procedureAccounts.Get(d.tx, executeAsKey{namespace, procedure})
	if r == nil {
		return Credential{}, false
	}
	c := credentials.Get(d.tx, r.Credential)
	if c == nil {
		return Credential{}, false
	}
	return d.credential(c), true
}
