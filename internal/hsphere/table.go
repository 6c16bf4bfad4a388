package hsphere

import "slices"

// kind is the name of a type in type_name.
type kind string

const (
	kindOrganization kind = "bizorg"
	kindUser         kind = "bizuser"
	kindMailStore    kind = "mailstore"
	kindPublicStore  kind = "pubstore"
	kindDomain       kind = "domain"
	kindList         kind = "distribution_list"
	kindContact      kind = "exchange_contact"
	kindFolder       kind = "public_folder"
)

// kinds are the types whose rows of parent_child are read.
var kinds = []kind{kindOrganization, kindUser, kindMailStore, kindPublicStore, kindDomain, kindList, kindContact, kindFolder}

// table is one to read: rows with an id, which is that of a child of an
// organization. Its columns are in lower case, as PostgreSQL folds them.
type table struct {
	name    string
	kind    kind
	columns []string
	secret  string // a further column, whose content is a secret
	// inner leaves out rows without an organization: the table has rows of
	// other kinds too.
	inner bool
}

// The tables below organizations. F900.
var (
	domainTable  = table{name: "he_smtpdomain", kind: kindDomain, columns: []string{"name", "domain_type"}}
	mailTable    = table{name: "he_storequota", kind: kindMailStore, columns: []string{"size"}, inner: true}
	publicTable  = table{name: "he_storequota", kind: kindPublicStore, columns: []string{"size"}, inner: true}
	contactTable = table{name: "he_contacts", kind: kindContact, columns: []string{"alias", "smtpaddr", "targetaddr"}}
	listTable    = table{name: "he_distribution_list", kind: kindList, columns: []string{"managedby", "name"}}
	memberTable  = table{name: "he_distribution_list_subscr", kind: kindList, columns: []string{"subscriber_id"}}
	addressTable = table{name: "he_bizuser_proxy", kind: kindUser, columns: []string{"name"}}
	userTable    = table{name: "he_bizuser", kind: kindUser, secret: "password", columns: []string{
		"principal_name", "description", "is_admin", "plan_type", "samaccountname", "store_forward", "altrecipient",
		"display_name", "given_name", "middle_name", "sn", "initials", "smtp_domain",
		"physicaldeliveryofficename", "telephonenumber", "street", "postofficebox", "city", "state", "country",
	}}
	// folderTable has no rows but those of parent_child.
	folderTable = table{name: "parent_child", kind: kindFolder}
)

// The tables that stand by themselves.
const (
	organizationTable = "he_bizorg"
	accountTable      = "accounts"
	settingTable      = "settings"
	typeTable         = "type_name"
	parentTable       = "parent_child"
)

// The settings that are read.
const (
	settingBase       = "MPF_HE_LDAP"
	settingController = "MPF_HE_PDC"
)

// row is one of a table. Null is the empty text.
type row struct {
	owner  int64 // the organization's id, 0 if there is none
	id     int64
	fields []string // in the order of the table's columns
	secret secretText
}

// text returns a column of a row.
func (t *table) text(r *row, column string) string {
	return r.fields[slices.Index(t.columns, column)]
}
