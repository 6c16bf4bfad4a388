// Package client is the emulator's control API in Go: for tests that drive an
// emulator in another process. Those in the same process have package mocktest.
package client
