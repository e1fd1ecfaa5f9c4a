package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"mab/tests/harness"
)

// OpenFeature's server SDK and its OFREP provider, as npm has them.
func TestOpenFeaturesServerClientIsServed(t *testing.T) {
	runOpenFeature(t, "server.test.mjs")
}

// OpenFeature's web SDK and its OFREP provider, as npm has them, in pages of another origin.
func TestOpenFeaturesWebClientIsServedInARealBrowser(t *testing.T) {
	needsBrowser(t)
	runOpenFeature(t, "web.test.mjs")
}

// runOpenFeature runs a file of tests/openfeature against a fresh system.
func runOpenFeature(t *testing.T, file string) {
	t.Helper()
	modules := filepath.Join(harness.RepositoryRoot(), "node_modules/@openfeature")
	if _, err := os.Stat(modules); err != nil {
		t.Skipf("SKIPPED: no %s; ./mab build installs it", modules)
	}
	stack := harness.Start(t, harness.Options{})
	node := exec.Command("node", "--test", "--test-reporter=spec", filepath.Join("tests/openfeature", file))
	node.Dir = harness.RepositoryRoot()
	node.Env = append(os.Environ(), "MAB_TEST_URL="+stack.URL, "MAB_TEST_SETUP_TOKEN="+harness.SetupToken)
	output, err := node.CombinedOutput()
	t.Logf("%s", output)
	check(t, err)
}
