package rewrite

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A policy that regmigrate made is reported if the rules of its command have changed. Its
// names are not those of a policy that a person has to change.
func TestOwnPolicy(t *testing.T) {
	policy := func(name string) string {
		return "---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nspec:\n  variables:\n  - name: table\n    expression: '" + name + "'\n"
	}
	own := func(body string) string {
		header := format.PolicyHeader + format.PolicyCommand + "regmigrate policy vap\n" + format.PolicyRulesDigest + "sha256:old\n"
		return header + format.PolicyDigestOfFile + format.DigestOfPolicy([]byte(header+body)) + "\n" + body
	}
	deployment := "---\napiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{image: old.example/x}]}}}\n"
	set, err := rules.New([]rules.Rule{{From: "old.example", To: "new.example"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, src, today string
		err              error
		want             []string // REASON at LINE, or "moves at LINE"
	}{
		{"the same rules", own(policy("old.example")), "sha256:old", nil, []string{"own configuration at 11"}},
		{"the same rules, CRLF", strings.ReplaceAll(own(policy("old.example")), "\n", "\r\n"), "sha256:old", nil, []string{"own configuration at 11"}},
		{"other rules", own(policy("old.example")), "sha256:new", nil, []string{"own configuration at 11", "outdated policy at 3"}},
		{"other rules that match nothing in the file", own(policy("other.example")), "sha256:new", nil, []string{"outdated policy at 3"}},
		{"the same rules, nothing in the file", own(policy("other.example")), "sha256:old", nil, nil},
		{"unknown rules", own(policy("other.example")), "", errors.New("unknown flag"), []string{"outdated policy at 3"}},
		{"edited", strings.Replace(own(policy("old.example")), "name: table", "name: rows", 1), "sha256:old", nil, []string{"policy at 11"}},
		{"a deployment added", own(policy("old.example")) + deployment, "sha256:old", nil, []string{"policy at 11", "moves at 15"}},
		{"a deployment in a file with a right digest", own(policy("old.example") + deployment), "sha256:old", nil, []string{"own configuration at 11", "moves at 15"}},
		{"a policy of somebody else", policy("old.example"), "sha256:new", nil, []string{"policy at 7"}},
	} {
		o := Options{Rules: set, PolicyRules: func(path string, p format.OwnPolicy) (string, error) {
			if path != "policy.yaml" || p.Command != "regmigrate policy vap" {
				t.Errorf("%s: got %q, %+v", c.name, path, p)
			}
			return c.today, c.err
		}}
		p, err := PlanText(context.Background(), o, "policy.yaml", []byte(c.src))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range p.Files {
			lines := strings.Split(c.src, "\n")
			for _, x := range f.Findings {
				what := string(x.Reason)
				if x.Status == Rewritten {
					what = "moves"
				}
				got = append(got, what+" at "+strconv.Itoa(x.Line))
				if x.Reason == format.OutdatedPolicy && (!x.Implicit || !strings.Contains(lines[x.Line-1], x.Old) || x.Note == "") {
					t.Errorf("%s: got %+v", c.name, x)
				}
			}
		}
		if strings.Join(got, ", ") != strings.Join(c.want, ", ") {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
