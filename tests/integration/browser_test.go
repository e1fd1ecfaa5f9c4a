package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"mab/tests/harness"
)

// The dashboard in a real browser, from the setup link to a completed experiment.
func TestDashboardWorksInARealBrowser(t *testing.T) {
	inARealBrowser(t, "dashboard.test.mjs")
}

// Accounts, API keys and one's own password, as an administrator, an editor and a viewer.
func TestPeopleAreManagedInARealBrowser(t *testing.T) {
	inARealBrowser(t, "people.test.mjs")
}

// Creating and editing experiments: payloads, previews, forecasts, drafts, conflicts.
func TestExperimentsAreEditedInARealBrowser(t *testing.T) {
	inARealBrowser(t, "editor.test.mjs")
}

// inARealBrowser runs a file of tests/browser against a fresh system.
func inARealBrowser(t *testing.T, file string) {
	t.Helper()
	root := harness.RepositoryRoot()
	for _, needed := range []string{"/usr/bin/chromium", filepath.Join(root, "node_modules/playwright-core")} {
		if _, err := os.Stat(needed); err != nil {
			t.Skipf("SKIPPED: no %s; ./mab test installs it", needed)
		}
	}
	stack := harness.Start(t, harness.Options{})
	browser := exec.Command("node", "--test", "--test-reporter=spec", filepath.Join("tests/browser", file))
	browser.Dir = root
	browser.Env = append(os.Environ(), "MAB_TEST_URL="+stack.URL, "MAB_TEST_SETUP_TOKEN="+harness.SetupToken)
	output, err := browser.CombinedOutput()
	t.Logf("%s", output)
	check(t, err)
}
