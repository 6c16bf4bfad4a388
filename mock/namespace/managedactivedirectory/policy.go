package managedactivedirectory

import (
	"strings"

	"wsexchange/mock/namespace/organization"
)

// policy is a row: what an organization of a type is made of. F230.
type policy struct {
	name string
	// orgType is the object below WatOrgTypes that the organization names as
	// its type, "" for none.
	orgType string
	groups  []policyGroup
	// users are the well-known groups of the organization that its users are
	// members of.
	users []string
}

// policyGroup is a group that an organization gets.
type policyGroup struct {
	prefix    string // before @ and the organization's name
	sam       string // the same of the account name
	wkName    string // how the organization names it
	private   bool   // in CN=_Private
	parentOwn string // well-known group of the organization above that it joins, "" for none
}

var (
	admins       = policyGroup{prefix: "Admins", sam: "A", wkName: organization.UserCreators}
	csrAdmins    = policyGroup{prefix: "CSRAdmins", sam: "CA", wkName: organization.ChildOrgCreators}
	allCustomers = policyGroup{prefix: "AllCustomers", sam: "AC", wkName: organization.AllCustomers, private: true}
	allUsers     = policyGroup{
		prefix: "AllUsers", sam: "AU", wkName: organization.AllUsersGroup, private: true,
		parentOwn: organization.AllCustomers,
	}
)

// policies is the table; the first is the default.
var policies = []policy{
	{name: "default", groups: []policyGroup{admins, allUsers}},
	{
		name: "hosting", orgType: organization.Hosting, groups: []policyGroup{admins, csrAdmins, allCustomers, allUsers},
		users: []string{organization.AllUsersGroup},
	},
	{
		name: "reseller", orgType: organization.Reseller, groups: []policyGroup{admins, csrAdmins, allCustomers, allUsers},
		users: []string{organization.AllUsersGroup},
	},
	{name: "customer", groups: []policyGroup{admins, allUsers}, users: []string{organization.AllUsersGroup}},
}

func policyNames() []string {
	names := make([]string, 0, len(policies))
	for _, p := range policies {
		names = append(names, p.name)
	}
	return names
}

// policyOf gives the policy of a name that the engine found in the table, the
// default one for none.
func policyOf(name string) policy {
	for _, p := range policies {
		if strings.EqualFold(p.name, name) {
			return p
		}
	}
	return policies[0]
}
