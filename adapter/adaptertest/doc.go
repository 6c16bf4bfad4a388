// Package adaptertest starts a gateway in one line of a test, in front of any
// submitter: a provisioning engine, an emulator, or a function.
//
//	g := adaptertest.Start(t, submitter)
//	// call g.Service("HostedExchange")
//	assert.Equal(t, adapter.OutcomeOK, g.Observations()[0].Outcome)
//
// Everybody is let in unless the option Config says otherwise, the managed
// domain is fabrikam.com, and request ids are req-1, req-2 …; they reach the
// submitter as clientTransactionId.
package adaptertest
