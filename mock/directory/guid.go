package directory

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// GUID is an objectGUID in the octet order of the directory: the first three
// groups of the text form are little-endian. F100.
type GUID [16]byte

// RandomGUID makes a version 4 GUID from the system's random source.
func RandomGUID() GUID {
	var g GUID
	_, _ = rand.Read(g[:]) // never fails since Go 1.24
	g[7] = g[7]&0x0f | 0x40
	g[8] = g[8]&0x3f | 0x80
	return g
}

// String returns the text form in braces, lower case, such as
// {00112233-4455-6677-8899-aabbccddeeff}.
func (g GUID) String() string {
	return fmt.Sprintf("{%08x-%04x-%04x-%x-%x}", binary.LittleEndian.Uint32(g[0:4]),
		binary.LittleEndian.Uint16(g[4:6]), binary.LittleEndian.Uint16(g[6:8]), g[8:10], g[10:])
}

// Octets returns the 16 octets in directory order as 32 upper-case hex digits.
func (g GUID) Octets() string { return strings.ToUpper(hex.EncodeToString(g[:])) }

// ParseGUID reads the text form, with or without braces, and the octets form,
// in any letter case.
func ParseGUID(s string) (GUID, error) {
	text := strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(text, "{"); ok {
		text = strings.TrimSuffix(inner, "}")
	}
	dashed := len(text) == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-'
	if dashed {
		text = strings.ReplaceAll(text, "-", "")
	}
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 16 {
		return GUID{}, fmt.Errorf("%q is not a GUID", s)
	}
	g := GUID(raw)
	if dashed {
		g[0], g[1], g[2], g[3] = g[3], g[2], g[1], g[0]
		g[4], g[5] = g[5], g[4]
		g[6], g[7] = g[7], g[6]
	}
	return g, nil
}

// SID is a security identifier in its text form, S-1-5-21-…, or empty.
type SID string

// ParseSID reads the text form of a SID.
func ParseSID(s string) (SID, error) {
	sid := SID(strings.ToUpper(strings.TrimSpace(s)))
	if _, err := sid.binary(); err != nil {
		return "", err
	}
	return sid, nil
}

// SIDFromOctets reads the binary form of a SID.
func SIDFromOctets(b []byte) (SID, error) {
	if len(b) < 8 || b[0] != 1 || len(b) != 8+4*int(b[1]) {
		return "", fmt.Errorf("%d octets are not a SID", len(b))
	}
	var authority uint64
	for _, octet := range b[2:8] {
		authority = authority<<8 | uint64(octet)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "S-1-%d", authority)
	for rest := b[8:]; len(rest) > 0; rest = rest[4:] {
		fmt.Fprintf(&text, "-%d", binary.LittleEndian.Uint32(rest))
	}
	return SID(text.String()), nil
}

// Octets returns the binary form, and nil for an empty or malformed SID.
func (s SID) Octets() []byte {
	octets, err := s.binary()
	if err != nil {
		return nil
	}
	return octets
}

// Child returns the SID of the account with a relative id in the domain s.
func (s SID) Child(rid int64) SID { return SID(string(s) + "-" + strconv.FormatInt(rid, 10)) }

func (s SID) binary() ([]byte, error) {
	parts := strings.Split(string(s), "-")
	if len(parts) < 3 || len(parts) > 18 || parts[0] != "S" || parts[1] != "1" {
		return nil, fmt.Errorf("%q is not a SID", string(s))
	}
	authority, err := strconv.ParseUint(parts[2], 10, 48)
	if err != nil {
		return nil, fmt.Errorf("%q is not a SID", string(s))
	}
	octets := []byte{1, byte(len(parts) - 3)}
	for shift := 40; shift >= 0; shift -= 8 {
		octets = append(octets, byte(authority>>shift))
	}
	for _, part := range parts[3:] {
		number, err := strconv.ParseUint(part, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%q is not a SID", string(s))
		}
		octets = binary.LittleEndian.AppendUint32(octets, uint32(number))
	}
	return octets, nil
}
