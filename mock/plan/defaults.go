package plan

import (
	"errors"

	"wsexchange/mock/state"
)

// defaultTerms are the vocabularies that InitializeCustomerPlanDatabase
// writes before feature types and categories, in its documented order (F280).
// Codes are those of the later release's tables where they are known.
var defaultTerms = []Term{
	{TermEventType, "Created", "CR", "The customer was created."},
	{TermEventType, StatusEnabled, "EN", "The customer was enabled."},
	{TermEventType, StatusDisabled, "DS", "The customer was disabled."},
	{TermEventType, StatusDeleted, "DE", "The customer was deleted."},
	{TermEventType, "CustomerModify", "CM", "The customer was changed."},
	{TermEventType, "NameChange", "NC", "The customer was renamed."},
	{TermEventType, "AssetAdded", "AA", "An asset was added."},
	{TermEventType, "AssetDeleted", "AD", "An asset was deleted."},
	{TermEventType, "PlanAdded", "PA", "A plan was made available."},
	{TermEventType, "PlanRemoved", "PR", "A plan was made unavailable."},
	{TermEventType, "PlanChange", "PC", "The customer's plan was changed."},
	{TermEventType, "Subscribe", "SB", "The customer subscribed to a service."},
	{TermEventType, "UnSubscribe", "US", "The customer gave a service up."},
	{TermEventType, "Pending", "PE", "The customer waits for completion."},
	{TermEventType, "AddressListsCreated", "AL", "The address lists were created."},
	{TermEventType, "AddressListsDeleted", "LD", "The address lists were deleted."},
	{TermEventType, "PublicFolderCreated", "PF", "The public folder was created."},
	{TermEventType, "PublicFolderDeleted", "FD", "The public folder was deleted."},
	{TermStatusType, StatusEnabled, "EN", "In use."},
	{TermStatusType, StatusDisabled, "DS", "Suspended."},
	{TermStatusType, StatusDeleted, "DE", "Deleted; kept for the record."},
	{TermStatusType, "Pending", "PE", "Not complete yet."},
	{TermCustomerType, "BusinessUser", "BU", "A user of an organization."},
	{TermCustomerType, "ConsumerUser", "CU", "A user without an organization of its own."},
	{TermCustomerType, "BusinessOrganization", "BZ", "A hosted organization."},
	{TermCustomerType, "ResellerOrganization", "RO", "An organization that holds others."},
	{TermAssetType, "PrimaryDomain", "PD", "The SMTP domain of new addresses."},
	{TermAssetType, "SecondaryDomain", "SD", "A further SMTP domain."},
	{TermAssetType, "VanityDomain", "CD", "An SMTP domain of single users."},
	{TermAssetType, "ExchMailboxGUID", "EG", "A mailbox."},
	{TermPlanType, "ExchMailbox", "EM", "A mailbox."},
	{TermPlanType, "WebPlan", "WP", "Web sites."},
	{TermPlanType, "DataPlan", "DP", "Databases."},
	{TermPlanType, "SharePointPlan", "SP", "Team sites."},
}

// defaultCategories are written last.
var defaultCategories = []Term{
	{TermPlanCategory, "HeBusiness", "", "Plans of organizations."},
	{TermPlanCategory, "HeConsumer", "", "Plans of single users."},
}

// defaultFeatureTypes are the feature types that the client's plans name
// (F281). A disable… value of 0 allows, 1 blocks.
var defaultFeatureTypes = []FeatureType{
	{Name: "MailboxSize", Description: "Size of the mailbox", NativeAttribute: "size", ParentNode: "mail", Unit: "kb"},
	{Name: "POP", Description: "POP3 access", NativeAttribute: "disablePOP", ParentNode: "mail"},
	{Name: "IMAP", Description: "IMAP4 access", NativeAttribute: "disableIMAP", ParentNode: "mail"},
	{Name: "OWA", Description: "Outlook Web Access", NativeAttribute: "disableHTTP", ParentNode: "mail"},
	{Name: "OwaSegment", Description: "Parts of Outlook Web Access", NativeAttribute: "msExchMailboxFolderSet", ParentNode: "properties"},
	{Name: "OMA", Description: "Mobile access", NativeAttribute: "msExchOmaAdminWirelessEnable", ParentNode: "properties"},
	{Name: "OutlookClient", Description: "Outlook client", NativeAttribute: "showInAddressLists", ParentNode: "options"},
}

// InitializePlans writes the vocabularies and feature types that are not there
// yet. It may run again at any time.
func (p Plans) InitializePlans() error {
	if err := p.ensureTerms(defaultTerms); err != nil {
		return err
	}
	for _, f := range defaultFeatureTypes {
		if err := p.AddFeatureType(f); err != nil && !errors.Is(err, state.ErrConflict) {
			return err
		}
	}
	return p.ensureTerms(defaultCategories)
}

func (p Plans) ensureTerms(terms []Term) error {
	for _, term := range terms {
		if _, err := p.EnsureTerm(term); err != nil {
			return err
		}
	}
	return nil
}
