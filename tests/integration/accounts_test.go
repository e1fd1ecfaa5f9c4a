package integration

import (
	"encoding/json"
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

type account struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Role  string `json:"role"`
	State string `json:"state"`
}

// person is somebody with an account, signed in.
type person struct {
	account
	password string
	token    string
}

// newPerson is invited, and uses the link.
func newPerson(t *testing.T, stack *harness.Stack, name, role string) person {
	t.Helper()
	email := fmt.Sprintf("%s-%s@example.com", name, strings.ToLower(role))
	var link struct {
		Account account `json:"account"`
		Token   string  `json:"token"`
	}
	stack.Private(t, "POST", "/api/accounts", map[string]any{"email": email, "role": role}, &link)
	if link.Account.State != "PENDING" || link.Account.Role != role {
		t.Fatalf("invited %+v", link.Account)
	}
	p := person{account: link.Account, password: "nine purple llamas of " + name}
	response := stack.Call(t, "POST", "/api/auth/password", "", map[string]any{"token": link.Token, "password": p.password})
	if response.Status != 200 || !strings.HasPrefix(response.Header.Get("Set-Cookie"), "mab_refresh=") {
		t.Fatalf("the link: %d %s", response.Status, response.Body)
	}
	var session struct {
		AccessToken string `json:"access_token"`
	}
	response.Decode(t, &session)
	p.token = session.AccessToken
	again := stack.Call(t, "POST", "/api/auth/password", "", map[string]any{"token": link.Token, "password": p.password})
	if again.Status != 404 || again.Problem(t).Code != "LINK_NOT_FOUND" {
		t.Errorf("the link again: %d %s", again.Status, again.Body)
	}
	return p
}

func (p person) me(t *testing.T, stack *harness.Stack) int {
	return stack.Call(t, "GET", "/api/auth/me", p.token, nil).Status
}

func TestInvitedPeopleSignInAndADisabledOneIsOutAtOnce(t *testing.T) {
	stack := shared(t)
	editor := newPerson(t, stack, "disabled", "EDITOR")
	path := "/api/accounts/" + editor.ID
	if status := editor.me(t, stack); status != 200 {
		t.Fatalf("signed in: %d", status)
	}
	stack.Private(t, "POST", path+":changeRole", map[string]any{"role": "VIEWER"}, &editor.account)
	if editor.Role != "VIEWER" {
		t.Errorf("the role is %s", editor.Role)
	}
	if response := stack.Call(t, "POST", "/api/experiments", editor.token, map[string]any{}); response.Status != 403 {
		t.Errorf("a viewer creates: %d %s", response.Status, response.Body)
	}
	stack.Private(t, "POST", path+":disable", map[string]any{}, &editor.account)
	if status := editor.me(t, stack); status != 401 || editor.State != "DISABLED" {
		t.Errorf("disabled: %d %+v", status, editor.account)
	}
	login := map[string]any{"email": editor.Email, "password": editor.password}
	if response := stack.Call(t, "POST", "/api/auth/login", "", login); response.Status != 401 {
		t.Errorf("a disabled account signs in: %d %s", response.Status, response.Body)
	}
	stack.Private(t, "POST", path+":enable", map[string]any{}, &editor.account)
	if status := editor.me(t, stack); status != 401 {
		t.Errorf("a session came back: %d", status)
	}
	if response := stack.Call(t, "POST", "/api/auth/login", "", login); response.Status != 200 {
		t.Errorf("an enabled account: %d %s", response.Status, response.Body)
	}
}

func TestPeopleSeeWhereTheyAreSignedInAndSignOutThere(t *testing.T) {
	stack := shared(t)
	viewer := newPerson(t, stack, "sessions", "VIEWER")
	login := map[string]any{"email": viewer.Email, "password": viewer.password}
	var elsewhere struct {
		AccessToken string `json:"access_token"`
	}
	stack.Call(t, "POST", "/api/auth/login", "", login).Decode(t, &elsewhere)
	var list struct {
		Sessions []struct {
			ID      string
			Address string
			Current bool
		}
	}
	stack.Call(t, "GET", "/api/auth/sessions", viewer.token, nil).Decode(t, &list)
	if len(list.Sessions) != 2 || list.Sessions[0].Current || !list.Sessions[1].Current || list.Sessions[0].Address != "127.0.0.1" {
		t.Fatalf("%+v", list)
	}
	end := map[string]any{"id": list.Sessions[0].ID, "current_password": "not the password"}
	if response := stack.Call(t, "POST", "/api/auth/sessions:end", viewer.token, end); response.Status != 400 {
		t.Errorf("with a wrong password: %d %s", response.Status, response.Body)
	}
	end["current_password"] = viewer.password
	if response := stack.Call(t, "POST", "/api/auth/sessions:end", viewer.token, end); response.Status != 200 {
		t.Fatalf("%d %s", response.Status, response.Body)
	}
	if response := stack.Call(t, "GET", "/api/auth/me", elsewhere.AccessToken, nil); response.Status != 401 {
		t.Errorf("the other session: %d %s", response.Status, response.Body)
	}
	if response := stack.Call(t, "POST", "/api/auth/sessions:end", viewer.token, end); response.Status != 404 {
		t.Errorf("a second time: %d %s", response.Status, response.Body)
	}
	stack.Private(t, "POST", "/api/accounts/"+viewer.ID+":endSessions", map[string]any{}, &viewer.account)
	if status := viewer.me(t, stack); status != 401 {
		t.Errorf("after an administrator ended the sessions: %d", status)
	}
}

func TestPasswordsAreChangedAndReset(t *testing.T) {
	stack := shared(t)
	p := newPerson(t, stack, "password", "VIEWER")
	for _, bad := range []struct{ current, replacement, field string }{
		{"wrong password at all", "ten orange alpacas", "current_password"},
		{p.password, "short", "new_password"},
		{p.password, "Password-2026", "new_password"},
		{p.password, p.password, "new_password"},
	} {
		body := map[string]any{"current_password": bad.current, "new_password": bad.replacement}
		response := stack.Call(t, "POST", "/api/auth/password:change", p.token, body)
		if response.Status != 400 || response.Problem(t).Errors[0].Field != bad.field {
			t.Errorf("%+v: %d %s", bad, response.Status, response.Body)
		}
	}
	body := map[string]any{"current_password": p.password, "new_password": "ten orange alpacas"}
	if response := stack.Call(t, "POST", "/api/auth/password:change", p.token, body); response.Status != 200 {
		t.Fatalf("change: %d %s", response.Status, response.Body)
	}
	if status := p.me(t, stack); status != 200 {
		t.Errorf("the session in which it was changed: %d", status)
	}
	var link struct {
		Token string `json:"token"`
	}
	stack.Private(t, "POST", "/api/accounts/"+p.ID+":resetPassword", map[string]any{}, &link)
	if status := p.me(t, stack); status != 401 || len(link.Token) != 43 {
		t.Errorf("after the reset: %d, a token of %d characters", status, len(link.Token))
	}
	login := map[string]any{"email": p.Email, "password": "ten orange alpacas"}
	if response := stack.Call(t, "POST", "/api/auth/login", "", login); response.Status != 401 {
		t.Errorf("the old password: %d", response.Status)
	}
	secrets := stack.Postgres.Value(t, "SELECT count(*) FROM mab.audit_log WHERE concat(before, after) LIKE '%alpacas%' OR concat(before, after) LIKE '%"+link.Token+"%' OR concat(before, after) LIKE '%$2b$%'")
	if secrets != "0" {
		t.Errorf("%s entries of the audit log have a secret", secrets)
	}
}

func TestNobodyRemovesHimselfFromTheAdministrators(t *testing.T) {
	stack := shared(t)
	var me account
	stack.Private(t, "GET", "/api/auth/me", nil, &me)
	for _, action := range []string{":disable", ":resetPassword", ":changeRole"} {
		response := stack.Call(t, "POST", "/api/accounts/"+me.ID+action, stack.Token(t), map[string]any{"role": "VIEWER"})
		if action != ":changeRole" {
			response = stack.Call(t, "POST", "/api/accounts/"+me.ID+action, stack.Token(t), map[string]any{})
		}
		if response.Status != 409 {
			t.Errorf("%s: %d %s", action, response.Status, response.Body)
		}
	}
}

// accessTable reads who may call what: the names of RPCs and "Public", "Internal", "Viewer", "Editor" or "Admin".
func accessTable(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.RepositoryRoot(), "services/admin/access_table.cc"))
	check(t, err)
	table := map[string]string{}
	for _, row := range regexp.MustCompile(`\{"(mab\.v1\.\w+/\w+)",\s+Access::k(\w+)[,}]`).FindAllStringSubmatch(string(text), -1) {
		table[row[1]] = row[2]
	}
	if len(table) < 20 {
		t.Fatalf("read %d rows", len(table))
	}
	return table
}

var roles = []string{"Viewer", "Editor", "Admin"}

// callers are tokens, and the place of their role among roles; -1: none.
func callers(t *testing.T, stack *harness.Stack, name string) map[string]int {
	return map[string]int{
		"": -1, "made.up.token": -1,
		newPerson(t, stack, name, "VIEWER").token: 0,
		newPerson(t, stack, name, "EDITOR").token: 1,
		newPerson(t, stack, name, "ADMIN").token:  2,
	}
}

func TestEveryPrivateRouteAsksForItsRole(t *testing.T) {
	stack := shared(t)
	table := accessTable(t)
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string   `json:"operationId"`
			Tags        []string `json:"tags"`
		} `json:"paths"`
	}
	stack.Call(t, "GET", "/docs/openapi.json", "", nil).Decode(t, &document)
	everybody := callers(t, stack, "routes")
	called := 0
	for path, operations := range document.Paths {
		for method, operation := range operations {
			least := slices.Index(roles, table["mab.v1."+operation.Tags[0]+"/"+operation.OperationID])
			if least < 0 {
				continue
			}
			called++
			concrete := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "00000000-0000-7000-8000-000000000000")
			for token, role := range everybody {
				var body any
				if method == "post" || method == "patch" {
					body = map[string]any{}
				}
				response := stack.Call(t, strings.ToUpper(method), concrete, token, body)
				switch {
				case role < 0 && response.Status != 401,
					role >= 0 && role < least && response.Status != 403,
					role >= least && role >= 0 && (response.Status == 401 || response.Status == 403):
					t.Errorf("%s %s, which is for %s, as role %d: %d %s", method, path, roles[least], role, response.Status, response.Body)
				}
			}
		}
	}
	if called < 20 {
		t.Errorf("%d routes were called", called)
	}
}

func TestEveryRPCOfAdminAsksForItsRole(t *testing.T) {
	stack := shared(t)
	conn := dial(t, stack.AdminAddress)
	everybody := callers(t, stack, "rpcs")
	for method, access := range accessTable(t) {
		least := slices.Index(roles, access)
		if access == "Public" || access == "Internal" {
			continue
		}
		for token, role := range everybody {
			// No bytes at all: an empty message of any type.
			err := conn.Invoke(callContext(t, "authorization", "Bearer "+token), "/"+method, &emptypb.Empty{}, &emptypb.Empty{})
			code := status.Code(err)
			switch {
			case role < 0 && code != codes.Unauthenticated,
				role >= 0 && role < least && code != codes.PermissionDenied,
				role >= least && role >= 0 && (code == codes.Unauthenticated || code == codes.PermissionDenied || code == codes.Unimplemented):
				t.Errorf("%s, which is for %s, as role %d: %v", method, access, role, err)
			}
		}
	}
}

func TestAccountsAreListedInPages(t *testing.T) {
	stack := shared(t)
	newPerson(t, stack, "pages", "VIEWER")
	seen := map[string]bool{}
	for token := ""; ; {
		var page struct {
			Accounts      []map[string]json.RawMessage `json:"accounts"`
			NextPageToken string                       `json:"next_page_token"`
		}
		stack.Private(t, "GET", "/api/accounts?page_size=1&page_token="+token, nil, &page)
		if len(page.Accounts) != 1 {
			t.Fatalf("a page of %d", len(page.Accounts))
		}
		for field := range page.Accounts[0] {
			if !slices.Contains([]string{"id", "email", "role", "state", "create_time", "update_time"}, field) {
				t.Errorf("an account shows %s", field)
			}
		}
		seen[string(page.Accounts[0]["email"])] = true
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	if !seen[`"`+harness.AdminEmail+`"`] || !seen[`"pages-viewer@example.com"`] {
		t.Errorf("saw %v", seen)
	}
}
