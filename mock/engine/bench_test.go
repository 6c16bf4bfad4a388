package engine_test

import (
	"fmt"
	"testing"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mpf"
)

func BenchmarkSubmit_Read(b *testing.B) {
	u := enginetest.New(b, space())
	ctx := u.As(enginetest.Administrator)
	for b.Loop() {
		u.Submit(ctx, mpf.Simple(mpf.Target{Namespace: "Test", Procedure: "WhoAmI"}, nil))
	}
}

func BenchmarkSubmit_Write(b *testing.B) {
	u := enginetest.New(b, space())
	ctx := u.As(enginetest.Administrator)
	for i := 0; b.Loop(); i++ {
		data := xmldoc.Element("data", xmldoc.TextElement("name", fmt.Sprint("unit", i)))
		u.Submit(ctx, mpf.Simple(mpf.Target{Namespace: "Test", Procedure: "Make"}, data))
	}
}
