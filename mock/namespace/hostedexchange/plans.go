package hostedexchange

import (
	"errors"

	"wsexchange/mock/engine"
	"wsexchange/mock/plan"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// planNamespace is where the procedures of the plan database live.
const planNamespace = "Hosted Exchange"

// mailboxPlan is the plan type of all mailbox plans.
const mailboxPlan = "ExchMailbox"

var (
	planController = engine.Argument{Name: "preferredDomainController", Type: engine.Controller, Required: true}
	anyController  = engine.Argument{Name: "preferredDomainController", Type: engine.Controller}
	customerPath   = engine.Argument{Name: "path", Type: engine.Path, Required: true}
	planNames      = engine.Argument{Name: "availablePlans", Type: engine.Tree, Required: true}
	planName       = engine.Argument{Name: "planName", Type: engine.Text, Required: true, Max: 64}
	statusName     = engine.Argument{Name: "statusTypeName", Type: engine.Text, Max: 20}
	planTypeName   = engine.Argument{Name: "planTypeName", Type: engine.Text, Max: 20}
	categoryName   = engine.Argument{Name: "categoryName", Type: engine.Text, Max: 64}
)

// planRows are the procedures of plans and of the customer database.
func planRows() []engine.Procedure {
	return append(publicPlanRows(), privatePlanRows()...)
}

func publicPlanRows() []engine.Procedure {
	return []engine.Procedure{
		{
			Name: "GetPlans", Summary: "Lists the plans, filtered by type, category and status.",
			Type: engine.Read, Access: engine.Public, Fidelity: engine.Documented, Run: getPlans,
			Arguments: []engine.Argument{planTypeName, categoryName, statusName, planController},
		},
		{
			Name: "GetPlanDetail", Summary: "Tells a plan's features and the mailbox settings that follow from them.",
			Type: engine.Read, Access: engine.Public, Fidelity: engine.Documented, Run: getPlanDetail,
			Arguments: []engine.Argument{planName, planController, statusName},
		},
		{
			Name: "CreateMailboxPlan", Summary: "Makes a mailbox plan from categories and feature types that exist.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: createMailboxPlan,
			Arguments: planDefinition("planDescription"),
		},
		{
			Name: "CreatePlanFeatureTypes", Summary: "Adds feature types that plans can then use.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: createPlanFeatureTypes,
			Arguments: []engine.Argument{{Name: "planFeatures", Type: engine.Tree, Required: true}, planController},
		},
		{
			Name: "AddAvailablePlans", Summary: "Makes plans available to an organization.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "path", Fidelity: engine.Documented, Run: addAvailablePlans,
			Arguments: []engine.Argument{customerPath, planController, planNames},
		},
		{
			Name: "RemoveAvailablePlans", Summary: "Takes plans from an organization that no user of it has.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "path", Fidelity: engine.Documented, Run: removeAvailablePlans,
			Arguments: []engine.Argument{customerPath, planController, planNames},
		},
		{
			Name: "GetAvailablePlans", Summary: "Lists the plans that an organization may use.",
			Type: engine.Read, Access: engine.Public, Role: engine.UserCreator, Subject: "path", Fidelity: engine.Documented, Run: getAvailablePlans,
			Arguments: []engine.Argument{customerPath, planController},
		},
		{
			Name: "InitializeCustomerPlanDatabase", Summary: "Writes the vocabularies of the plan database; may be repeated.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: initializeCustomerPlanDatabase,
			Arguments: []engine.Argument{planController},
		},
		{
			Name: "GetModifiedOrganizations", Summary: "Lists the organizations whose membership changed in a time, for rebuilding offline address lists.",
			Type: engine.Read, Access: engine.Public, Role: engine.OABUpdater, Fidelity: engine.Documented, Run: getModifiedOrganizations,
			Arguments: []engine.Argument{
				{Name: "startDate", Type: engine.DateTime, Required: true},
				{Name: "endDate", Type: engine.DateTime, Required: true},
				{Name: "maximumRows", Type: engine.Number},
				planController,
			},
		},
	}
}

func privatePlanRows() []engine.Procedure {
	return append([]engine.Procedure{
		private(engine.Read, "GetPlanDetailRecord_", "Tells a plan's features and settings; with statusTypeName only a plan of that status.", getPlanDetailRecord,
			planName, statusName, anyController),
		private(engine.Read, "GetPlanRecords_", "Lists plans as servicePlans, filtered.", getPlanRecords,
			planTypeName, categoryName, statusName, anyController),
		private(engine.Write, "CreatePlanRecord_", "Makes a plan of a type; description, categories and features as CreateMailboxPlan.", createPlanRecord,
			append(planDefinition("planDescription"), engine.Argument{Name: "planTypeName", Type: engine.Text, Required: true, Max: 20})...),
		private(engine.Write, "SetPlanStatus_", "Changes the status of a plan.", setPlanStatus,
			planName, required(statusName), anyController),
		private(engine.Read, "GetCustomerAvailablePlansRecord_", "Lists the plans of the customer at path as servicePlans; statusTypeName is Enabled unless given.", getCustomerAvailablePlansRecord,
			customerPath, statusName, anyController),
		private(engine.Write, "SetAvailablePlanStatus_", "Gives (Enabled) or takes (Deleted) a plan of the customer at path, and notes the event.", setAvailablePlanStatus,
			customerPath, planName, required(statusName), anyController),
		private(engine.Read, "EnsureServicePlanAvailable_", "Fails unless the organization that path is, or lies in, may use the plan, which must be enabled and of planTypeName (ExchMailbox unless given).", ensureServicePlanAvailable,
			customerPath, planName, planTypeName, anyController),
		private(engine.Read, "ExecPlanSQL_", "Runs one of the named queries of the plan database and gives a rowSet.", execPlanSQL,
			engine.Argument{Name: "query", Type: engine.Text, Required: true, OneOf: []string{queryModified}},
			engine.Argument{Name: "startDate", Type: engine.DateTime, Required: true}, engine.Argument{Name: "endDate", Type: engine.DateTime, Required: true},
			engine.Argument{Name: "maximumRows", Type: engine.Number, Required: true}, anyController),
	}, customerRows()...)
}

func private(kind engine.Type, name, summary string, run func(*engine.Call) error, arguments ...engine.Argument) engine.Procedure {
	return engine.Procedure{
		Name: name, Summary: summary, Type: kind, Access: engine.Private,
		Fidelity: engine.Inferred, Arguments: arguments, Run: run,
	}
}

func required(a engine.Argument) engine.Argument {
	a.Required = true
	return a
}

// planDefinition are the arguments that describe a new plan. The domain
// controller is not among the documented ones and may be left out.
func planDefinition(description string) []engine.Argument {
	return []engine.Argument{
		planName,
		{Name: description, Type: engine.Text, Required: true, Max: 255},
		{Name: "planCategories", Type: engine.Tree},
		{Name: "planFeatures", Type: engine.Tree},
		anyController,
	}
}

// missingPlanThings tells which cause a missing row of the plan database is;
// the rest are terms of a vocabulary.
var missingPlanThings = map[string]*mpf.Cause{
	plan.KindPlan:         mpf.PlanUnknown,
	plan.KindFeatureType:  mpf.PlanFeatureUnknown,
	plan.TermPlanCategory: mpf.PlanCategoryUnknown,
}

var takenPlanThings = map[string]*mpf.Cause{
	plan.KindPlan:        mpf.PlanExists,
	plan.KindFeatureType: mpf.PlanFeatureExists,
	plan.KindCustomer:    mpf.CustomerExists,
}

var planVocabularies = map[string]bool{
	plan.TermEventType: true, plan.TermStatusType: true, plan.TermCustomerType: true,
	plan.TermAssetType: true, plan.TermPlanType: true,
}

// planFault names the failures of the plan database; others pass.
func planFault(err error) error {
	var missing *state.NotFoundError
	if errors.As(err, &missing) {
		if missing.Kind == plan.KindCustomer {
			return mpf.CustomerUnknown.New()
		}
		if cause, ok := missingPlanThings[missing.Kind]; ok {
			return cause.New(missing.Value)
		}
		if planVocabularies[missing.Kind] {
			return mpf.PlanTermUnknown.New(missing.Kind, missing.Value)
		}
	}
	var taken *state.ConflictError
	if errors.As(err, &taken) {
		if cause, ok := takenPlanThings[taken.Kind]; ok {
			return cause.New(taken.Value)
		}
	}
	return err
}
