package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mab/tests/harness"
)

// In production a service that may do in the database what it never does says so at its start, and names the setting that
// mends it; one that has a role of its own has nothing to say.
func TestServicesThatConnectAsTheOwnerSaySo(t *testing.T) {
	const warning = "INSECURE: this service's role in the database"
	log := func(stack *harness.Stack, name string) string {
		content, err := os.ReadFile(filepath.Join(stack.Dir, name+".log"))
		check(t, err)
		return string(content)
	}
	// A URL in which the harness finds no user to replace by the services' own.
	owned := harness.Start(t, harness.Options{Environment: []string{"ENV=production"}, DatabaseURL: func(stack *harness.Stack) string {
		return strings.Replace(stack.Postgres.URL(), "postgresql://mab@", "postgresql://mab:@", 1)
	}})
	for name, wanted := range map[string][]string{
		"admin":      {warning, "DELETE mab.audit_log", "MAB_ADMIN_DATABASE_URL", `"level":"warning"`},
		"assignment": {warning, "SELECT mab.accounts", "MAB_ASSIGNMENT_DATABASE_URL", `"level":"warning"`},
	} {
		for _, text := range wanted {
			if !strings.Contains(log(owned, name), text) {
				t.Errorf("the log of %s lacks %q:\n%s", name, text, log(owned, name))
			}
		}
	}
	separate := harness.Start(t, harness.Options{Environment: []string{"ENV=production"}})
	for _, name := range []string{"admin", "assignment"} {
		if strings.Contains(log(separate, name), warning) {
			t.Errorf("%s has a role of its own, and its log says:\n%s", name, log(separate, name))
		}
	}
}
