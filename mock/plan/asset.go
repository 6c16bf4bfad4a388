package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/column"
	"wsexchange/mock/directory"
)

// Asset is something a customer owns: a domain, a mailbox's GUID. A customer
// has a value once.
type Asset struct {
	Type    string // an asset type: PrimaryDomain, SecondaryDomain, …
	Value   string
	Status  string // a status type
	Created time.Time
	Updated time.Time
}

// SetAsset gives a customer an asset, or changes type and status of the one
// with that value. An empty status means enabled.
func (p Plans) SetAsset(customer directory.GUID, a Asset) error {
	c, err := p.known(customer)
	if err != nil {
		return err
	}
	kind, status, err := p.typed(TermAssetType, a.Type, a.Status)
	if err != nil {
		return err
	}
	now := column.At(p.tx.Now())
	row := assetRow{Customer: c.ID, Value: strings.Clone(a.Value), Created: now}
	if held := assetsByValue.Find(p.tx, assetKey{c.ID, ldappath.Fold(a.Value)}); held != nil {
		row = *held
	} else if row.ID, err = p.tx.Next("asset"); err != nil {
		return err
	}
	row.Type, row.Status, row.Updated = kind, status, now
	return assets.Put(p.tx, &row)
}

// assetsOf returns the rows of a customer's assets, oldest first.
func (p Plans) assetsOf(customer int64) []*assetRow {
	var rows []*assetRow
	for found, row := range assetsByValue.From(p.tx, assetKey{customer: customer}) {
		if found.customer != customer {
			break
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b *assetRow) int { return cmp.Compare(a.ID, b.ID) })
	return rows
}

// Assets lists what a customer owns or owned, oldest first. Empty type or
// status lets all pass.
func (p Plans) Assets(customer directory.GUID, assetType, status string) ([]Asset, error) {
	c, err := p.known(customer)
	if err != nil {
		return nil, err
	}
	var all []Asset
	for _, row := range p.assetsOf(c.ID) {
		a := Asset{
			Type: row.Type.String(), Value: row.Value, Status: row.Status.String(),
			Created: row.Created.Time(), Updated: row.Updated.Time(),
		}
		if passes(assetType, a.Type) && passes(status, a.Status) {
			all = append(all, a)
		}
	}
	return all, p.tx.Ready(false)
}
