package fault_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/engine"
	"wsexchange/mock/fault"
	"wsexchange/mpf"
)

const acme = "LDAP://OU=acme,OU=Reseller1,DC=fabrikam,DC=com"

// at is a point in a request of acme's.
func at(stage engine.Stage) engine.Point {
	return engine.Point{
		Stage: stage, Target: mpf.Target{Namespace: "Hosted Exchange", Procedure: "EnableUser"}, Step: 2, TransactionID: "{1}",
		Caller: `FABRIKAM\hsadmin`, Organization: func() string { return acme },
	}
}

// rules makes rules in force.
func rules(t *testing.T, cfg fault.Config, list ...fault.Rule) *fault.Rules {
	t.Helper()
	r, err := fault.New(cfg)
	require.NoError(t, err)
	for _, rule := range list {
		_, err := r.Add(rule)
		require.NoError(t, err)
	}
	return r
}

func TestRule_Matches(t *testing.T) {
	for name, row := range map[string]struct {
		rule fault.Rule
		want bool
	}{
		"everything":              {fault.Rule{}, true},
		"namespace":               {fault.Rule{Namespace: "HOSTED exchange"}, true},
		"other namespace":         {fault.Rule{Namespace: "Managed Exchange"}, false},
		"procedure":               {fault.Rule{Procedure: "enableUSER"}, true},
		"other procedure":         {fault.Rule{Procedure: "DisableUser"}, false},
		"step":                    {fault.Rule{Step: 2}, true},
		"other step":              {fault.Rule{Step: 1}, false},
		"tenant by name":          {fault.Rule{Tenant: "ACME"}, true},
		"tenant by path":          {fault.Rule{Tenant: acme}, true},
		"tenant by DN":            {fault.Rule{Tenant: "ou=acme, ou=reseller1, dc=fabrikam, dc=com"}, true},
		"tenant above":            {fault.Rule{Tenant: "Reseller1"}, false},
		"caller":                  {fault.Rule{Caller: `fabrikam\HSADMIN`}, true},
		"caller without domain":   {fault.Rule{Caller: "hsadmin"}, true},
		"other domain":            {fault.Rule{Caller: `CONTOSO\hsadmin`}, false},
		"operation":               {fault.Rule{Operation: "enableuser"}, true},
		"operation with service":  {fault.Rule{Operation: "HostedExchange.EnableUser"}, true},
		"operation of another":    {fault.Rule{Operation: "ManagedActiveDirectory.EnableUser"}, false},
		"stage":                   {fault.Rule{When: engine.BeforeCall}, true},
		"other stage":             {fault.Rule{When: engine.AfterCall}, false},
		"all of it":               {fault.Rule{Namespace: "Hosted Exchange", Procedure: "EnableUser", Step: 2, Tenant: "acme", Caller: "hsadmin", Operation: "EnableUser"}, true},
		"all of it but the step":  {fault.Rule{Namespace: "Hosted Exchange", Procedure: "EnableUser", Step: 3, Tenant: "acme", Caller: "hsadmin"}, false},
		"all of it but the group": {fault.Rule{Namespace: "Hosted Exchange", Procedure: "EnableUser", Tenant: "other", Caller: "hsadmin"}, false},
	} {
		row.rule.Action = fault.Fail
		r := rules(t, fault.Config{}, row.rule)
		ctx := mpf.WithOrigin(t.Context(), mpf.Origin{Service: "HostedExchange", Operation: "EnableUser"})
		assert.Equal(t, row.want, r.Intercept(ctx, at(engine.BeforeCall)) != nil, name)
		hits := map[bool]int{true: 1}[row.want]
		assert.Equal(t, []int{hits, hits}, []int{r.List()[0].Seen, r.List()[0].Hits}, name)
	}
	nobody := at(engine.BeforeCall)
	nobody.Organization = func() string { return "" }
	for _, rule := range []fault.Rule{{Tenant: "acme"}, {Operation: "EnableUser"}} {
		rule.Action = fault.Fail
		assert.NoError(t, rules(t, fault.Config{}, rule).Intercept(t.Context(), nobody), "there is no tenant and no operation")
	}
}

func TestRule_Stages(t *testing.T) {
	for _, when := range engine.Stages() {
		r := rules(t, fault.Config{Kill: func() {}}, fault.Rule{Action: fault.Kill, When: when})
		for _, stage := range engine.Stages() {
			assert.NoError(t, r.Intercept(t.Context(), at(stage)))
		}
		assert.Equal(t, 1, r.List()[0].Hits, when)
	}
}

func TestRule_Refusals(t *testing.T) {
	second := fault.Duration(time.Second)
	for want, rule := range map[string]fault.Rule{
		`action "" is none of`:                          {},
		`action "explode" is none of`:                   {Action: "explode"},
		`when "later" is none of`:                       {Action: fault.Fail, When: "later"},
		"cannot fail any more":                          {Action: fault.Fail, When: engine.AtAnswer},
		"step is the number of a call":                  {Action: fault.Fail, Step: -1},
		"with the stages before and after":              {Action: fault.Fail, Step: 1, When: engine.AtRollback},
		"not known at the stage request":                {Action: fault.Fail, Tenant: "acme", When: engine.AtRequest},
		"probability 1.5 is not":                        {Action: fault.Fail, Probability: 1.5},
		"probability -1 is not":                         {Action: fault.Fail, Probability: -1},
		"skip and times are not below 0":                {Action: fault.Fail, Skip: -1},
		"code and text are those of fail, not of drop":  {Action: fault.Drop, Code: "0x80070005"},
		"code and text are those of fail, not of delay": {Action: fault.Delay, Text: "x"},
		"a delay is that of delay, not of fail":         {Action: fault.Fail, Delay: &fault.Distribution{Fixed: second}},
		"code 0x00000000 is no failure":                 {Action: fault.Fail, Code: "0"},
		`"red"`:                                         {Action: fault.Fail, Code: "red"},
		"delay is missing":                              {Action: fault.Delay},
		"delay is 0":                                    {Action: fault.Delay, Delay: &fault.Distribution{}},
		"delay of 10m1s is not between":                 {Action: fault.Delay, Delay: &fault.Distribution{Fixed: fault.Duration(10*time.Minute) + second}},
		"delay of -1s is not between":                   {Action: fault.Delay, Delay: &fault.Distribution{Fixed: -second}},
		"delay is either fixed, or":                     {Action: fault.Delay, Delay: &fault.Distribution{Fixed: second, Max: second}},
		"or min and max, or mean":                       {Action: fault.Delay, Delay: &fault.Distribution{Mean: second, Max: second}},
		"delay's max is below its min":                  {Action: fault.Delay, Delay: &fault.Distribution{Min: second}},
		"may not be killed":                             {Action: fault.Kill},
	} {
		r := rules(t, fault.Config{})
		_, err := r.Add(rule)
		assert.ErrorContains(t, err, want)
		assert.Empty(t, r.List())
	}
}

func TestRule_JSON(t *testing.T) {
	const text = `{"id":"x","operation":"EnableUser","when":"after","action":"delay","delay":{"min":"250ms","max":"1.5s"},"probability":0.5,"seed":7,"skip":1,"times":2}`
	var rule fault.Rule
	require.NoError(t, json.Unmarshal([]byte(text), &rule))
	assert.Equal(t, fault.Rule{
		ID: "x", Operation: "EnableUser", When: engine.AfterCall, Action: fault.Delay, Probability: 0.5, Seed: 7, Skip: 1, Times: 2,
		Delay: &fault.Distribution{Min: fault.Duration(250 * time.Millisecond), Max: fault.Duration(1500 * time.Millisecond)},
	}, rule)
	again, err := json.Marshal(rule)
	require.NoError(t, err)
	assert.Equal(t, text, string(again))
	for _, wrong := range []string{`{"delay":{"fixed":5}}`, `{"delay":{"fixed":"soon"}}`} {
		assert.Error(t, json.Unmarshal([]byte(wrong), &rule), wrong)
	}
}
