package engine_test

import (
	"testing"

	"wsexchange/mock/engine/enginetest"
)

// What requests do does not depend on where the ledger is kept.
func TestEngine_OverEveryLedger(t *testing.T) {
	enginetest.OverLedgers(t, "Shared$")
}
