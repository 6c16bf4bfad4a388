package exchangeresourcemanager_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	erm "wsexchange/mock/namespace/exchangeresourcemanager"
	"wsexchange/mpf"
)

func TestInitializeEx(t *testing.T) {
	u := pool(t)
	front := "<frontEndServers><frontEndServer><serverName>EX1</serverName></frontEndServer></frontEndServers>"
	consumer := "<consumerMailStores><mailStore><serverName>EX1</serverName><mailStoreName>" + mail(1) + "</mailStoreName><megabytes>1</megabytes></mailStore></consumerMailStores>"
	failing := func(cause *mpf.Cause, procedure, data string) {
		t.Helper()
		before := u.Dump()
		r := u.Call(erm.NameEx, procedure, data)
		require.NotNil(t, r.Err)
		assert.Equal(t, cause.ID, r.Err.Cause, r.Err.Description)
		u.Unchanged(before)
	}
	before := u.Dump()
	u.MustCall(erm.NameEx, "InitializeExchRMEx", "")
	u.Unchanged(before)
	if r := u.Call(erm.NameEx, "AddExchangeResources", front); r.Err != nil {
		assert.Equal(t, mpf.StoreExists.ID, r.Err.Cause, "it may be registered from the start")
	}
	failing(mpf.TypesInUse, "UninitializeExchRMEx", "")
	u.MustCall(erm.NameEx, "RemoveExchangeResources", front)
	u.MustCall(erm.NameEx, "UninitializeExchRMEx", "")
	u.MustCall(erm.NameEx, "UninitializeExchRMEx", "")
	failing(mpf.TypesRemoved, "AddExchangeResources", front)
	failing(mpf.TypesRemoved, "AddExchangeResources", consumer)
	u.MustCall(erm.NameEx, "InitializeExchRMEx", "")
	u.MustCall(erm.NameEx, "AddExchangeResources", front)
	for _, procedure := range []string{"InitializeExchRMEx", "UninitializeExchRMEx"} {
		r := u.CallAs(nobody, erm.NameEx, procedure, "")
		require.NotNil(t, r.Err)
		assert.Equal(t, mpf.NotDomainAdmin.ID, r.Err.Cause)
	}
}
