// Package mocktest starts an emulator of the provisioning framework in one
// line of a test:
//
//	e := mocktest.Start(t)
//	client, err := mpf.NewClient(mpf.ClientConfig{URL: e.URL, …})
//	…
//	assert.Equal(t, []string{"Ann"}, e.Attr("CN=ann,OU=…", "givenName"))
//
// It has real state, real rules and real errors, is alone in its world and
// ends with the test. Starting one takes a few milliseconds and two megabytes
// (BenchmarkStart), since the demo data is copied rather than made, and hundreds
// may run in parallel. The objects of the demo data have the same GUIDs in all
// emulators of a test program. Prepare and Clone do the same for content of your
// own.
//
// Deterministic makes clock and ids the same on every run, so that answers can
// be compared as text. Controllers and Replication add domain controllers that
// learn late what was written at others. Journal, Faults and Snapshots of the
// emulator tell what it was asked, make it fail and bring it back.
package mocktest
