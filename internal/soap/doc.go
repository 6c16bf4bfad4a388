// Package soap reads and writes SOAP 1.1 and 1.2 envelopes and faults. It
// knows nothing of HTTP: the web services, the SOAP ISAPI door of MPF and the
// clients of both use it alike.
//
// ReadEnvelope reads one envelope through the strict XML layer and holds it to
// its shape: an optional Header, then a Body with exactly one child element.
// What is wrong comes back as a *Fault, ready to be sent.
//
// AppendEnvelope, and AppendStart with AppendEnd around a body that the caller
// writes himself, write the envelope literally, as ASMX writes it: its prefixes
// and declarations are part of what old clients expect. AppendFault writes a
// fault in ASMX's form of either version.
package soap
