package render

import (
	"os"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

// TestMain lets the test program be its own child process.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == ChildCommand {
		os.Exit(Child(os.Stdin, os.Stdout, Handlers{probeJob: HandlerOf(probe)}))
	}
	os.Exit(m.Run())
}

// testRunner returns a Runner whose child processes are this test program. Its limit
// of time is generous, for busy machines.
func testRunner(t testing.TB) *Runner {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{Self: []string{self, ChildCommand}, Timeout: 10 * time.Minute}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("closing the runner: %v", err)
		}
	})
	return r
}

// rewriteBy returns the RewriteFunc of rules in the form FROM=TO.
func rewriteBy(t testing.TB, texts ...string) RewriteFunc {
	t.Helper()
	var list []rules.Rule
	for _, text := range texts {
		r, err := rules.ParseRuleFlag(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return ByRules(set)
}

// k8s returns the RewriteFunc that most tests use.
func k8s(t testing.TB) RewriteFunc {
	return rewriteBy(t, "k8s.gcr.io=registry.k8s.io", "gcr.io/google_containers=registry.k8s.io")
}
