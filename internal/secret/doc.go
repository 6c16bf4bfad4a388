// Package secret holds values that must never be printed.
//
// A [String] shows itself as "[redacted]" to fmt (every verb), log/slog, JSON,
// YAML and text encoders. The only way to its content is [String.Reveal], so a
// search for that name finds every place where a password leaves the type.
package secret
