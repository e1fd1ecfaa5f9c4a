package integration

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mab/tests/harness"
)

// A whole session: set-up, sign-ins that fail and succeed, tokens, visitors, an erasure, bad input and a restart. None of
// its secrets is in a log, in an answer to somebody else's mistake, or in a process list.
func TestSecretsAreNowhereToBeRead(t *testing.T) {
	const databasePassword = "database-password-4711"
	const wrongPassword = "wrong-password-0815-of-somebody"
	const visitor, visitorInURL = "visitor-who-tells-nobody", "visitor-in-a-query"
	stack := harness.Start(t, harness.Options{
		Environment: []string{"LOG_LEVEL=debug", "MAB_JOURNAL_RETAIN=2s"},
		// The server trusts its socket; the password is there to be found where it should not be.
		DatabaseURL: func(stack *harness.Stack) string {
			return stack.Postgres.URL() + "&password=" + databasePassword
		},
	})
	secrets := map[string]string{
		"the setup token": harness.SetupToken, "the password": harness.AdminPassword, "a wrong password": wrongPassword,
		"the JWT secret": harness.JWTSecret, "the internal secret": harness.InternalSecret, "the key of users' hashes": harness.UserHashKey,
		"the database's password": databasePassword, "a visitor": visitor, "a visitor in a query": visitorInURL,
	}

	// Answers that complain must not repeat what they complain of.
	refused := func(method, path, token string, body any, headers ...string) {
		t.Helper()
		answer := stack.Call(t, method, path, token, body, headers...)
		if answer.Status < 400 {
			t.Errorf("%s %s: %d", method, path, answer.Status)
		}
		for name, secret := range secrets {
			if bytes.Contains(answer.Body, []byte(secret)) {
				t.Errorf("%s %s repeats %s: %s", method, path, name, answer.Body)
			}
		}
	}
	refused("POST", "/api/auth/setup", "", map[string]any{"token": wrongPassword, "email": harness.AdminEmail, "password": harness.AdminPassword})
	setUp := stack.Call(t, "POST", "/api/auth/setup", "", map[string]any{
		"token": harness.SetupToken, "email": harness.AdminEmail, "password": harness.AdminPassword})
	var session struct {
		AccessToken string `json:"access_token"`
	}
	setUp.Decode(t, &session)
	secrets["the first access token"] = session.AccessToken
	refresh := cookieOf(t, setUp)
	secrets["the first refresh token"] = refresh.Value
	for range 3 {
		refused("POST", "/api/auth/login", "", map[string]any{"email": harness.AdminEmail, "password": wrongPassword})
	}
	refused("POST", "/api/auth/login", "", map[string]any{"email": []string{harness.AdminPassword}, "password": wrongPassword})
	refused("POST", "/api/auth/login", "", `{"email": "a@b.example", "password": "`+wrongPassword)
	refused("POST", "/api/auth/login", "", map[string]any{"pass-word": wrongPassword})
	refused("GET", "/api/experiments", session.AccessToken+"x", nil)
	refreshed := stack.Call(t, "POST", "/api/auth/refresh", "", map[string]any{}, "Cookie", refresh.Name+"="+refresh.Value)
	if refreshed.Status != http.StatusOK {
		t.Fatalf("refresh: %d %s", refreshed.Status, refreshed.Body)
	}
	refreshed.Decode(t, &session)
	second := cookieOf(t, refreshed)
	secrets["the second access token"], secrets["the second refresh token"] = session.AccessToken, second.Value
	refused("POST", "/api/auth/refresh", "", map[string]any{}, "Cookie", refresh.Name+"="+refresh.Value) // used already

	key := newKey(t, stack, "nobody's", "READ", "WRITE", "ASSIGN")
	secrets["an API key's token"], secrets["an API key's token, but for its hint"] = key.Secret, key.Secret[8:]
	stack.Call(t, "GET", "/api/experiments", key.Secret, nil)
	refused("POST", "/api/keys", key.Secret, map[string]any{"name": "x", "scopes": []string{"READ"}})
	refused("GET", "/api/experiments", key.Secret+"x", nil)
	refused("GET", "/api/experiments", "x"+key.Secret, nil)
	refused("POST", "/api/keys", stack.Token(t), map[string]any{"name": key.Secret + strings.Repeat("x", 100), "scopes": []string{key.Secret}})
	revoke(t, stack, key.Key.ID)
	refused("GET", "/api/experiments", key.Secret, nil)

	experiment := stack.StartExperiment(t, nil)
	base := "/api/experiments/" + experiment.Key
	stack.Assign(t, experiment.Key, visitor)
	stack.Post(t, base+"/convert", map[string]any{"user_id": visitor}, &harness.Conversion{})
	refused("POST", base+"/expose", "", map[string]any{"user_id": visitor + "-2"})
	refused("GET", "/api/experiments?user_id="+visitorInURL, stack.Token(t), nil)
	refused("POST", base+"/assign", "", map[string]any{"user_id": strings.Repeat(visitor, 40)})
	refused("POST", base+"/assign", "", map[string]any{"user_id": []string{visitor}})
	stack.AwaitTotals(t, experiment.ID, 1, 1)
	stack.Private(t, "POST", base+"/assignments:lookup", map[string]any{"user_id": visitor, "replay": true}, &lookup{})
	hash := stack.Postgres.Value(t, "SELECT encode(user_hash, 'hex') FROM mab.assignments")
	secrets["a visitor's hash"] = hash
	stack.Private(t, "POST", "/api/visitors:erase", map[string]any{"user_id": visitor}, &erasure{})
	secrets["an access token of the harness"] = stack.Token(t)

	// Who can't reach what he needs complains too; and everything starts again.
	check(t, stack.Postgres.Stop())
	refused("GET", "/api/experiments", stack.Token(t), nil)
	refused("POST", "/api/auth/login", "", map[string]any{"email": harness.AdminEmail, "password": harness.AdminPassword})
	check(t, stack.Assignment.Stop())
	check(t, stack.Assignment.Start())
	check(t, stack.Postgres.Start())
	check(t, stack.AwaitHealthy())

	for _, process := range []*harness.Process{stack.Admin, stack.Assignment, stack.Gateway, stack.Postgres.Process} {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", process.PID()))
		check(t, err)
		if len(line) == 0 {
			t.Errorf("%s has no command line", process.Name)
		}
		tellSecrets(t, process.Name+"'s command line", line, secrets)
	}
	for process, address := range map[string]string{
		"assignment": stack.AssignmentMetricsAddress, "admin": stack.AdminMetricsAddress, "gateway": stack.GatewayMetricsAddress,
	} {
		answer := harness.NewClient("http://"+address).Call(t, "GET", "/metrics", "", nil)
		if answer.Status != http.StatusOK || !bytes.Contains(answer.Body, []byte("\nmab_")) {
			t.Errorf("%s has no metrics: %d %.200s", process, answer.Status, answer.Body)
		}
		tellSecrets(t, process+"'s metrics", answer.Body, secrets)
	}
	logs, err := filepath.Glob(filepath.Join(stack.Dir, "*.log"))
	check(t, err)
	if len(logs) < 5 {
		t.Fatalf("only %v", logs)
	}
	for _, log := range logs {
		text, err := os.ReadFile(log)
		check(t, err)
		tellSecrets(t, log, text, secrets)
	}
	for name, secret := range secrets {
		if name == "a visitor" || strings.Contains(name, "token") || strings.Contains(name, "password") {
			for _, table := range []string{"accounts", "api_keys", "refresh_tokens", "audit_log", "assignments", "conversions", "settings"} {
				if n := stack.Postgres.Value(t, fmt.Sprintf("SELECT count(*) FROM mab.%s AS row WHERE position('%s' IN row::text) > 0", table, secret)); n != "0" {
					t.Errorf("mab.%s has %s", table, name)
				}
			}
		}
	}
}

// tellSecrets reports each secret that is in the text.
func tellSecrets(t *testing.T, where string, text []byte, secrets map[string]string) {
	t.Helper()
	for name, secret := range secrets {
		if secret == "" {
			t.Errorf("%s is not known: it can't be looked for", name)
		} else if at := bytes.Index(text, []byte(secret)); at >= 0 {
			t.Errorf("%s has %s: …%.200s", where, name, text[max(0, at-100):])
		}
	}
}

// cookieOf is the refresh token's cookie.
func cookieOf(t *testing.T, response harness.Response) *http.Cookie {
	t.Helper()
	cookies := (&http.Response{Header: response.Header}).Cookies()
	for _, cookie := range cookies {
		if strings.Contains(cookie.Name, "refresh") {
			return cookie
		}
	}
	t.Fatalf("no refresh token among %v", cookies)
	return nil
}
