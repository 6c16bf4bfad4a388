// Package cldap answers the LDAP ping: a search of the root DSE over UDP by
// which clients find a domain controller and learn about its domain (MS-ADTS
// section 6.3.3). A client such as adcli or Samba's net asks for the attribute
// netlogon with a filter that names the domain; the answer is one value, a
// NETLOGON_SAM_LOGON_RESPONSE_EX structure (MS-ADTS section 6.3.1.9).
//
// ReadPing reads what is asked from a search request, Domain.Answer makes the
// structure, and Server does both over UDP. Answers are larger than questions
// and addresses of senders can be forged, so a Server answers an address only so
// often.
package cldap
