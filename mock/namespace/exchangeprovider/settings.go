package exchangeprovider

import (
	"slices"
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// Sizes of mailboxes are kilobytes, unless the element says unit="MB" (F243).
const (
	kilobytesPerMegabyte = 1024
	largestMailbox       = 400 * kilobytesPerMegabyte // F244
	warningPercent       = 90
	hardPercent          = 500
	unlimited            = -1
)

// settings is what a mail element asks for. Absent ones are nil.
type settings struct {
	numbers map[string]int64
}

// setting is a row: a child of the mail element.
type setting struct {
	name  string
	least int64
	size  bool // can be given in megabytes
}

var settingRows = []setting{
	{name: "size", size: true},
	{name: "warningQuota", least: 1, size: true},
	{name: "prohibitSendAndReceiveQuota", least: 1, size: true},
	{name: "outgoingSizeLimit", least: unlimited},
	{name: "incomingSizeLimit", least: unlimited},
	{name: "recipientLimit", least: unlimited},
	{name: "disablePOP"},
	{name: "disableIMAP"},
	{name: "disableHTTP"},
}

// limits are the attributes of the settings whose -1 is no limit.
var limits = []struct{ name, attribute string }{
	{"outgoingSizeLimit", "submissionContLength"},
	{"incomingSizeLimit", "delivContLength"},
	{"recipientLimit", "msExchRecipLimit"},
}

// protocols are the settings that switch one off, with the values of
// protocolSettings that say so; the second field is the switch (F245).
var protocols = []struct{ name, protocol, rest string }{
	{"disablePOP", "POP3", "§1§4§ISO-8859-1§0§1§0§0"},
	{"disableIMAP", "IMAP4", "§1§4§ISO-8859-1§0§1§0§0"},
	{"disableHTTP", "HTTP", "§1§§§§§§"},
}

// readSettings reads a mail element, which may be nil.
func readSettings(mail *xmldoc.Node) (settings, error) {
	read := settings{numbers: make(map[string]int64)}
	if mail == nil {
		return read, nil
	}
	for n := range xmldoc.Elements(mail) {
		i := slices.IndexFunc(settingRows, func(s setting) bool { return strings.EqualFold(s.name, n.Data) })
		if i < 0 {
			return read, mpf.ArgumentInvalid.New("mail", "it holds an unknown element '"+n.Data+"'")
		}
		row := settingRows[i]
		if _, given := read.numbers[row.name]; given {
			return read, mpf.ArgumentRepeated.New("mail/" + row.name)
		}
		text := strings.TrimSpace(xmldoc.Text(n))
		if text == "" {
			continue
		}
		number, err := row.read(n, text)
		if err != nil {
			return read, err
		}
		read.numbers[row.name] = number
	}
	return read, read.check()
}

// read gives the number of a setting, sizes in kilobytes.
func (s setting) read(n *xmldoc.Node, text string) (int64, error) {
	bits := 32
	number, err := strconv.ParseInt(text, 10, bits)
	if strings.HasPrefix(s.name, "disable") {
		switch strings.ToLower(text) {
		case "true", "1":
			return 1, nil
		case "false", "0":
			return 0, nil
		}
		return 0, mpf.ArgumentInvalid.New("mail/"+s.name, "'"+text+"' is none of 1, 0, true, false")
	}
	if err != nil || number < s.least {
		return 0, mpf.ArgumentInvalid.New("mail/"+s.name, "'"+text+"' is not a number of "+strconv.FormatInt(s.least, 10)+" or more")
	}
	if unit, _ := xmldoc.Attr(n, "unit"); s.size && strings.EqualFold(unit, "MB") {
		number *= kilobytesPerMegabyte
	}
	return number, nil
}

// check holds the sizes to the provider's limit.
func (s settings) check() error {
	for _, row := range settingRows {
		if row.size && row.name != "prohibitSendAndReceiveQuota" && s.numbers[row.name] > largestMailbox {
			return mpf.MailboxTooLarge.New()
		}
	}
	size, given := s.numbers["size"]
	if warning, ok := s.numbers["warningQuota"]; ok && given && size > 0 && warning > size {
		return mpf.ArgumentInvalid.New("mail/warningQuota", "it is above the size")
	}
	if hard, ok := s.numbers["prohibitSendAndReceiveQuota"]; ok && given && hard < size {
		return mpf.ArgumentInvalid.New("mail/prohibitSendAndReceiveQuota", "it is below the size")
	}
	return nil
}

// apply writes the settings to a user.
func (s settings) apply(c *engine.Call, user *directory.Object) error {
	if err := s.applyQuotas(c, user); err != nil {
		return err
	}
	for _, l := range limits {
		number, given := s.numbers[l.name]
		if !given {
			continue
		}
		if err := setNumber(c, user, l.attribute, number); err != nil {
			return err
		}
	}
	return s.applyProtocols(c, user)
}

// setNumber sets an attribute; unlimited clears it.
func setNumber(c *engine.Call, user *directory.Object, attribute string, number int64) error {
	if number == unlimited {
		return c.Directory().Set(user, attribute)
	}
	return c.Directory().Set(user, attribute, strconv.FormatInt(number, 10))
}

// applyQuotas sets the three quotas. A new size brings warning and hard limit
// with it where they are not given; size 0 goes back to those of the store.
func (s settings) applyQuotas(c *engine.Call, user *directory.Object) error {
	size, sized := s.numbers["size"]
	quotas := make(map[string]int64)
	if sized && size == 0 {
		for _, attribute := range []string{"mDBStorageQuota", "mDBOverQuotaLimit", "mDBOverHardQuotaLimit"} {
			quotas[attribute] = unlimited
		}
	} else if sized {
		const whole = 100
		quotas["mDBOverQuotaLimit"] = size
		quotas["mDBStorageQuota"] = size * warningPercent / whole
		quotas["mDBOverHardQuotaLimit"] = min(size*hardPercent/whole, 1<<31-1)
	}
	if warning, ok := s.numbers["warningQuota"]; ok {
		quotas["mDBStorageQuota"] = warning
	}
	if hard, ok := s.numbers["prohibitSendAndReceiveQuota"]; ok {
		quotas["mDBOverHardQuotaLimit"] = hard
	}
	if len(quotas) == 0 {
		return nil
	}
	for _, attribute := range []string{"mDBStorageQuota", "mDBOverQuotaLimit", "mDBOverHardQuotaLimit"} {
		number, given := quotas[attribute]
		if !given {
			continue
		}
		if err := setNumber(c, user, attribute, number); err != nil {
			return err
		}
	}
	byStore := "TRUE"
	for _, number := range quotas {
		if number != unlimited {
			byStore = "FALSE"
		}
	}
	return c.Directory().Set(user, "mDBUseDefaults", byStore)
}

// applyProtocols replaces the entries of the protocols concerned.
func (s settings) applyProtocols(c *engine.Call, user *directory.Object) error {
	held, err := c.Directory().Values(user, "protocolSettings")
	if err != nil {
		return err
	}
	changed := false
	for _, p := range protocols {
		off, given := s.numbers[p.name]
		if !given {
			continue
		}
		held = slices.DeleteFunc(held, func(v string) bool { return strings.HasPrefix(v, p.protocol+"§") })
		held = append(held, p.protocol+"§"+strconv.FormatInt(1-off, 10)+p.rest)
		changed = true
	}
	if !changed {
		return nil
	}
	return c.Directory().Set(user, "protocolSettings", held...)
}
