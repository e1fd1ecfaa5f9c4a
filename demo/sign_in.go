package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"
)

// How long a token is used before a new one is asked for; the services accept each for 15 minutes.
const tokenUse = 10 * time.Minute

// nobody is the id of no account and of no session.
const nobody = "00000000-0000-0000-0000-000000000000"

// newSignIn gives access tokens: with an account's e-mail address and password where they are configured, else signed
// here, which the services take in development only. Whoever can read JWT_SECRET operates the system anyway; the demo
// needs no account of its own, and neither a default password nor the one-time setup link is spent on it.
func newSignIn(api *client, getenv func(string) string) func(context.Context) (string, error) {
	var issue func(context.Context) (string, error)
	email, password, secret := getenv("MAB_ADMIN_EMAIL"), getenv("MAB_ADMIN_PASSWORD"), getenv("JWT_SECRET")
	switch {
	case email != "" && password != "":
		issue = func(ctx context.Context) (string, error) { return logIn(ctx, api, email, password) }
	case secret != "":
		issue = func(context.Context) (string, error) { return signToken([]byte(secret), time.Now()) }
	default:
		return func(context.Context) (string, error) {
			return "", errors.New("set MAB_ADMIN_EMAIL and MAB_ADMIN_PASSWORD to an account that may create experiments")
		}
	}
	var mutex sync.Mutex
	var token string
	var issued time.Time
	return func(ctx context.Context) (string, error) {
		mutex.Lock()
		defer mutex.Unlock()
		if token != "" && time.Since(issued) < tokenUse {
			return token, nil
		}
		fresh, err := issue(ctx)
		if err != nil {
			return "", err
		}
		token, issued = fresh, time.Now()
		return token, nil
	}
}

func logIn(ctx context.Context, api *client, email, password string) (string, error) {
	var session struct {
		AccessToken string `json:"access_token"`
	}
	body := map[string]any{"email": email, "password": password}
	err := api.call(ctx, http.MethodPost, "/api/auth/login", "", body, &session)
	return session.AccessToken, err
}

// signToken makes an access token as the admin service does (services/admin/access_token.h), in the name of no account
// and no session.
func signToken(secret []byte, now time.Time) (string, error) {
	id := make([]byte, 16)
	rand.Read(id)
	keyID := sha256.Sum256(append([]byte("mab-jwt-kid:"), secret...))
	header, err := json.Marshal(map[string]any{"alg": "HS256", "typ": "JWT", "kid": hex.EncodeToString(keyID[:8])})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"iss": "mab", "aud": "mab", "sub": nobody, "sid": nobody, "jti": hex.EncodeToString(id),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(15 * time.Minute).Unix(),
	})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode(header) + "." + encode(claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil)), nil
}
