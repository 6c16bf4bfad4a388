package hostedexchange_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// featureType makes a feature type whose setting stands under mail.
func (w *world) featureType(name, native string) {
	w.t.Helper()
	w.ok("CreatePlanFeatureTypes", strings.TrimSuffix(aFeatureType(name, native, "mail"), planDC))
}

// plan makes a plan and lets acme use it.
func (w *world) plan(name, features string) {
	w.t.Helper()
	w.ok("CreateMailboxPlan", aPlan(name, features))
	w.ok("AddAvailablePlans", path(acme)+`<availablePlans><planName>`+name+`</planName></availablePlans>`)
}

func TestMailboxPlan_HandsOnEverySetting(t *testing.T) {
	w := withAcme(t)
	for name, native := range map[string]string{
		"Recipients": "recipientLimit", "Outgoing": "outgoingSizeLimit", "Incoming": "incomingSizeLimit",
		"Warning": "warningQuota", "Lists": "showInAddressLists",
	} {
		w.featureType(name, native)
	}
	w.plan("LimitedMail", aFeature("MailboxSize", "20000")+aFeature("Recipients", "50")+aFeature("Outgoing", "1024")+
		aFeature("Incoming", "-1")+aFeature("Warning", "15000")+aFeature("Lists", "1"))
	name := w.user("jsmith", "LimitedMail")
	assert.Equal(t, "50", w.attr(name, "msExchRecipLimit"))
	assert.Equal(t, "1024", w.attr(name, "submissionContLength"))
	assert.Empty(t, w.attr(name, "delivContLength"), "-1 is no limit")
	assert.Equal(t, "15000", w.attr(name, "mDBStorageQuota"))
	assert.Contains(t, w.attr(name, "msExchUseOAB"), "CN=acme OAL,", "showInAddressLists counts wherever it stands")

	w.ok("ChangeUserMailboxPlan", path(name)+`<planName>GoldMail</planName>`)
	assert.Empty(t, w.attr(name, "msExchRecipLimit"), "what only the former plan limited has no limit")
	assert.Empty(t, w.attr(name, "submissionContLength"))
	assert.Equal(t, "18000", w.attr(name, "mDBStorageQuota"))

	made := w.ok("ChangeUserMailboxPlan", path(name)+`<planName>LimitedMail</planName>`)
	assert.Equal(t, "<mail><size>20000</size><disablePOP>0</disablePOP><disableIMAP>0</disableIMAP><disableHTTP>0</disableHTTP>"+
		"<recipientLimit>50</recipientLimit><outgoingSizeLimit>1024</outgoingSizeLimit><incomingSizeLimit>-1</incomingSizeLimit>"+
		"<warningQuota>15000</warningQuota></mail>", xmldoc.String(xmldoc.Child(made, "mail")))
	assert.Equal(t, "50", w.attr(name, "msExchRecipLimit"))
}

func TestMailboxPlan_Numbers(t *testing.T) {
	w := withAcme(t)
	w.featureType("Recipients", "recipientLimit")
	w.refused(mpf.PlanFeatureValue, "CreateMailboxPlan", aPlan("P", aFeature("MailboxSize", "-1")))
	w.refused(mpf.PlanFeatureValue, "CreateMailboxPlan", aPlan("P", aFeature("Recipients", "-2")))
	w.refused(mpf.PlanFeatureValue, "CreateMailboxPlan", aPlan("P", aFeature("Recipients", "few")))
	w.ok("CreateMailboxPlan", aPlan("P", aFeature("Recipients", "-1")))
}

// A feature without a value is there by its name alone: it sets nothing but the
// membership in address lists.
func TestMailboxPlan_FeaturesWithoutAValue(t *testing.T) {
	w := withAcme(t)
	w.featureType("Recipients", "recipientLimit")
	bare := func(name string) string { return "<feature><featureName>" + name + "</featureName></feature>" }
	w.plan("BareMail", bare("MailboxSize")+bare("POP")+bare("Recipients")+bare("OMA")+"<feature><featureName>OutlookClient</featureName><featureValue/></feature>")
	detail := xmldoc.String(w.ok("GetPlanDetail", "<planName>BareMail</planName>"))
	assert.Contains(t, detail, "<planSettings><mail/><properties/><options><showInAddressLists/></options></planSettings>")
	assert.Contains(t, detail, "<featureName>POP</featureName><featureDescription>")
	assert.NotContains(t, detail, "featureValue")
	name := w.user("jsmith", "BareMail")
	assert.Empty(t, w.attr(name, "msExchRecipLimit"))
	assert.Contains(t, w.attr(name, "msExchUseOAB"), "CN=acme OAL,")
	w.ok("ChangeUserMailboxPlan", path(name)+`<planName>GoldMail</planName>`)
	w.ok("ChangeUserMailboxPlan", path(name)+`<planName>BareMail</planName>`)
}
