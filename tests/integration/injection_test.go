package integration

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mab/tests/harness"
)

// What would be more than text in a statement, a pattern or a script of PostgreSQL.
var sqlTexts = []string{
	"' OR '1'='1", "'; DROP TABLE mab.accounts; --", `\'; SELECT pg_sleep(20); --`, "1) OR (1=1", "') UNION SELECT password_hash FROM mab.accounts --",
	"$1", "$$", "%", "_", "%s%n", `"`, `\`, `E'\\x27'`, "{}", "NULL", "now()", "a\tb", "a\u00a0b", "ａ＇ OR 1=1", "/* */", "COPY (SELECT 1) TO PROGRAM 'id'",
}

// digest of all tables but those that go on by themselves, or with a sign-in, and of when keys were used.
func digest(t *testing.T, stack *harness.Stack) string {
	t.Helper()
	var text strings.Builder
	for _, row := range stack.Postgres.Query(t, "SELECT tablename FROM pg_tables WHERE schemaname = 'mab' ORDER BY 1") {
		if slices.Contains([]string{"journal_positions", "refresh_tokens", "current_versions"}, row[0]) {
			continue
		}
		sum := stack.Postgres.Value(t, fmt.Sprintf("SELECT coalesce(md5(string_agg(entry::text, '|' ORDER BY entry::text)), 'empty') FROM (SELECT to_jsonb(row) - 'last_use_time' AS entry FROM mab.%s AS row) AS entries", row[0]))
		fmt.Fprintf(&text, "%s %s\n", row[0], sum)
	}
	return text.String()
}

// Every text of every request that is no change: refused, or nothing found; and nothing is changed, nor waited for.
func TestSQLInReadingRequestsIsText(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	stack.Assign(t, experiment.Key, "somebody")
	stack.AwaitTotals(t, experiment.ID, 1, 0)
	before := digest(t, stack)
	queries := []string{
		"/api/experiments?q=$", "/api/experiments?state=$", "/api/experiments?page_token=$", "/api/experiments?page_size=$", "/api/experiments/$",
		"/api/experiments/$/analytics", "/api/experiments:summaries?ids=$&ids=" + experiment.ID, "/api/experiments/" + experiment.ID + "/timeline?step=$", "/api/experiments/" + experiment.ID + "/timeline?start=$",
		"/api/accounts?page_token=$", "/api/accounts/$", "/api/audit?action=$", "/api/audit?subject_type=$", "/api/audit?subject_id=$",
		"/api/audit?account_id=$", "/api/audit?since=$", "/api/audit?until=$", "/api/audit?page_token=$", "/api/audit?api_key_id=$", "/api/keys?page_token=$", "/api/keys/$", "/api/visitors/erasures/$",
	}
	bodies := map[string]func(text string) map[string]any{
		"/api/experiments/" + experiment.ID + "/assignments:lookup": func(text string) map[string]any { return map[string]any{"user_id": text} },
		"/api/assign": func(text string) map[string]any {
			return map[string]any{"user_id": "somebody", "experiments": []string{text}}
		},
		"/api/auth/login": func(text string) map[string]any { return map[string]any{"email": text, "password": text} },
		"/api/auth/password": func(text string) map[string]any {
			return map[string]any{"token": text, "password": "nine purple llamas"}
		},
		"/api/auth/setup": func(text string) map[string]any {
			return map[string]any{"token": text, "email": "x@example.com", "password": "nine purple llamas"}
		},
		"/api/auth/sessions:end": func(text string) map[string]any {
			return map[string]any{"current_password": text, "id": text}
		},
		"/api/accounts/" + experiment.ID + ":changeRole": func(text string) map[string]any { return map[string]any{"role": text} },
	}
	expect := func(text, where string, response harness.Response, began time.Time) {
		t.Helper()
		if response.Status >= 500 || response.Status == 200 && strings.Contains(string(response.Body), "$2b$") || time.Since(began) > 10*time.Second {
			t.Errorf("%q in %s: %d after %v %.300s", text, where, response.Status, time.Since(began), response.Body)
		}
		if found := struct {
			Experiments []any `json:"experiments"`
			Entries     []any `json:"entries"`
		}{}; json.Unmarshal(response.Body, &found) == nil && response.Status == 200 && len(found.Experiments)+len(found.Entries) > 0 && text != "_" {
			// An underscore is in keys; nothing else of these is in what anybody has written.
			t.Errorf("%q in %s found %.300s", text, where, response.Body)
		}
	}
	for _, text := range sqlTexts {
		for _, query := range queries {
			path := strings.ReplaceAll(query, "$", url.QueryEscape(text))
			if !strings.Contains(query, "?") {
				path = strings.ReplaceAll(query, "$", url.PathEscape(text))
			}
			began := time.Now()
			expect(text, query, stack.Call(t, "GET", path, stack.Token(t), nil), began)
		}
		for path, body := range bodies {
			began := time.Now()
			expect(text, path, stack.Call(t, "POST", path, stack.Token(t), body(text)), began)
		}
	}
	if after := digest(t, stack); after != before {
		t.Errorf("the tables were\n%s\nand are\n%s", before, after)
	}
}

// Where text may be anything it is kept to the letter, and everything else is as it was.
func TestSQLInWhatIsWrittenIsKeptToTheLetter(t *testing.T) {
	stack := shared(t)
	accounts := stack.Postgres.Value(t, "SELECT md5(string_agg(row::text, '|' ORDER BY id)) FROM mab.accounts AS row")
	running := stack.StartExperiment(t, nil)
	for i, text := range sqlTexts {
		plain := strings.ReplaceAll(text, "\t", " ")
		body := map[string]any{"name": plain, "description": text, "variants": []map[string]any{
			{"name": plain, "payload": map[string]any{text: text}}, {"name": "b", "payload": text},
		}}
		var created struct {
			ID, Name, Description string
			Variants              []struct {
				Name    string
				Payload any
			}
		}
		stack.Private(t, "POST", "/api/experiments", body, &created)
		payload, _ := created.Variants[0].Payload.(map[string]any)
		if created.Name != plain || created.Description != text || created.Variants[0].Name != plain || payload[text] != text || created.Variants[1].Payload != text {
			t.Errorf("%q became %+v", text, created)
		}
		stored := stack.Postgres.Value(t, "SELECT encode(convert_to(description, 'UTF8'), 'hex') FROM mab.experiments WHERE id = '"+created.ID+"'")
		if stored != fmt.Sprintf("%x", text) {
			t.Errorf("%q is stored as %s", text, stored)
		}
		visitor := fmt.Sprintf("%s %d", text, i)
		stack.Assign(t, running.ID, visitor)
		stack.Post(t, "/api/experiments/"+running.ID+"/convert", map[string]any{"user_id": visitor, "event_id": text}, &harness.Conversion{})
		if response := stack.Call(t, "POST", "/api/experiments", stack.Token(t), map[string]any{"name": "x", "key": text, "variants": harness.Variants("a", "b")}); response.Status != 400 && text != "_" {
			t.Errorf("the key %q: %d", text, response.Status)
		}
		if response := stack.Call(t, "POST", "/api/accounts", stack.Token(t), map[string]any{"email": text, "role": "VIEWER"}); response.Status != 400 {
			t.Errorf("the address %q: %d %s", text, response.Status, response.Body)
		}
	}
	stack.AwaitTotals(t, running.ID, len(sqlTexts), len(sqlTexts))
	ids := stack.Postgres.Query(t, "SELECT encode(convert_to(event_id, 'UTF8'), 'hex') FROM mab.conversions WHERE experiment_id = '"+running.ID+"'")
	for _, text := range sqlTexts {
		if !slices.ContainsFunc(ids, func(row []string) bool { return row[0] == fmt.Sprintf("%x", text) }) {
			t.Errorf("no conversion has the event id %q", text)
		}
	}
	if now := stack.Postgres.Value(t, "SELECT md5(string_agg(row::text, '|' ORDER BY id)) FROM mab.accounts AS row"); now != accounts {
		t.Error("the accounts have changed")
	}
}

// In production each line of each log is one JSON object of our own making, whatever strangers send; and no answer bears a
// header of theirs.
func TestNobodyWritesLinesOfTheLogs(t *testing.T) {
	stack := harness.Start(t, harness.Options{Environment: []string{"ENV=production", "LOG_LEVEL=debug", "MAB_RATE_LIMIT_ADDRESS=0"}})
	const forged = `{"time":"2026-01-01T00:00:00Z","level":"error","service":"admin","message":"forged-line","forged":true}`
	texts := []string{"a\r\n" + forged + "\r\n", "\n" + forged, "a\u2028" + forged, "\x1b[2J\x1b[31mred", "\x00\x07\x08", `","forged":true,"x":"`, "a\u202eb", "\u0085" + forged}
	for _, text := range texts {
		for _, path := range []string{"/api/experiments/x/assign", "/api/experiments/" + url.PathEscape(text) + "/assign", "/api/auth/login", "/" + url.PathEscape(text)} {
			response := stack.Call(t, "POST", path, "", map[string]any{"user_id": text, "email": text, "password": text, "token": text})
			if response.Status < 400 || response.Status >= 500 {
				t.Errorf("%q to %s: %d", text, path, response.Status)
			}
		}
		rawRequest(t, stack, text)
	}
	stack.Call(t, "GET", "/api/experiments?q="+url.QueryEscape(texts[0]), stack.Token(t), nil)
	stack.Call(t, "POST", "/api/experiments", stack.Token(t), map[string]any{"name": texts[0], "variants": harness.Variants("a", "b")})
	check(t, stack.Admin.Stop())
	check(t, stack.Assignment.Stop())
	check(t, stack.Gateway.Stop())

	lines := 0
	for _, name := range []string{"admin", "assignment", "gateway"} {
		files, err := filepath.Glob(filepath.Join(stack.Dir, name+"*.log"))
		check(t, err)
		if len(files) == 0 {
			t.Fatalf("no log of %s in %s", name, stack.Dir)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			check(t, err)
			for _, line := range strings.Split(strings.TrimSuffix(string(content), "\n"), "\n") {
				lines++
				var fields map[string]any
				if err := json.Unmarshal([]byte(line), &fields); err != nil || fields["forged"] != nil || fields["message"] == "forged-line" || fields["level"] == nil {
					t.Errorf("%s has the line %q: %v", file, line, err)
				}
				if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) {
					t.Errorf("%s has control characters: %q", file, line)
				}
			}
		}
	}
	if lines < 30 {
		t.Errorf("the logs have %d lines", lines)
	}
}

// rawRequest sends the text in headers as no client would, and reads the answer's.
func rawRequest(t *testing.T, stack *harness.Stack, text string) {
	t.Helper()
	connection, err := net.Dial("tcp", stack.GatewayAddress)
	check(t, err)
	defer connection.Close()
	check(t, connection.SetDeadline(time.Now().Add(20*time.Second)))
	fmt.Fprintf(connection, "GET /api/experiments HTTP/1.1\r\nHost: x\r\nUser-Agent: %s\r\nX-Request-Id: %[1]s\r\nOrigin: %[1]s\r\nAuthorization: Bearer %[1]s\r\nConnection: close\r\n\r\n", text)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return // it was cut off
	}
	for name, values := range response.Header {
		if strings.Contains(name+strings.Join(values, ""), "orged") {
			t.Errorf("%q comes back in the header %s: %q", text, name, values)
		}
	}
}
