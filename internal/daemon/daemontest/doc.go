// Package daemontest runs programs of internal/daemon within a test: their run
// function, in the test's own process, with free ports, until they print the
// line "ready".
//
//	p := daemontest.Start(t, run, environ, "serve", "--listen", "127.0.0.1:0")
//	status, text := p.Health("/-/ready")
//	assert.Zero(t, p.Stop(), p.Log)
//
// AskEverything asks all that the side listeners answer and wants no secret in
// it. Load and Composed read configurations, those of deploy among them, as the
// programs read them.
package daemontest
