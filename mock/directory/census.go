package directory

// Mailboxes counts mailboxes by whether their account can be used.
type Mailboxes struct{ Enabled, Disabled int64 }

// Mailboxes counts the mailboxes of all mail stores. It reads the links to the
// stores and a value of each mailbox.
func (d Directory) Mailboxes() (Mailboxes, error) {
	var counted Mailboxes
	class, _ := classNumber("msExchPrivateMDB")
	for database := range byClass.Is(d.tx, class) {
		for mailbox := range d.linkingRows(database.id, attributeHomeMDB) {
			if mailbox.integer(attributeControl)&accountDisabled != 0 {
				counted.Disabled++
			} else {
				counted.Enabled++
			}
		}
	}
	return counted, d.tx.Ready(false)
}

// HighestUSN is the update sequence number given last.
func (d Directory) HighestUSN() (int64, error) { return d.tx.Last("usn"), d.tx.Ready(false) }
