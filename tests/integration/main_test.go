// Package integration tests the whole system from outside: the release build's processes and a real PostgreSQL, through
// JSON and gRPC. Build first: ./mab build.
package integration

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"mab/tests/harness"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if sharedStack != nil {
		for _, leak := range sharedStack.Leaks() {
			fmt.Println("FAIL: after all tests", leak)
			code = 1
		}
		sharedStack.Close()
	}
	harness.RemoveStaged()
	os.Exit(code)
}

var sharedStack *harness.Stack

var openShared = sync.OnceValue(func() error {
	var err error
	sharedStack, err = harness.Open(harness.Options{})
	return err
})

// shared is a system for tests that stop none of its parts. Each test makes experiments of its own.
func shared(t testing.TB) *harness.Stack {
	t.Helper()
	if err := openShared(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sharedStack.TellIfFailed(t) })
	return sharedStack
}

func user(i int) string { return fmt.Sprintf("visitor-%d", i) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
