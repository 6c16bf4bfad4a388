//go:build !race

package wsdlgen_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"wsexchange/internal/wsdlgen"
)

// Not under the race detector, which would stop over gowsdl's unguarded map.
func TestClient_RefusesADescriptionOfNothing(t *testing.T) {
	_, err := wsdlgen.Client("service", []byte(`<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>`))
	assert.ErrorContains(t, err, "gowsdl found no types in service.wsdl")
}
