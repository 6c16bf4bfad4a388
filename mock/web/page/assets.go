package page

import (
	"crypto/sha256"
	_ "embed" // style and script
	"encoding/hex"
	"net/http"

	"github.com/labstack/echo/v4"
)

//go:embed style.css
var style []byte

//go:embed script.js
var script []byte

// Where style and script are. The end of the addresses changes with the content,
// so that browsers keep what they have until there is another.
var (
	styleURL  = "/assets/style.css?" + digest(style)
	scriptURL = "/assets/script.js?" + digest(script)
)

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:6])
}

// Assets serves style and script to everybody.
func Assets(e *echo.Echo) {
	for path, asset := range map[string]struct {
		media   string
		content []byte
	}{
		"/assets/style.css": {"text/css; charset=utf-8", style},
		"/assets/script.js": {"text/javascript; charset=utf-8", script},
	} {
		e.GET(path, func(c echo.Context) error {
			Protect(c.Response().Header())
			c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			return c.Blob(http.StatusOK, asset.media, asset.content)
		})
	}
}
