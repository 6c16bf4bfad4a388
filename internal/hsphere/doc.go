// Package hsphere reads what the control panel H-Sphere remembers of hosted
// Exchange: from its PostgreSQL database, or from a folder with CSV files of the
// same tables. It never writes: the database is read in one read-only
// transaction, and the package holds no statement that changes anything.
//
// [Open] finds the panel, [Panel.Organizations] walks through its organizations,
// each with all that belongs to it. At most one organization is held in memory,
// and with a folder also the places of the rows in the files, some 24 bytes a
// row.
//
// Passwords are in clear text in the database. They become a
// [wsexchange/internal/secret.String] as they leave the driver or the file.
// F900 to F903.
package hsphere
