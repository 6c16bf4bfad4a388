package wsexchangeprovideradapter

import (
	"errors"
	"hash/fnv"
	"strconv"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/mail"
	orgs "wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	// largestUsage is the largest figure that clients can read.
	largestUsage = 1<<31 - 1
	// defaultSize bounds the figure for what has no size of its own, in
	// kilobytes.
	defaultSize = 10 * 1024
)

// openMailbox gives the user at mailbox, who must have a mailbox and belong to
// the organization.
func openMailbox(c *engine.Call) (*directory.Object, error) {
	org, err := openOrganization(c)
	if err != nil {
		return nil, err
	}
	user, err := c.Open("mailbox", "user")
	if err != nil {
		return nil, err
	}
	own, err := orgs.Above(c.Tx, user)
	if err != nil {
		return nil, err
	}
	if own == nil || own.ID != org.ID {
		return nil, mpf.UsageOfOtherOrg.New(user.DN.ADsPath(), org.DN.ADsPath())
	}
	home, err := c.Directory().Value(user, "homeMDB")
	if err == nil && home == "" {
		err = mpf.MailboxMissing.New(user.DN.ADsPath())
	}
	return user, err
}

func openOrganization(c *engine.Call) (*directory.Object, error) {
	org, err := c.Open("organization")
	if err != nil {
		return nil, err
	}
	is, err := orgs.Is(c.Tx, org)
	if err == nil && !is {
		err = mpf.NotAnOrganization.New(org.DN.ADsPath())
	}
	return org, err
}

// stable gives a figure below size that depends on the key alone. F255.
func stable(key []byte, size int64) int64 {
	if size < 1 {
		size = defaultSize
	}
	sum := fnv.New64a()
	_, _ = sum.Write(key)
	return int64(sum.Sum64() % uint64(size))
}

func answer(c *engine.Call, kilobytes int64) {
	c.OutputText("usage", strconv.FormatInt(min(kilobytes, largestUsage), 10))
}

func getMailboxUsage(c *engine.Call) error {
	user, err := openMailbox(c)
	if err != nil {
		return err
	}
	held, set, err := c.Mail().MailboxUsage(user)
	if err != nil {
		return err
	}
	if !set {
		quota, err := c.Directory().Value(user, "mDBOverQuotaLimit")
		if err != nil {
			return err
		}
		size, _ := strconv.ParseInt(quota, 10, 64) // an integer by the schema, or absent
		held = stable(user.GUID[:], size)
	}
	answer(c, held)
	return nil
}

func setMailboxUsage(c *engine.Call) error {
	user, err := openMailbox(c)
	if err != nil {
		return err
	}
	return c.Mail().SetMailboxUsage(user, c.Number("kilobytes"))
}

// openFolder gives the public folder at folderPath, which must belong to the
// organization.
func openFolder(c *engine.Call) (*mail.Folder, error) {
	org, err := openOrganization(c)
	if err != nil {
		return nil, err
	}
	folder, err := c.Mail().Folder(c.Text("folderPath"))
	if errors.Is(err, state.ErrNotFound) || err == nil && folder.OrganizationID != org.ID {
		return nil, mpf.FolderUnknown.New(c.Text("folderPath"))
	}
	return folder, err
}

func getFolderUsage(c *engine.Call) error {
	folder, err := openFolder(c)
	if err != nil {
		return err
	}
	held, set, err := c.Mail().FolderUsage(folder)
	if err != nil {
		return err
	}
	if !set {
		held = stable([]byte(folder.Path), folder.PostLimitKB)
	}
	answer(c, held)
	return nil
}

func setFolderUsage(c *engine.Call) error {
	folder, err := openFolder(c)
	if err != nil {
		return err
	}
	return c.Mail().SetFolderUsage(folder, c.Number("kilobytes"))
}
