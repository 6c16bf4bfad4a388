package web

// Settings are what programs have about pages among their settings.
type Settings struct {
	Enabled     bool     `setting:"enabled" default:"true" help:"serve pages for people: web clients, console"`
	PreferredDC string   `setting:"preferred-dc" help:"domain controller that web clients name, preferredDC of the original; empty is the first" example:"dc1.fabrikam.com"`
	Context     string   `setting:"default-naming-context" help:"DefaultNamingContext of the original; empty is the domain" example:"DC=fabrikam,DC=com"`
	TopLevel    []string `setting:"top-level-domains" default:".com,.net,.gov,.org" help:"TopLevelDomains of the original: endings that Create a user offers"`
}
