package store

// Grant is a right that a trustee has on an object.
type Grant struct {
	Trustee *Object
	Access  string // such as "Open Address List"
}

// GrantAccess gives a trustee rights on an object. Those it has already stay.
func (t *Tx) GrantAccess(o, trustee *Object, rights ...string) error {
	for _, right := range rights {
		if _, err := t.exec("INSERT INTO access_grant (object_id, trustee_id, access) VALUES (?, ?, ?)"+
			" ON CONFLICT (object_id, trustee_id, access) DO NOTHING", o.ID, trustee.ID, right); err != nil {
			return err
		}
	}
	return nil
}

// Grants gives the rights on an object, in the order of the trustees' names.
func (t *Tx) Grants(o *Object) ([]Grant, error) {
	type granted struct {
		id     int64
		access string
	}
	rows, err := collect(t, func(row scanner) (granted, error) {
		var g granted
		return g, row.Scan(&g.id, &g.access)
	}, "SELECT g.trustee_id, g.access FROM access_grant g JOIN object o ON o.id = g.trustee_id"+
		" WHERE g.object_id = ? ORDER BY o.dn_key, g.access", o.ID)
	if err != nil {
		return nil, err
	}
	grants := make([]Grant, 0, len(rows))
	for _, row := range rows {
		trustee, err := t.ByID(row.id)
		if err != nil {
			return nil, err
		}
		grants = append(grants, Grant{Trustee: trustee, Access: row.access})
	}
	return grants, nil
}
