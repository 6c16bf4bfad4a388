package adapter

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDocument_Escapes(t *testing.T) {
	s := sample{Service: `a"><b>`, Operation: "<i>", Messages: []sampleMessage{{Version: "&", Request: "<x/>", Response: "'"}}}
	page := s.page()
	assert.Contains(t, page, `<a href="a&#34;&gt;&lt;b&gt;.asmx">`)
	assert.Contains(t, page, "<h2>&lt;i&gt;</h2>")
	assert.Contains(t, page, "<h3>&amp;</h3>")
	assert.Contains(t, page, "<pre>&lt;x/&gt;</pre><pre>&#39;</pre>")
}
