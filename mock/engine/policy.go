package engine

import (
	"fmt"
	"reflect"
	"strings"
)

// Policies holds the choices where the documents of the original are silent or
// disagree. The zero value is the emulator's own reading of them.
type Policies struct {
	// AccumulateExecuteData keeps one executeData for all iterations of a step.
	// Otherwise each iteration starts with a copy of the literal one (F180).
	AccumulateExecuteData bool
	// DropWrapperOnRootInsert makes the insert of a whole document insert its
	// children. Otherwise its root element goes in as well (F181).
	DropWrapperOnRootInsert bool
	// KeepAttributesInMerge leaves attributes of the merged element behind.
	// Otherwise they are set on the target, over those of the same name (F182).
	KeepAttributesInMerge bool
	// AppendInMerge always appends merged children. Otherwise children that
	// are the only ones of their name on both sides are merged in turn, and
	// what is there already is not doubled (F183).
	AppendInMerge bool
	// FirstSourceOnly takes the first node of a source path. Otherwise all are
	// taken, in document order (F184).
	FirstSourceOnly bool
	// IgnoreUnknownArguments lets elements pass that a procedure's row does
	// not know. Otherwise they are refused (F185).
	IgnoreUnknownArguments bool
	// AcceptBareNames takes a distinguished name without LDAP:// for a path.
	// Otherwise it is an invalid path name (F186).
	AcceptBareNames bool
	// TestNestedRoles tests the role of a row also when a procedure calls it.
	// Otherwise the procedure that was called from outside answers for what it
	// calls (F187).
	TestNestedRoles bool
	// RefuseTakenContactAddresses refuses to mail-enable a contact under an
	// address that another recipient of its organization has. Otherwise the
	// contact gets the next free one (F370).
	RefuseTakenContactAddresses bool
	// RefuseForeignCallers denies impersonation to callers that a trusted
	// program vouches for and the directory does not know. Otherwise they act
	// as the engine's own account (F188).
	RefuseForeignCallers bool
}

// ParsePolicies returns the policies that differ from the zero value in the
// fields named, in any letter case. A name that is not one of PolicyNames is an
// error.
func ParsePolicies(names []string) (Policies, error) {
	var p Policies
	fields := reflect.ValueOf(&p).Elem()
	for _, name := range names {
		field := fields.FieldByNameFunc(func(own string) bool { return strings.EqualFold(own, name) })
		if !field.IsValid() {
			return Policies{}, fmt.Errorf("policy %q is unknown; the policies are %s", name, strings.Join(PolicyNames(), ", "))
		}
		field.SetBool(true)
	}
	return p, nil
}

// PolicyNames returns the names of all policies, in the order of their fields.
func PolicyNames() []string {
	fields := reflect.TypeFor[Policies]()
	names := make([]string, fields.NumField())
	for i := range names {
		names[i] = fields.Field(i).Name
	}
	return names
}
