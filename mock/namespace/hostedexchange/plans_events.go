package hostedexchange

import (
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/plan"
	"wsexchange/mpf"
)

// queryModified names the one query that ExecPlanSQL_ runs.
const queryModified = "ModifiedOrganizations"

// maximumRows is how many organizations GetModifiedOrganizations tells if the
// caller gives no number (F287).
const maximumRows = 4096

// membershipEvents are the events after which an organization's address lists
// may read otherwise (F287).
var membershipEvents = []string{"Created", plan.StatusEnabled, plan.StatusDisabled, plan.StatusDeleted, "CustomerModify", "NameChange", "PlanChange"}

func getModifiedOrganizations(c *engine.Call) error {
	limit := c.Text("maximumRows")
	if limit == "" {
		limit = strconv.Itoa(maximumRows)
	}
	args := append([]*xmldoc.Node{xmldoc.TextElement("query", queryModified), xmldoc.TextElement("maximumRows", limit)},
		pass(c, "startDate", "endDate")...)
	found, err := c.Execute(planNamespace, "ExecPlanSQL_", args...)
	if err != nil {
		return err
	}
	list := xmldoc.Element("orgs")
	for row := range xmldoc.Children(xmldoc.Child(found, "rowSet"), "row") {
		path, _ := xmldoc.Attr(row, "path")
		dn, err := c.ParsePath(path)
		if err == nil && c.InBase(dn) {
			xmldoc.Append(list, xmldoc.TextElement("org", path))
		}
	}
	c.Output(list)
	return nil
}

// execPlanSQL runs a query by name. The original took any statement; a text
// from a caller never becomes one here (F288). Rows of organizations that are
// gone from the directory have an empty path.
func execPlanSQL(c *engine.Call) error {
	from, to := c.Time("startDate"), c.Time("endDate")
	if to.Before(from) {
		return mpf.ArgumentInvalid.New("endDate", "it is before startDate")
	}
	organizations, err := c.Plans().ModifiedOrganizations(from, to, membershipEvents, int(min(c.Number("maximumRows"), 1<<31-1)))
	if err != nil {
		return planFault(err)
	}
	rows := xmldoc.Element("rowSet")
	for _, o := range organizations {
		path := ""
		if !o.DN.IsZero() {
			path = o.DN.ADsPath()
		}
		row := xmldoc.SetAttr(xmldoc.Element("row"), "guid", strings.ToLower(o.GUID.Octets()))
		xmldoc.Append(rows, xmldoc.SetAttr(row, "path", path))
	}
	c.OutputText("returnCode", "0")
	c.Output(rows)
	return nil
}
