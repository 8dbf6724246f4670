package app

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// If no engine can hold the rules, the reason is printed.
func TestExplainPolicyThatCannotBeMade(t *testing.T) {
	none, err := rules.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var set session.Session
	set.Rewrite.Rules = none
	var out strings.Builder
	if err := explainPolicy(&out, &set, &session.Flags{}, []string{"kyverno"}, "ClusterPolicy deny-old"); err != nil {
		t.Fatal(err)
	}
	if want := "regmigrate cannot write a policy to replace ClusterPolicy deny-old: no rule moves images"; !strings.Contains(out.String(), want) {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
