package api

import (
	"context"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/proto"

	mabv1 "mab/gen/go/mab/v1"
)

const (
	// sessionCookieSeconds is how long a refresh token lives: 30 days.
	sessionCookieSeconds = 30 * 24 * 60 * 60
	// maxRefreshToken is the longest token that is forwarded, in bytes.
	maxRefreshToken = 1024
)

// sessionCookie keeps the refresh token where no script reads it. The services know it as metadata only.
type sessionCookie struct {
	name   string
	secure bool
}

// newSessionCookie returns the cookie that a browser binds to this host and to TLS. In development there is no TLS.
func newSessionCookie(production bool) sessionCookie {
	if production {
		return sessionCookie{name: "__Host-mab_refresh", secure: true}
	}
	return sessionCookie{name: "mab_refresh"}
}

// token is what the browser sent; "" where that can't be one.
func (c sessionCookie) token(r *http.Request) string {
	cookie, err := r.Cookie(c.name)
	if err != nil || len(cookie.Value) > maxRefreshToken {
		return ""
	}
	for _, b := range []byte(cookie.Value) {
		if b <= ' ' || b > '~' {
			return ""
		}
	}
	return cookie.Value
}

func (c sessionCookie) set(w http.ResponseWriter, token string, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: c.name, Value: token, Path: "/", MaxAge: maxAge,
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

func (c sessionCookie) clear(w http.ResponseWriter) { c.set(w, "", -1) }

// forwardResponse moves the refresh token of an answer into the cookie, and takes the cookie away at the end of a
// session. Private answers are never cached.
func (c sessionCookie) forwardResponse(ctx context.Context, w http.ResponseWriter, message proto.Message) error {
	w.Header().Set("Cache-Control", "no-store")
	if _, ok := message.(*mabv1.LogoutResponse); ok {
		c.clear(w)
		return nil
	}
	md, _ := runtime.ServerMetadataFromContext(ctx)
	if tokens := md.HeaderMD.Get(refreshTokenKey); len(tokens) == 1 {
		c.set(w, tokens[0], sessionCookieSeconds)
	}
	return nil
}
