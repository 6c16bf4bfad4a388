// Package front reads what comes before a message, the path and the content
// type, the way IIS and ASMX read them: Path takes slashes in a row for one, and
// ContentType accepts quotes of both kinds and blanks around parameters. Both
// programs use it, so that a client that reaches one reaches the other.
package front
