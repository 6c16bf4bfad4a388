package namespace

import (
	"slices"

	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/activedirectory"
	"wsexchange/mock/namespace/errorprovider"
	"wsexchange/mock/namespace/exchangeprovider"
	"wsexchange/mock/namespace/exchangeresourcemanager"
	"wsexchange/mock/namespace/exchangesystemmanager"
	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/namespace/managedactivedirectory"
	"wsexchange/mock/namespace/managedexchange"
	"wsexchange/mock/namespace/managedhelpers"
	"wsexchange/mock/namespace/managedhosting"
	"wsexchange/mock/namespace/mpfconfig"
	"wsexchange/mock/namespace/mpsimport"
	"wsexchange/mock/namespace/standardprovider"
	"wsexchange/mock/namespace/windowsbasedhosting"
	"wsexchange/mock/namespace/wsexchangeprovideradapter"
)

// All gives every namespace of the emulator, those that callers know first.
// Errors have no translations.
func All() []engine.Namespace { return With(errorprovider.Config{}) }

// With is All with a configuration of the Error Provider.
func With(errors errorprovider.Config) []engine.Namespace {
	return slices.Concat(
		[]engine.Namespace{hostedexchange.Namespace()},
		exchangeresourcemanager.Namespaces(),
		[]engine.Namespace{
			managedactivedirectory.Namespace(), managedexchange.Namespace(), managedhosting.Namespace(), managedhelpers.Namespace(),
			mpsimport.Namespace(), windowsbasedhosting.Namespace(), wsexchangeprovideradapter.Namespace(),
		},
		activedirectory.Namespaces(),
		[]engine.Namespace{exchangeprovider.Namespace(), exchangesystemmanager.Namespace(), errorprovider.New(errors), mpfconfig.Namespace()},
		standardprovider.Namespaces(),
	)
}
