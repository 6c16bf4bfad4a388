package hostedexchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"wsexchange/mpf"
)

func TestCreateDistributionList(t *testing.T) {
	w := withAcme(t)
	owner := w.user("owner", "GoldMail")
	in := `<container>LDAP://` + acme + `</container>`
	made := w.ok("CreateDistributionList", in+`<managedBy>LDAP://`+owner+`</managedBy><name>all staff</name>`)
	name := "CN=all staff," + acme
	assert.Equal(t, "LDAP://"+name, textAt(made, "path"))
	assert.Equal(t, owner, w.attr(name, "managedBy"))
	assert.Equal(t, "8", w.attr(name, "groupType"))
	assert.Equal(t, "allstaff", w.attr(name, "mailNickname"))
	assert.Equal(t, []string{"SMTP:allstaff@acme.example"}, w.addresses(name))
	w.ok("CreateDistributionList", in+`<managedBy>owner@acme.example</managedBy><name>sales@acme.example</name>`)
	assert.Equal(t, "sales@acme.example", w.attr("CN=sales@acme.example,"+acme, "mail"))
	w.ok("CreateDistributionList", in+`<name>unowned</name>`)
	assert.Empty(t, w.attr("CN=unowned,"+acme, "managedBy"))
	w.organization("beta", "beta.example")
	for _, c := range []struct {
		name  string
		cause *mpf.Cause
		given string
	}{
		{"name taken", mpf.ObjectInTheWay, in + `<name>all staff</name>`},
		{"address taken", mpf.AddressTaken, in + `<name>allstaff</name>`},
		{"address of a user", mpf.AddressTaken, in + `<name>owner</name>`},
		{"foreign domain", mpf.DomainUnknown, in + `<name>x@beta.example</name>`},
		{"nothing left of the name", mpf.AddressInvalid, in + `<name>("")</name>`},
		{"owner unknown", mpf.ObjectNotFound, in + `<name>x</name><managedBy>nobody@acme.example</managedBy>`},
		{"owner elsewhere", mpf.ObjectNotFound, `<container>LDAP://OU=beta,` + base + `</container><name>x</name><managedBy>owner@acme.example</managedBy>`},
		{"owner no recipient", mpf.ClassWrong, in + `<name>x</name><managedBy>LDAP://` + acme + `</managedBy>`},
		{"outside of organizations", mpf.NotAnOrganization, `<container>LDAP://CN=Users,DC=fabrikam,DC=com</container><name>x</name>`},
		{"name too long", mpf.ArgumentInvalid, in + `<name>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</name>`},
	} {
		t.Run(c.name, func(t *testing.T) { w.refused(c.cause, "CreateDistributionList", c.given) })
	}
}

func TestModifyDistributionList(t *testing.T) {
	w := withAcme(t)
	w.user("one", "GoldMail")
	two := w.user("two", "")
	w.ok("CreateDistributionList", `<container>LDAP://`+acme+`</container><name>sales</name><managedBy>one@acme.example</managedBy>`)
	list := path("CN=sales," + acme)
	w.ok("ModifyDistributionList", list+`<managedBy>two@acme.example</managedBy>`)
	assert.Equal(t, two, w.attr("CN=sales,"+acme, "managedBy"))
	w.refused(mpf.ObjectNotFound, "ModifyDistributionList", list+`<managedBy>nobody@acme.example</managedBy>`)
	w.refused(mpf.ArgumentEmpty, "ModifyDistributionList", list+`<managedBy/>`)
	w.refused(mpf.ObjectNotFound, "ModifyDistributionList", path("CN=none,"+acme)+`<managedBy>two@acme.example</managedBy>`)
	w.refused(mpf.ClassWrong, "ModifyDistributionList", path("CN=Admins@acme,"+acme)+`<managedBy>two@acme.example</managedBy>`)
}

func TestDeleteDistributionList(t *testing.T) {
	w := withAcme(t)
	member := w.user("one", "GoldMail")
	w.ok("CreateDistributionList", `<container>LDAP://`+acme+`</container><name>sales</name>`)
	list := "CN=sales," + acme
	w.of("Managed Active Directory", "GroupAdd", `<group>LDAP://`+list+`</group><newMember>LDAP://`+member+`</newMember>`)
	w.ok("DeleteDistributionList", path(list)+`<userPrincipalName>one@acme.example</userPrincipalName>`)
	assert.Nil(t, w.Object(list))
	assert.NotContains(t, w.Attr(member, "memberOf"), list)
	w.ok("CreateDistributionList", `<container>LDAP://`+acme+`</container><name>sales</name>`)
	w.refused(mpf.ObjectNotFound, "DeleteDistributionList", path("CN=none,"+acme))
	w.refused(mpf.ClassWrong, "DeleteDistributionList", path(member))
	w.refused(mpf.ClassWrong, "DeleteDistributionList", path("CN=AllUsers@acme,CN=_Private,"+acme))
}
