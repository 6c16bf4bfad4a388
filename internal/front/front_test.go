package front

import (
	"mime"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPath(t *testing.T) {
	for path, want := range map[string]string{
		"": "", "/": "/", "//": "/", "/a/b": "/a/b", "/a//b": "/a/b", "//a///b//": "/a/b/", "/a/./b": "/a/./b", "/a/../b": "/a/../b",
	} {
		assert.Equal(t, want, Path(path), path)
	}
}

func TestPaths_AServeMuxAnswersDoubledSlashes(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /a/b", func(_ http.ResponseWriter, r *http.Request) { assert.Equal(t, "/a/b", r.URL.Path) })
	for target, want := range map[string]int{
		"/a/b": http.StatusOK, "/a//b": http.StatusOK, "http://x//a/b": http.StatusOK, "/a%2f%2fb": http.StatusOK, "/a//c": http.StatusNotFound,
	} {
		r := httptest.NewRequest(http.MethodPost, target, nil)
		asked := r.URL.Path
		w := httptest.NewRecorder()
		Paths(mux).ServeHTTP(w, r)
		assert.Equal(t, want, w.Code, target)
		assert.Equal(t, asked, r.URL.Path, "the request of the server is not changed")
	}
}

func TestContentType(t *testing.T) {
	type parameters = map[string]string
	for value, want := range map[string]parameters{
		"text/xml":                         nil,
		"TEXT/XML ":                        nil,
		"text/xml;":                        nil,
		"text/xml; charset=utf-8":          {"charset": "utf-8"},
		`text/xml; charset="utf-8"`:        {"charset": "utf-8"},
		"text/xml;charset='utf-8'":         {"charset": "utf-8"},
		"text/xml ; Charset = ' utf-8 ' ;": {"charset": "utf-8"},
		`text/xml; action='http://a/b;c'; charset=utf-8`:    {"action": "http://a/b;c", "charset": "utf-8"},
		`text/xml; action="http://a/b;c\"'d"; charset='x'`:  {"action": `http://a/b;c"'d`, "charset": "x"},
		"text/xml; charset=utf-8; charset='utf-8'":          {"charset": "utf-8"},
		"text/xml; charset='utf-8":                          {"charset": "'utf-8"},
		"text/xml; charset":                                 nil,
		"text/xml; action=http://a/b; charset=windows-1252": {"action": "http://a/b", "charset": "windows-1252"},
	} {
		media, got, err := ContentType(value)
		require.NoError(t, err, value)
		assert.Equal(t, "text/xml", media, value)
		assert.Equal(t, want, got, value)
	}
	for value, want := range map[string]error{
		"": errMediaType, ";charset=utf-8": errMediaType, "text": errMediaType, "/xml": errMediaType, "text/xml, text/html": errMediaType,
		"text/xml charset=utf-8": errMediaType, "text/xml; =utf-8": errParameter, "text/xml; charset=a; CHARSET=b": errTwice,
	} {
		_, _, err := ContentType(value)
		assert.ErrorIs(t, err, want, value)
	}
}

// FuzzContentType holds that what the standard writes is read as the standard
// reads it.
func FuzzContentType(f *testing.F) {
	f.Add("text/xml", "charset", "utf-8")
	f.Add("application/soap+xml", "action", `http://a/"b\;c`)
	f.Fuzz(func(t *testing.T, media, name, value string) {
		_, _, _ = ContentType(media + ";" + name + "=" + value)
		written := mime.FormatMediaType(media, map[string]string{name: value})
		wantMedia, want, err := mime.ParseMediaType(written)
		if written == "" || err != nil || want[name] != value || unquote(`"`+value+`"`) != value || media == "" {
			return
		}
		gotMedia, got, err := ContentType(written)
		if err != nil {
			return // a media type without a slash, which mime accepts
		}
		assert.Equal(t, wantMedia, gotMedia)
		if _, raw := got[name]; raw { // mime writes what is not ASCII under name*
			assert.Equal(t, want[name], got[name])
		}
	})
}
