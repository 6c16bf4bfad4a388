package plan

import (
	"errors"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// mailboxPlans are the plans of the client's own plan file (F282). A feature
// without a value has none there.
var mailboxPlans = []Plan{
	{
		Name: "BaseMail", Description: "Mailbox with POP3", Type: "ExchMailbox", Categories: []string{"HeBusiness", "HeConsumer"},
		Features: values("MailboxSize", "10000", "POP", "0", "IMAP", "1", "OWA", "1"),
	},
	{
		Name: "GoldMail", Description: "Mailbox with POP3, IMAP4 and web access", Type: "ExchMailbox", Categories: []string{"HeBusiness", "HeConsumer"},
		Features: values("MailboxSize", "20000", "POP", "0", "IMAP", "0", "OWA", "0", "OwaSegment", "108303"),
	},
	{
		Name: "PlatinumMail", Description: "Mailbox with POP3, IMAP4 and full web access", Type: "ExchMailbox", Categories: []string{"HeBusiness"},
		Features: values("MailboxSize", "20000", "POP", "0", "IMAP", "0", "OWA", "0", "OwaSegment", "131007"),
	},
	{
		Name: "PlatinumPlusMail", Description: "Mailbox with POP3, IMAP4, full web access and Outlook", Type: "ExchMailbox", Categories: []string{"HeBusiness"},
		Features: values("MailboxSize", "20000", "POP", "0", "IMAP", "0", "OWA", "0", "OwaSegment", "131071", "OutlookClient", "1"),
	},
}

func values(pairs ...string) []PlanFeature {
	var features []PlanFeature
	for i := 0; i+1 < len(pairs); i += 2 {
		features = append(features, PlanFeature{FeatureType: FeatureType{Name: pairs[i]}, Value: pairs[i+1]})
	}
	return features
}

// EnsureMailboxPlans makes those of the client's plans that are not there yet,
// and before them what they are made of. A plan of the name stays as it is. It
// may run again at any time.
func (p Plans) EnsureMailboxPlans() error {
	if err := p.InitializePlans(); err != nil {
		return err
	}
	for _, made := range mailboxPlans {
		if _, err := p.Plan(made.Name); err == nil {
			continue
		} else if !errors.Is(err, state.ErrNotFound) {
			return err
		}
		if _, err := p.CreatePlan(made); err != nil {
			return err
		}
	}
	return nil
}

// Missing is what an initialised plan database lacks, by names.
type Missing struct {
	Terms []string // terms, categories and feature types
	Plans []string
	Held  int // how many terms, categories and feature types there are
}

// Missing tells what InitializePlans and EnsureMailboxPlans would make.
func (p Plans) Missing() (Missing, error) {
	var m Missing
	for _, list := range [][]Term{defaultTerms, defaultCategories} {
		for _, term := range list {
			_, err := p.term(term.Kind, term.Name)
			if err := m.note(err, term.Kind+" "+term.Name); err != nil {
				return m, err
			}
		}
	}
	for _, f := range defaultFeatureTypes {
		var err error
		if featuresByName.Find(p.tx, ldappath.Fold(f.Name)) == nil {
			err = state.ErrNotFound
		}
		if err := m.note(err, "feature type "+f.Name); err != nil {
			return m, err
		}
	}
	for _, one := range mailboxPlans {
		_, err := p.Plan(one.Name)
		if errors.Is(err, state.ErrNotFound) {
			m.Plans = append(m.Plans, one.Name)
			continue
		}
		if err != nil {
			return m, err
		}
	}
	return m, p.tx.Ready(false)
}

// note counts a word that is there, and keeps the name of one that is not.
func (m *Missing) note(err error, name string) error {
	switch {
	case err == nil:
		m.Held++
	case errors.Is(err, state.ErrNotFound):
		m.Terms = append(m.Terms, name)
	default:
		return err
	}
	return nil
}
