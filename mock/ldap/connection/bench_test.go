package connection

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkServer_Search is one search over a TCP connection, the client's part
// included.
func BenchmarkServer_Search(b *testing.B) {
	_, address := start(b, Config{})
	conn := raw(b, address)
	request, answer := searchMessage(1000, "CN=a"), make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		_, err := conn.Write(request)
		require.NoError(b, err)
		_, err = conn.Read(answer)
		require.NoError(b, err)
	}
}
