package page

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"wsexchange/internal/secret"
)

// TokenField is the name of the field of forms with the token against forgery.
// Browsers send credentials of Basic authentication with every request, those
// that a foreign page makes them send too.
const TokenField = "formToken"

// seal signs texts under the frame's key.
func (f *Frame) seal(texts ...string) string {
	mac := hmac.New(sha256.New, f.key[:])
	for _, text := range texts {
		mac.Write([]byte(strconv.Itoa(len(text)) + ":" + text))
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Token is that of the visitor's forms.
func (v *Visit) Token() string { return v.frame.seal("form", strings.ToLower(v.Account())) }

// foreign refuses requests that a page of another origin made, by the headers of
// browsers.
var foreign = http.NewCrossOriginProtection()

// checkForm refuses a form that no page of this program made. The token of an
// upload is in the query, so that its body need not be read.
func (f *Frame) checkForm(v *Visit, inBody bool) error {
	if err := foreign.Check(v.Request()); err != nil {
		return Refuse(http.StatusForbidden, "The form was sent by a page of another site.")
	}
	given := v.QueryParam(TokenField)
	if inBody {
		if err := v.Request().ParseForm(); err != nil {
			var long *http.MaxBytesError
			if errors.As(err, &long) {
				return Refuse(http.StatusRequestEntityTooLarge, "The form is longer than "+strconv.FormatInt(long.Limit, 10)+" bytes.")
			}
			return Refuse(http.StatusBadRequest, "The form cannot be read.")
		}
		given = v.Request().PostForm.Get(TokenField)
	}
	if subtle.ConstantTimeCompare([]byte(given), []byte(v.Token())) != 1 {
		return Refuse(http.StatusForbidden, "The form is out of date: the program was started again, or another account is logged on. Load the page again.")
	}
	return nil
}

// unlockCookie says that its sender gave the token for changes.
const unlockCookie = "wsexchange-unlocked"

// unlockedFor is how long a token that was given counts.
const unlockedFor = 12 * time.Hour

func (f *Frame) unlocked(v *Visit) bool {
	cookie, err := v.Cookie(unlockCookie)
	if err != nil || len(f.config.Unlock) == 0 {
		return false
	}
	until, sealed, _ := strings.Cut(cookie.Value, ".")
	seconds, err := strconv.ParseInt(until, 10, 64)
	if err != nil || f.config.Now().Unix() >= seconds {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(sealed), []byte(f.sealSession(v, until))) == 1
}

func (f *Frame) sealSession(v *Visit, until string) string {
	return f.seal("unlocked", strings.ToLower(v.Account()), until)
}

// CanUnlock reports whether there is a token for changes.
func (v *Visit) CanUnlock() bool { return len(v.frame.config.Unlock) > 0 }

// Unlock lets the visitor make changes if the token is right, and reports
// whether it is.
func (v *Visit) Unlock(token string) bool {
	if !slices.ContainsFunc(v.frame.config.Unlock, secret.New(token).Equal) {
		return false
	}
	until := strconv.FormatInt(v.Now().Add(unlockedFor).Unix(), 10)
	v.session(until+"."+v.frame.sealSession(v, until), int(unlockedFor/time.Second))
	return true
}

// Lock takes that back.
func (v *Visit) Lock() { v.session("", -1) }

func (v *Visit) session(value string, seconds int) {
	v.SetCookie(&http.Cookie{
		Name: unlockCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: v.frame.config.Secure, SameSite: http.SameSiteStrictMode,
	})
}
