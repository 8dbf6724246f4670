package render

import (
	"os"
	"testing"
)

// TestMain lets the test program be its own child.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == ChildCommand {
		os.Exit(Child(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// testRunner returns a Runner whose children are this test program.
func testRunner(t testing.TB) *Runner {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{Self: []string{self, ChildCommand}}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("closing the runner: %v", err)
		}
	})
	return r
}
