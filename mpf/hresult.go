package mpf

import (
	"fmt"
	"strconv"
	"strings"
)

// HRESULT is a Windows result code. The high bit marks a failure.
type HRESULT uint32

// Codes that the original and the systems below it give. Names are those of
// the Windows headers or of the provider references.
const (
	OK                     HRESULT = 0
	Fail                   HRESULT = 0x80004005
	NotImplemented         HRESULT = 0x80004001
	Unexpected             HRESULT = 0x8000ffff
	OutOfMemory            HRESULT = 0x8007000e
	AccessDenied           HRESULT = 0x80070005
	InvalidArg             HRESULT = 0x80070057
	InvalidPassword        HRESULT = 0x80070056
	NotFound               HRESULT = 0x80070490
	LogonFailure           HRESULT = 0x8007052e
	PasswordExpiredCode    HRESULT = 0x80070532
	AccountDisabledCode    HRESULT = 0x80070533
	AccountExpiredCode     HRESULT = 0x80070701
	AccountLockedOut       HRESULT = 0x80070775
	UserExists             HRESULT = 0x80070524
	AccountExists          HRESULT = 0x800708b0
	PasswordPolicy         HRESULT = 0x800708c5
	ServerUnavailable      HRESULT = 0x800706ba
	InsufficientResources  HRESULT = 0x80070070
	Busy                   HRESULT = 0x800700aa
	AlreadyExists          HRESULT = 0x80071392
	NoAttribute            HRESULT = 0x8007200a
	AttributeSyntax        HRESULT = 0x8007200b
	AttributeExists        HRESULT = 0x8007200d
	ClassViolation         HRESULT = 0x80072014
	NotLeaf                HRESULT = 0x80072015
	OperationsError        HRESULT = 0x80072020
	ConstraintViolation    HRESULT = 0x8007202f
	NoSuchObject           HRESULT = 0x80072030
	InvalidDNSyntax        HRESULT = 0x80072032
	UnwillingToPerform     HRESULT = 0x80072035
	NamingViolation        HRESULT = 0x80072037
	ServerDown             HRESULT = 0x8007203a
	BadPathname            HRESULT = 0x80005000
	BadParameter           HRESULT = 0x80005008
	PropertyNotFound       HRESULT = 0x8000500d
	ObjectExists           HRESULT = 0x8000500e
	SchemaViolation        HRESULT = 0x8000500f
	DomainMismatch         HRESULT = 0xc2100fa5
	InputElementMissing    HRESULT = 0xc2100fa2
	InputElementInvalid    HRESULT = 0xc2100fa3
	InvalidMode            HRESULT = 0xc2100fa6
	InvalidPreference      HRESULT = 0xc2100fa7
	InvalidParameter       HRESULT = 0xc2100fab
	EvaluateOperatorCode   HRESULT = 0xc2100ffa
	EvaluateOperandCode    HRESULT = 0xc2100ffb
	EvaluateEnumCode       HRESULT = 0xc2100ffc
	EvaluateFailedCode     HRESULT = 0xc2100ffd
	EvaluateZeroCode       HRESULT = 0xc2100ffe
	ACEChildCode           HRESULT = 0xc2101068
	ACEValueCode           HRESULT = 0xc2101069
	ACEMissingCode         HRESULT = 0xc210106a
	ACERepeatedCode        HRESULT = 0xc210106b
	ACEObjectCode          HRESULT = 0xc210106c
	ACLRefusedCode         HRESULT = 0xc210106d
	NoneMapped             HRESULT = 0x80070534
	CommandError           HRESULT = 0x80040e14
	IntegrityViolation     HRESULT = 0x80040e2f
	PermissionDenied       HRESULT = 0x80040e09
	CommandTimeout         HRESULT = 0x80040e31
	InvalidOperation       HRESULT = 0x80131509
	FormatError            HRESULT = 0x80131537
	InstallFailure         HRESULT = 0x80070643
	RequestAborted         HRESULT = 0x800704c7
	UnknownNamespaceCode   HRESULT = 0x82100001
	UnknownProcedureCode   HRESULT = 0x82100002
	PrivateProcedureCode   HRESULT = 0x82100003
	SourceNodeMissingCode  HRESULT = 0x82100004
	RequestMalformedCode   HRESULT = 0x82100006
	UnknownArgumentCode    HRESULT = 0x82100007
	TransformRefusedCode   HRESULT = 0x82100008
	QueueStateCode         HRESULT = 0x82100009
	NoRankedResourcesFound HRESULT = 0x82100101
	ResourceInUse          HRESULT = 0x82100102
	ReleaseTooMuch         HRESULT = 0x82100103
	NoAllocations          HRESULT = 0x82100104
)

// String gives the code as MPF writes it, "0x80070057".
func (h HRESULT) String() string { return fmt.Sprintf("0x%08x", uint32(h)) }

// Failed tells whether the code is a failure.
func (h HRESULT) Failed() bool { return h&0x80000000 != 0 }

// ParseHRESULT reads a code in hexadecimal with 0x, or in decimal, signed or
// not, as COM writes it.
func ParseHRESULT(s string) (HRESULT, error) {
	s = strings.TrimSpace(s)
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		v, err := strconv.ParseUint(hex, 16, 32)
		if err != nil {
			return 0, fmt.Errorf("result code %q is not a 32 bit number", s)
		}
		return HRESULT(v), nil
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v > 1<<32-1 || v < -1<<31 {
		return 0, fmt.Errorf("result code %q is not a 32 bit number", s)
	}
	return HRESULT(uint32(v)), nil
}

// Code is one row of the table of codes.
type Code struct {
	Code HRESULT
	// Name is the symbol of the Windows headers or of the provider reference.
	Name string
	// Text is the system's text, or a pattern with %1, %2.
	Text string
}

// Codes is the table of codes with their names and texts. Codes in the
// 0x8210xxxx range are ours, for failures whose original code is not known.
func Codes() []Code { return append([]Code(nil), codes...) }

// Lookup gives the row of a code.
func (h HRESULT) Lookup() (Code, bool) {
	for _, c := range codes {
		if c.Code == h {
			return c, true
		}
	}
	return Code{}, false
}

// Name gives the symbol of the code, or its number if it has none.
func (h HRESULT) Name() string {
	if c, ok := h.Lookup(); ok {
		return c.Name
	}
	return h.String()
}

// Text gives the system's text of the code, or "".
func (h HRESULT) Text() string {
	c, _ := h.Lookup()
	return c.Text
}

var codes = []Code{
	{OK, "S_OK", "The operation completed successfully."},
	{Fail, "E_FAIL", "Unspecified error."},
	{NotImplemented, "E_NOTIMPL", "Not implemented."},
	{Unexpected, "E_UNEXPECTED", "Catastrophic failure."},
	{OutOfMemory, "E_OUTOFMEMORY", "Not enough storage is available to complete this operation."},
	{AccessDenied, "E_ACCESSDENIED", "Access is denied."},
	{InvalidArg, "E_INVALIDARG", "The parameter is incorrect."},
	{InvalidPassword, "ERROR_INVALID_PASSWORD", "The specified network password is not correct."},
	{NotFound, "ERROR_NOT_FOUND", "Element not found."},
	{LogonFailure, "ERROR_LOGON_FAILURE", "Logon failure: unknown user name or bad password."},
	{PasswordExpiredCode, "ERROR_PASSWORD_EXPIRED", "Logon failure: the specified account password has expired."},
	{AccountDisabledCode, "ERROR_ACCOUNT_DISABLED", "Logon failure: account currently disabled."},
	{AccountExpiredCode, "ERROR_ACCOUNT_EXPIRED", "The user's account has expired."},
	{AccountLockedOut, "ERROR_ACCOUNT_LOCKED_OUT", "The referenced account is currently locked out and may not be logged on to."},
	{UserExists, "ERROR_USER_EXISTS", "The specified account already exists."},
	{AccountExists, "NERR_UserExists", "The account already exists."},
	{PasswordPolicy, "NERR_PasswordTooShort", "The password does not meet the password policy requirements. Check the minimum password length, password complexity and password history requirements."},
	{ServerUnavailable, "RPC_S_SERVER_UNAVAILABLE", "The RPC server is unavailable."},
	{InsufficientResources, "ERROR_DISK_FULL", "There is not enough space on the disk."},
	{Busy, "ERROR_BUSY", "The requested resource is in use."},
	{RequestAborted, "ERROR_CANCELLED", "The operation was canceled by the user."},
	{InstallFailure, "ERROR_INSTALL_FAILURE", "Fatal error during installation."},
	{AlreadyExists, "ERROR_OBJECT_ALREADY_EXISTS", "The object already exists."},
	{NoAttribute, "ERROR_DS_NO_ATTRIBUTE_OR_VALUE", "The specified directory service attribute or value does not exist."},
	{AttributeSyntax, "ERROR_DS_INVALID_ATTRIBUTE_SYNTAX", "The attribute syntax specified to the directory service is invalid."},
	{AttributeExists, "ERROR_DS_ATTRIBUTE_OR_VALUE_EXISTS", "The specified directory service attribute or value already exists."},
	{ClassViolation, "ERROR_DS_OBJ_CLASS_VIOLATION", "The requested operation did not satisfy one or more constraints associated with the class of the object."},
	{NotLeaf, "ERROR_DS_CANT_ON_NON_LEAF", "The directory service can perform the requested operation only on a leaf object."},
	{OperationsError, "ERROR_DS_OPERATIONS_ERROR", "An operations error occurred."},
	{ConstraintViolation, "ERROR_DS_CONSTRAINT_VIOLATION", "A constraint violation occurred."},
	{NoSuchObject, "ERROR_DS_NO_SUCH_OBJECT", "There is no such object on the server."},
	{InvalidDNSyntax, "ERROR_DS_INVALID_DN_SYNTAX", "An invalid dn syntax has been specified."},
	{UnwillingToPerform, "ERROR_DS_UNWILLING_TO_PERFORM", "The server is unwilling to process the request."},
	{NamingViolation, "ERROR_DS_NAMING_VIOLATION", "There is a naming violation."},
	{ServerDown, "ERROR_DS_SERVER_DOWN", "The server is not operational."},
	{BadPathname, "E_ADS_BAD_PATHNAME", "An invalid ADSI pathname was passed."},
	{BadParameter, "E_ADS_BAD_PARAMETER", "One or more input parameters are invalid."},
	{PropertyNotFound, "E_ADS_PROPERTY_NOT_FOUND", "The ADSI property cannot be found in the property cache."},
	{ObjectExists, "E_ADS_OBJECT_EXISTS", "The ADSI object exists."},
	{SchemaViolation, "E_ADS_SCHEMA_VIOLATION", "The attempted action violates the directory service schema rules."},
	{InputElementMissing, "ADSCO_INPUT_ELEMENT_MISSING", "The required input element '%1' was not found in type '%2'."},
	{InputElementInvalid, "ADSCO_INPUT_ELEMENT_INVALID", "The input element '%1' is invalid in type '%2'."},
	{DomainMismatch, "ADSCO_DOMAIN_MISMATCH", "The domain of the path does not match that of the preferredDomainController."},
	{InvalidMode, "ADSCO_INVALID_MODE", "Invalid mode attribute value for property."},
	{InvalidPreference, "ADSCO_INVALID_PREFERENCE", "The child '%1' of a preference is missing or invalid."},
	{InvalidParameter, "ADSCO_INVALID_PARAMETER", "Invalid parameter: '%1'."},
	{EvaluateOperatorCode, "ADSCO_EVALUATE_OPERATOR", "The operator '%1' is unknown."},
	{EvaluateOperandCode, "ADSCO_EVALUATE_OPERAND", "An operand of '%1' is missing."},
	{EvaluateEnumCode, "ADSCO_EVALUATE_ENUM", "The value '%1' is not in the enumeration."},
	{EvaluateFailedCode, "ADSCO_EVALUATE_FAILED", "The operator '%1' could not be evaluated."},
	{EvaluateZeroCode, "ADSCO_EVALUATE_ZERO", "Division by zero."},
	{ACEChildCode, "ADSCO_ACE_CHILD", "The child '%1' of an ace is unknown."},
	{ACEValueCode, "ADSCO_ACE_VALUE", "The value of the child '%1' of an ace is invalid."},
	{ACEMissingCode, "ADSCO_ACE_MISSING", "The child '%1' of an ace is missing."},
	{ACERepeatedCode, "ADSCO_ACE_REPEATED", "The child '%1' of an ace is there more than once."},
	{ACEObjectCode, "ADSCO_ACE_OBJECT", "The trusteeForm has no object, but an object was given."},
	{ACLRefusedCode, "ADSCO_ACL_REFUSED", "The access control list was rejected by SetEntriesInAcl."},
	{NoneMapped, "ERROR_NONE_MAPPED", "No mapping between account names and security IDs was done."},
	{CommandError, "DB_E_ERRORSINCOMMAND", "One or more errors occurred during processing of command."},
	{IntegrityViolation, "DB_E_INTEGRITYVIOLATION", "A specified value violated the integrity constraints for a column or table."},
	{PermissionDenied, "DB_SEC_E_PERMISSIONDENIED", "Permission denied."},
	{CommandTimeout, "DB_E_ABORTLIMITREACHED", "Execution was aborted because a resource limit has been reached."},
	{InvalidOperation, "COR_E_INVALIDOPERATION", "Operation is not valid due to the current state of the object."},
	{FormatError, "COR_E_FORMAT", "Input string was not in a correct format."},
	{UnknownNamespaceCode, "WSE_UNKNOWN_NAMESPACE", "The namespace '%1' is not registered."},
	{UnknownProcedureCode, "WSE_UNKNOWN_PROCEDURE", "The procedure '%1' is not registered in namespace '%2'."},
	{PrivateProcedureCode, "WSE_PRIVATE_PROCEDURE", "The procedure '%1' of namespace '%2' is private."},
	{SourceNodeMissingCode, "WSE_SOURCE_NODE_MISSING", "The source node '%1' was not found."},
	{RequestMalformedCode, "WSE_REQUEST_MALFORMED", "The request is not valid: %1"},
	{UnknownArgumentCode, "WSE_UNKNOWN_ARGUMENT", "The argument '%1' is not known to procedure '%2'."},
	{TransformRefusedCode, "WSE_TRANSFORM_REFUSED", "The transform cannot be run: %1"},
	{QueueStateCode, "WSE_QUEUE_STATE", "The queued request '%1' is in state %2."},
	{NoRankedResourcesFound, "E_BLOCKMODEL_NO_RANKED_RESOURCES_FOUND", "No resource with sufficient capacity was found."},
	{ResourceInUse, "WSE_RESOURCE_IN_USE", "The resource '%1' is in use."},
	{ReleaseTooMuch, "WSE_RELEASE_TOO_MUCH", "A procedure tried to release more resources than are currently allocated to a consumer."},
	{NoAllocations, "WSE_NO_ALLOCATIONS", "No allocations were found to update."},
}
