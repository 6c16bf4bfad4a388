// Package attribute reads which attributes a search asks for, and cuts
// attributes with many values into ranges as Active Directory does (MS-ADTS
// section 3.1.1.3.1.3.3): member;range=0-1499 and so on, until the last piece,
// whose range ends in an asterisk.
//
// It knows attributes as names only. Whether one is operational, such as
// canonicalName, its caller knows.
package attribute
