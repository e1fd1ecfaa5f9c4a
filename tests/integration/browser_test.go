package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"mab/tests/harness"
)

// The dashboard in a real browser, from the setup link to a completed experiment: tests/browser, against a fresh system.
func TestDashboardWorksInARealBrowser(t *testing.T) {
	root := harness.RepositoryRoot()
	for _, needed := range []string{"/usr/bin/chromium", filepath.Join(root, "node_modules/playwright-core")} {
		if _, err := os.Stat(needed); err != nil {
			t.Skipf("SKIPPED: no %s; ./mab test installs it", needed)
		}
	}
	stack := harness.Start(t, harness.Options{})
	browser := exec.Command("node", "--test", "--test-reporter=spec", "tests/browser/")
	browser.Dir = root
	browser.Env = append(os.Environ(), "MAB_TEST_URL="+stack.URL, "MAB_TEST_SETUP_TOKEN="+harness.SetupToken)
	output, err := browser.CombinedOutput()
	t.Logf("%s", output)
	check(t, err)
}
