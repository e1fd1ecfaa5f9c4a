package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"mab/tests/harness"
)

// apiKey is one as the API shows it.
type apiKey struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Hint        string   `json:"hint"`
	Scopes      []string `json:"scopes"`
	State       string   `json:"state"`
	CreatedBy   string   `json:"created_by"`
	ExpireTime  *string  `json:"expire_time"`
	LastUseTime *string  `json:"last_use_time"`
	RevokeTime  *string  `json:"revoke_time"`
}

// issuedKey is a new one, with its secret.
type issuedKey struct {
	Key    apiKey `json:"key"`
	Secret string `json:"secret"`
}

func newKey(t *testing.T, stack *harness.Stack, name string, scopes ...string) issuedKey {
	t.Helper()
	var issued issuedKey
	stack.Private(t, "POST", "/api/keys", map[string]any{"name": name, "scopes": scopes}, &issued)
	if !regexp.MustCompile(`^mab_[A-Za-z0-9_-]{43}$`).MatchString(issued.Secret) || issued.Key.Hint != issued.Secret[:8] {
		t.Fatalf("issued %+v", issued.Key)
	}
	return issued
}

func revoke(t *testing.T, stack *harness.Stack, id string) (key apiKey) {
	t.Helper()
	stack.Private(t, "POST", "/api/keys/"+id+":revoke", map[string]any{}, &key)
	return key
}

func TestAKeyIsMadeUsedAndRevoked(t *testing.T) {
	stack := shared(t)
	issued := newKey(t, stack, "a life", "WRITE")
	if key := issued.Key; key.State != "ACTIVE" || key.CreatedBy != harness.AdminEmail || key.ExpireTime != nil || key.LastUseTime != nil {
		t.Errorf("issued %+v", key)
	}
	id := created(t, stack, issued.Secret)
	var page struct {
		Entries []struct {
			Account *struct{} `json:"account"`
			APIKey  *struct {
				ID   string `json:"id"`
				Name string `json:"name"`
			} `json:"api_key"`
			Address   string `json:"address"`
			SubjectID string `json:"subject_id"`
		} `json:"entries"`
	}
	stack.Private(t, "GET", "/api/audit?api_key_id="+issued.Key.ID, nil, &page)
	if len(page.Entries) != 1 || page.Entries[0].Account != nil || page.Entries[0].SubjectID != id || page.Entries[0].Address != "127.0.0.1" ||
		page.Entries[0].APIKey == nil || page.Entries[0].APIKey.ID != issued.Key.ID || page.Entries[0].APIKey.Name != "a life" {
		t.Errorf("the audit log has %+v", page.Entries)
	}
	harness.Await(t, startedWithin, func() (bool, string) {
		var key apiKey
		stack.Private(t, "GET", "/api/keys/"+issued.Key.ID, nil, &key)
		return key.LastUseTime != nil, "no use is on record"
	})
	first := revoke(t, stack, issued.Key.ID)
	if response := stack.Call(t, "GET", "/api/experiments", issued.Secret, nil); response.Status != 401 || response.Problem(t).Code != "UNAUTHENTICATED" {
		t.Errorf("a revoked key: %d %s", response.Status, response.Body)
	}
	if again := revoke(t, stack, issued.Key.ID); again.State != "REVOKED" || again.RevokeTime == nil || *again.RevokeTime != *first.RevokeTime {
		t.Errorf("revoked again: %+v, before %+v", again, first)
	}
}

func TestAKeyOutlivesWhoMadeIt(t *testing.T) {
	stack := shared(t)
	maker := newPerson(t, stack, "keys", "ADMIN")
	response := stack.Call(t, "POST", "/api/keys", maker.token, map[string]any{"name": "of somebody", "scopes": []string{"READ"}})
	var issued issuedKey
	response.Decode(t, &issued)
	stack.Private(t, "POST", "/api/accounts/"+maker.ID+":disable", map[string]any{}, &maker.account)
	if response := stack.Call(t, "GET", "/api/experiments", issued.Secret, nil); response.Status != 200 {
		t.Errorf("%d %s", response.Status, response.Body)
	}
}

func TestBadKeysAreRefusedByName(t *testing.T) {
	stack := shared(t)
	for _, bad := range []struct{ field, body string }{
		{"name", `{"scopes": ["READ"]}`},
		{"name", `{"name": "` + strings.Repeat("x", 101) + `", "scopes": ["READ"]}`},
		{"name", `{"name": "a\u0000b", "scopes": ["READ"]}`},
		{"scopes", `{"name": "x"}`},
		{"scopes", `{"name": "x", "scopes": []}`},
		{"scopes[1]", `{"name": "x", "scopes": ["READ", "READ"]}`},
		{"scopes[0]", `{"name": "x", "scopes": ["SCOPE_UNSPECIFIED"]}`},
		{"bulk_exposes", `{"name": "x", "scopes": ["READ", "WRITE"], "bulk_exposes": true}`},
		{"publishable", `{"name": "x", "scopes": ["READ", "ASSIGN"], "publishable": true}`},
		{"publishable", `{"name": "x", "scopes": ["READ"], "publishable": true}`},
		{"expire_time", `{"name": "x", "scopes": ["READ"], "expire_time": "2020-01-01T00:00:00Z"}`},
		{"expire_time", `{"name": "x", "scopes": ["READ"], "expire_time": "9999-01-01T00:00:00Z"}`},
	} {
		response := stack.Call(t, "POST", "/api/keys", stack.Token(t), bad.body)
		if response.Status != 400 || len(response.Problem(t).Errors) != 1 || response.Problem(t).Errors[0].Field != bad.field {
			t.Errorf("%s: %d %s", bad.body, response.Status, response.Body)
		}
	}
	for _, body := range []string{`{"name": "x", "scopes": ["ADMIN"]}`, `{"name": "x", "scopes": "READ"}`, `{"name": "x", "scopes": ["READ"], "secret": "mab_mine"}`,
		`{"name": "x", "scopes": ["READ"], "expire_time": "tomorrow"}`} {
		if response := stack.Call(t, "POST", "/api/keys", stack.Token(t), body); response.Status != 400 {
			t.Errorf("%s: %d %s", body, response.Status, response.Body)
		}
	}
	for _, path := range []string{"?page_size=101", "?page_token=x", "?page_size=-1"} {
		if response := stack.Call(t, "GET", "/api/keys"+path, stack.Token(t), nil); response.Status != 400 {
			t.Errorf("%s: %d %s", path, response.Status, response.Body)
		}
	}
	if response := stack.Call(t, "GET", "/api/keys/none", stack.Token(t), nil); response.Status != 404 || response.Problem(t).Code != "API_KEY_NOT_FOUND" {
		t.Errorf("no key: %d %s", response.Status, response.Body)
	}
}

func TestKeysAreListedInPagesWithoutTheirSecrets(t *testing.T) {
	stack := shared(t)
	made := []string{newKey(t, stack, "page 1", "READ").Secret, newKey(t, stack, "page 2", "ASSIGN").Secret}
	var names []string
	for token := ""; len(names) < 2; {
		response := stack.Call(t, "GET", "/api/keys?page_size=1&page_token="+token, stack.Token(t), nil)
		for _, secret := range made {
			if strings.Contains(string(response.Body), secret[8:]) {
				t.Errorf("the list has a secret: %s", response.Body)
			}
		}
		var page struct {
			Keys          []apiKey `json:"keys"`
			NextPageToken string   `json:"next_page_token"`
		}
		response.Decode(t, &page)
		if len(page.Keys) != 1 || page.NextPageToken == "" && len(names) == 0 {
			t.Fatalf("a page: %s", response.Body)
		}
		names = append(names, page.Keys[0].Name)
		token = page.NextPageToken
	}
	if names[0] != "page 2" || names[1] != "page 1" {
		t.Errorf("listed %v", names)
	}
}

// keyTable reads which scope of a key opens an RPC: "Read", "Write" or "None"; what is public or internal is not in it.
func keyTable(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.RepositoryRoot(), "services/admin/access_table.cc"))
	check(t, err)
	table := map[string]string{}
	for _, row := range regexp.MustCompile(`\{"(mab\.v1\.\w+/\w+)",\s+Access::k(\w+)(?:, KeyScope::k(\w+))?\}`).FindAllStringSubmatch(string(text), -1) {
		if row[2] == "Public" || row[2] == "Internal" {
			continue
		}
		table[row[1]] = "None"
		if row[3] != "" {
			table[row[1]] = row[3]
		}
	}
	if len(table) < 20 {
		t.Fatalf("read %d rows", len(table))
	}
	return table
}

// keyCallers are secrets, and which scopes of the table they open; nil: they are nobody's.
func keyCallers(t *testing.T, stack *harness.Stack) map[string][]string {
	revoked := newKey(t, stack, "revoked", "READ", "WRITE", "ASSIGN")
	revoke(t, stack, revoked.Key.ID)
	read := newKey(t, stack, "reads", "READ").Secret
	return map[string][]string{
		read: {"Read"},
		newKey(t, stack, "writes", "WRITE").Secret:                {"Read", "Write"},
		newKey(t, stack, "assigns", "ASSIGN").Secret:              {},
		newKey(t, stack, "all", "READ", "WRITE", "ASSIGN").Secret: {"Read", "Write"},
		revoked.Secret: nil,
		read[:46]:      nil,
		read[:46] + string("AB"[min(1, strings.Count(read[46:], "A"))]): nil,
		"mab_" + strings.Repeat("A", 43):                                nil,
	}
}

func TestEveryRouteAndRPCAsksForAKeysScope(t *testing.T) {
	stack := shared(t)
	table := keyTable(t)
	everybody := keyCallers(t, stack)
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string   `json:"operationId"`
			Tags        []string `json:"tags"`
		} `json:"paths"`
	}
	stack.Call(t, "GET", "/docs/openapi.json", "", nil).Decode(t, &document)
	routes := 0
	for path, operations := range document.Paths {
		for method, operation := range operations {
			scope, ok := table["mab.v1."+operation.Tags[0]+"/"+operation.OperationID]
			if !ok {
				continue
			}
			routes++
			var body any
			if method == "post" || method == "patch" {
				body = map[string]any{}
			}
			concrete := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "00000000-0000-7000-8000-000000000000")
			for secret, opens := range everybody {
				response := stack.Call(t, strings.ToUpper(method), concrete, secret, body)
				if wrong := wrongAnswer(opens, scope, response.Status == 401, response.Status == 403); wrong != "" {
					t.Errorf("%s %s with a key for %v: %s: %d %s", method, path, opens, wrong, response.Status, response.Body)
				}
			}
		}
	}
	conn := dial(t, stack.AdminAddress)
	for method, scope := range table {
		for secret, opens := range everybody {
			err := conn.Invoke(callContext(t, "authorization", "Bearer "+secret), "/"+method, &emptypb.Empty{}, &emptypb.Empty{})
			code := status.Code(err)
			if wrong := wrongAnswer(opens, scope, code == codes.Unauthenticated, code == codes.PermissionDenied); wrong != "" {
				t.Errorf("%s with a key for %v: %s: %v", method, opens, wrong, err)
			}
		}
	}
	if routes < 20 {
		t.Errorf("%d routes were called", routes)
	}
}

// wrongAnswer says what is wrong with what somebody who opens these scopes got from what asks for scope.
func wrongAnswer(opens []string, scope string, unauthenticated, denied bool) string {
	switch {
	case opens == nil && !unauthenticated:
		return "nobody was let in"
	case opens != nil && unauthenticated:
		return "a good key is unknown"
	case opens != nil && denied == slices.Contains(opens, scope):
		return fmt.Sprintf("it asks for %s", scope)
	}
	return ""
}
