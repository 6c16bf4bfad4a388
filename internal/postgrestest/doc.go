// Package postgrestest starts PostgreSQL for a test: a cluster of its own in a
// temporary directory, on a Unix socket and a loopback port, as the user
// postgres where the test runs as root.
//
//	cluster := postgrestest.Start(t)
//	url := cluster.Database(t)
//	cluster.Restart(t)
//
// Where PostgreSQL is not installed the test is skipped, or fails if CI is set.
package postgrestest
