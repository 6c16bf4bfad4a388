package activedirectory

import (
	"encoding/binary"
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// accountBits are the names that an enum takes: those of ADS_USER_FLAG_ENUM,
// without their prefix.
var accountBits = map[string]int32{
	"SCRIPT": 0x1, "ACCOUNTDISABLE": 0x2, "HOMEDIR_REQUIRED": 0x8, "LOCKOUT": 0x10, "PASSWD_NOTREQD": 0x20,
	"PASSWD_CANT_CHANGE": 0x40, "ENCRYPTED_TEXT_PASSWORD_ALLOWED": 0x80, "TEMP_DUPLICATE_ACCOUNT": 0x100,
	"NORMAL_ACCOUNT": 0x200, "INTERDOMAIN_TRUST_ACCOUNT": 0x800, "WORKSTATION_TRUST_ACCOUNT": 0x1000,
	"SERVER_TRUST_ACCOUNT": 0x2000, "DONT_EXPIRE_PASSWD": 0x10000, "MNS_LOGON_ACCOUNT": 0x20000,
	"SMARTCARD_REQUIRED": 0x40000, "TRUSTED_FOR_DELEGATION": 0x80000, "NOT_DELEGATED": 0x100000,
}

const accountBitPrefix = "ADS_UF_"

// operator is a row of Evaluate: an element with operands.
type operator struct {
	operands int
	compute  func(c *engine.Call, of []int32) (int32, error)
}

var operators = map[string]operator{
	"and": {2, func(_ *engine.Call, of []int32) (int32, error) { return of[0] & of[1], nil }},
	"or":  {2, func(_ *engine.Call, of []int32) (int32, error) { return of[0] | of[1], nil }},
	"not": {1, func(_ *engine.Call, of []int32) (int32, error) { return ^of[0], nil }},
	"mod": {2, func(_ *engine.Call, of []int32) (int32, error) {
		if of[1] == 0 {
			return 0, mpf.EvaluateZero.New()
		}
		return int32(int64(of[0]) % int64(of[1])), nil
	}},
	"rand": {0, func(c *engine.Call, _ []int32) (int32, error) {
		guid := c.Tx.NewGUID()
		return int32(binary.LittleEndian.Uint32(guid[:]) ^ binary.LittleEndian.Uint32(guid[12:])), nil
	}},
}

// constants are the elements that are a number by their text.
var constants = map[string]func(text string) (int32, error){
	"enum": func(text string) (int32, error) {
		bit, ok := accountBits[strings.TrimPrefix(text, accountBitPrefix)]
		if !ok || !strings.HasPrefix(text, accountBitPrefix) {
			return 0, mpf.EvaluateEnum.New(text, "ADS_USER_FLAG_ENUM")
		}
		return bit, nil
	},
	"hex": func(text string) (int32, error) {
		return number("hex", strings.TrimPrefix(strings.ToLower(text), "0x"), 16)
	},
	"value": func(text string) (int32, error) { return number("value", text, 10) },
}

// number reads a number of 32 bits, signed or not.
func number(element, text string, base int) (int32, error) {
	n, err := strconv.ParseInt(text, base, 64)
	if err != nil || n > 1<<32-1 || n < -1<<31 {
		return 0, mpf.EvaluateFailed.New(element, text)
	}
	return int32(uint32(n)), nil
}

// evaluate computes the one operator in the expression; the strict XML layer
// bounds how deep it is.
func evaluate(c *engine.Call) error {
	of, err := operandsOf(c, c.Node("expression"), 1)
	if err != nil {
		return err
	}
	c.OutputText("result", strconv.FormatInt(int64(of[0]), 10))
	return nil
}

func operandsOf(c *engine.Call, n *xmldoc.Node, want int) ([]int32, error) {
	var of []int32
	for child := range xmldoc.Elements(n) {
		one, err := compute(c, child)
		if err != nil {
			return nil, err
		}
		of = append(of, one)
	}
	if len(of) != want {
		return nil, mpf.EvaluateOperand.New(n.Data, strconv.Itoa(want), strconv.Itoa(len(of)))
	}
	return of, nil
}

func compute(c *engine.Call, n *xmldoc.Node) (int32, error) {
	if read, ok := constants[n.Data]; ok {
		return read(strings.TrimSpace(xmldoc.Text(n)))
	}
	o, ok := operators[n.Data]
	if !ok {
		return 0, mpf.EvaluateOperator.New(n.Data)
	}
	of, err := operandsOf(c, n, o.operands)
	if err != nil {
		return 0, err
	}
	return o.compute(c, of)
}
