package integration

import (
	"testing"

	"mab/tests/harness"
)

func TestPrivateEndpointsNeedASignIn(t *testing.T) {
	stack := shared(t)
	experiment := stack.CreateExperiment(t, nil)
	base := "/api/experiments/" + experiment.ID
	good := stack.Token(t)
	forged := []byte(good)
	// A changed signature: another character in the middle of it.
	if at := len(forged) - 10; forged[at] == 'A' {
		forged[at] = 'B'
	} else {
		forged[at] = 'A'
	}
	for _, call := range [][2]string{
		{"GET", "/api/experiments"}, {"POST", "/api/experiments"}, {"GET", base}, {"PATCH", base}, {"DELETE", base},
		{"POST", base + ":start"}, {"POST", base + ":pause"}, {"POST", base + ":resume"}, {"POST", base + ":complete"},
		{"POST", base + ":archive"}, {"POST", base + "/variants/b:disable"}, {"GET", base + "/analytics"}, {"GET", base + "/timeline"},
		{"GET", "/api/experiments:summaries?ids=" + experiment.ID},
		{"POST", base + "/assignments:lookup"}, {"GET", "/api/auth/me"},
		{"POST", "/api/experiments:forecast"}, {"POST", "/api/visitors:erase"}, {"GET", "/api/audit"}, {"GET", "/api/system"},
		{"GET", "/api/visitors/erasures/" + experiment.ID},
	} {
		var body any
		if call[0] == "POST" || call[0] == "PATCH" {
			body = map[string]any{}
		}
		for name, token := range map[string]string{"no token": "", "a forged one": string(forged), "nonsense": "nonsense"} {
			response := stack.Call(t, call[0], call[1], token, body)
			if response.Status != 401 || response.Problem(t).Code != "UNAUTHENTICATED" {
				t.Errorf("%s %s with %s: %d %s", call[0], call[1], name, response.Status, response.Body)
			}
		}
	}
	if still := stack.Call(t, "GET", base, good, nil); still.Status != 200 {
		t.Errorf("the draft is gone: %d %s", still.Status, still.Body)
	}
}

func TestSetupLinkWorksOnce(t *testing.T) {
	stack := shared(t)
	stack.Token(t)
	again := map[string]any{"token": harness.SetupToken, "email": "second@example.com", "password": "another good long password"}
	if response := stack.Call(t, "POST", "/api/auth/setup", "", again); response.Status < 400 || response.Status >= 500 {
		t.Errorf("the setup link worked again: %d %s", response.Status, response.Body)
	}
	var me struct {
		Email string `json:"email"`
		Role  string `json:"role"`
	}
	stack.Private(t, "GET", "/api/auth/me", nil, &me)
	if me.Email != harness.AdminEmail || me.Role != "ADMIN" {
		t.Errorf("signed in as %+v", me)
	}
}

func TestOperationsEndpointsAnswer(t *testing.T) {
	stack := shared(t)
	for path, want := range map[string]int{
		"/health": 200, "/health/live": 200, "/health/ready": 200, "/docs": 200, "/login": 200, "/": 200, "/metrics": 404,
	} {
		if response := stack.Call(t, "GET", path, "", nil); response.Status != want {
			t.Errorf("%s: %d instead of %d: %.300s", path, response.Status, want, response.Body)
		}
	}
}

func TestHealthTellsWhatIsDown(t *testing.T) {
	stack := harness.Start(t, harness.Options{})
	check(t, stack.Postgres.Stop())
	harness.Await(t, startedWithin, func() (bool, string) {
		response := stack.Call(t, "GET", "/health", "", nil)
		return response.Status == 200 && statusOf(t, response) == "degraded", string(response.Body)
	})
	check(t, stack.Postgres.Start())
	check(t, stack.AwaitHealthy())
	stack.Assignment.Kill()
	harness.Await(t, startedWithin, func() (bool, string) {
		response := stack.Call(t, "GET", "/health", "", nil)
		return response.Status == 503 && statusOf(t, response) == "down", string(response.Body)
	})
	if live := stack.Call(t, "GET", "/health/live", "", nil); live.Status != 200 {
		t.Errorf("the gateway lives, and says %d", live.Status)
	}
	check(t, stack.Assignment.Start())
	check(t, stack.AwaitHealthy())
}

func statusOf(t *testing.T, response harness.Response) string {
	t.Helper()
	var health struct {
		Status string `json:"status"`
	}
	response.Decode(t, &health)
	return health.Status
}
