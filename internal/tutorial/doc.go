// Package tutorial plays docs/tutorial.md word for word: it writes the files
// that the text shows and runs the commands, and compares what comes out. It
// also compiles the example of docs/testcontainers.md. It has no code of its
// own.
package tutorial
