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

// newSignIn gives access tokens: with an account's e-mail address and password where they are configured, else signed
// here. Whoever can read JWT_SECRET operates the system anyway; the demo needs no account of its own, and neither a
// default password nor the one-time setup link is spent on it.
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

// signToken makes an access token as the admin service does (services/admin/access_token.h), in the name of no account.
func signToken(secret []byte, now time.Time) (string, error) {
	id := make([]byte, 16)
	rand.Read(id)
	claims, err := json.Marshal(map[string]any{
		"iss": "mab", "aud": "mab", "sub": "00000000-0000-0000-0000-000000000000", "email": "demo@localhost",
		"role": "EDITOR", "jti": hex.EncodeToString(id),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(15 * time.Minute).Unix(),
	})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil)), nil
}
