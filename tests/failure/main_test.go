package failure

import (
	"os"
	"testing"

	"mab/tests/harness"
)

func TestMain(m *testing.M) {
	code := m.Run()
	harness.RemoveStaged()
	os.Exit(code)
}
