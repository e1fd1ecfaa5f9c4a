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

// Every page at every size, in light and dark: layout, accessibility, texts, policy.
func TestPagesAreWholeInARealBrowser(t *testing.T) {
	inARealBrowser(t, "pages.test.mjs")
}

// Pages that are open while numbers move, sessions expire and the server goes away.
func TestPagesStayAliveInARealBrowser(t *testing.T) {
	inARealBrowser(t, "live.test.mjs")
}

// The page on websites: snippets, the template for Tag Manager, a look at a page.
func TestWebsitesAreHelpedInARealBrowser(t *testing.T) {
	inARealBrowser(t, "website.test.mjs")
}

// What surrounds the pages: signing in and out, addresses, dialogs, the focus, a server that is away.
func TestPagesAreReachedAndLeftInARealBrowser(t *testing.T) {
	inARealBrowser(t, "shell.test.mjs")
}

// What the pages are drawn with.
func TestUpdatesInPlaceInARealBrowser(t *testing.T) {
	runInARealBrowser(t, "dom.test.mjs")
}

// The dashboard's preview beside the script tag: the same payloads, the same pages.
func TestExperimentsAreEditedAsTheScriptShowsThemInARealBrowser(t *testing.T) {
	runInARealBrowser(t, "payload_agreement.test.mjs")
}

// The script tag on a website of its own: pages, failures, consent, hostile payloads, goals, and a thousand page views.
func TestTheScriptWorksInARealBrowser(t *testing.T) {
	needsBrowser(t)
	stack := harness.Start(t, harness.Options{})
	for _, part := range []string{"pages", "failures", "consent", "payloads", "goals", "thousand"} {
		t.Run(part, func(t *testing.T) {
			runInARealBrowser(t, "script_"+part+".test.mjs", "MAB_TEST_URL="+stack.URL, "MAB_TEST_SETUP_TOKEN="+harness.SetupToken)
		})
	}
}

// Creating and editing experiments: payloads, previews, forecasts, drafts, conflicts.
func TestExperimentsAreEditedInARealBrowser(t *testing.T) {
	inARealBrowser(t, "editor.test.mjs")
}

// Saving what was typed once, and keeping it until then: answers that are lost, several tabs, signing out.
func TestEditsAreKeptInARealBrowser(t *testing.T) {
	inARealBrowser(t, "editor_saving.test.mjs")
}

// inARealBrowser runs a file of tests/browser against a fresh system.
func inARealBrowser(t *testing.T, file string) {
	t.Helper()
	needsBrowser(t)
	stack := harness.Start(t, harness.Options{})
	runInARealBrowser(t, file, "MAB_TEST_URL="+stack.URL, "MAB_TEST_SETUP_TOKEN="+harness.SetupToken)
}

// runInARealBrowser runs a file of tests/browser with these variables.
func runInARealBrowser(t *testing.T, file string, variables ...string) {
	t.Helper()
	needsBrowser(t)
	browser := exec.Command("node", "--test", "--test-reporter=spec", filepath.Join("tests/browser", file))
	browser.Dir = harness.RepositoryRoot()
	browser.Env = append(os.Environ(), variables...)
	output, err := browser.CombinedOutput()
	t.Logf("%s", output)
	check(t, err)
}

func needsBrowser(t *testing.T) {
	t.Helper()
	for _, needed := range []string{"/usr/bin/chromium", filepath.Join(harness.RepositoryRoot(), "node_modules/playwright-core")} {
		if _, err := os.Stat(needed); err != nil {
			t.Skipf("SKIPPED: no %s; ./mab test installs it", needed)
		}
	}
}
