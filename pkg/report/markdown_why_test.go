package report

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

func TestMarkdownWhy(t *testing.T) {
	const doc = "k8s.gcr.io is frozen."
	set, err := rules.New([]rules.Rule{
		{Name: "preset k8s", From: "k8s.gcr.io", To: "registry.k8s.io", Doc: doc, Source: "https://kubernetes.io/blog/2023/02/06/freeze/", Date: "2023-02-06"},
		{Name: "preset k8s", From: "gcr.io/google-containers", To: "registry.k8s.io", Doc: doc, Source: "https://kubernetes.io/blog/2023/02/06/freeze/", Date: "2023-02-06"},
		{Name: "preset x", From: "a.example/x", To: "b.example/x", Doc: "See @org #1 <b>", Source: "https://github.com/o/r/pull/1", Date: "<script>"},
		{Name: "--rule", From: "c.example", To: "b.example"},
		{Name: "preset unused", From: "d.example", To: "b.example", Doc: "not used", Source: "https://example.com/"},
	})
	if err != nil {
		t.Fatal(err)
	}
	moved := func(from, to string) rewrite.Finding {
		return rewrite.Finding{Status: rewrite.Rewritten, Line: 1, Column: 1, Old: from + "/i:1", New: to + "/i:1", From: from, To: to}
	}
	plan := &rewrite.Plan{Rules: set, Files: []rewrite.File{{Path: "a.yaml", Findings: []rewrite.Finding{
		moved("a.example/x", "b.example/x"), moved("gcr.io/google-containers", "registry.k8s.io"), moved("k8s.gcr.io", "registry.k8s.io"), moved("c.example", "b.example"),
	}}}}
	var b strings.Builder
	if err := writeMarkdown(&b, plan, Options{}); err != nil {
		t.Fatal(err)
	}
	want := "\n### Why\n\n" +
		"- `gcr.io/google-containers`, `k8s.gcr.io` → `registry.k8s.io`: `k8s.gcr.io` is frozen. Source: <https://kubernetes.io/blog/2023/02/06/freeze/>, 2023-02-06.\n" +
		"- `a.example/x` → `b.example/x`: See `@org` `#1` `<b>`. Source: `https://github.com/o/r/pull/1`.\n\n"
	if _, got, _ := strings.Cut(b.String(), "\n### Why"); !strings.HasPrefix("\n### Why"+got, want) {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	if strings.Contains(b.String(), "not used") {
		t.Errorf("a rule that moved nothing has a reason: %s", b.String())
	}
}

func TestMarkdownLinks(t *testing.T) {
	for address, want := range map[string]string{
		"https://kubernetes.io/a/?b=c":   "<https://kubernetes.io/a/?b=c>",
		"https://github.com/o/r/pull/1":  "`https://github.com/o/r/pull/1`",
		"https://GitHub.com/o/r/pull/1":  "`https://GitHub.com/o/r/pull/1`",
		"https://gitlab.com/o/r":         "`https://gitlab.com/o/r`",
		"http://a.example/":              "`http://a.example/`",
		"https://a.example/>x":           "`https://a.example/>x`",
		"https://user@a.example/":        "`https://user@a.example/`",
		"javascript:alert(1)":            "`javascript:alert(1)`",
		"https://a.example/#o/r#1 @team": "`https://a.example/#o/r#1 @team`",
	} {
		if got := mdLink(address); got != want {
			t.Errorf("%q is %q, want %q", address, got, want)
		}
	}
}
