package rewrite_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// planWithAllReasons returns a plan with one finding per reason and two rewritten
// ones, in one file.
func planWithAllReasons(path, ref string) *rewrite.Plan {
	f := rewrite.File{Path: path, Findings: []rewrite.Finding{{Status: rewrite.Rewritten, Old: ref}, {Status: rewrite.Rewritten, Old: ref, Implicit: true}}}
	for _, r := range format.Reasons {
		f.Findings = append(f.Findings, rewrite.Finding{Old: ref, Reason: r.Reason, MovesIfScanned: r.Reason == format.SkippedFolder})
	}
	return &rewrite.Plan{Files: []rewrite.File{f}}
}

func TestBaselineAcceptsItsOwnPlan(t *testing.T) {
	p := planWithAllReasons("a.yaml", "k8s.gcr.io/pause")
	b := p.NewBaseline(rewrite.Baseline{File: "b"})
	n := 0
	for _, a := range b.Entries {
		n += a.Count
	}
	// Two rewritten findings, and all reasons except the four that baselines do
	// not count.
	if want := 2 + len(format.Reasons) - 4; n != want {
		t.Errorf("expected %d accepted findings, got %d", want, n)
	}
	if got := p.CompareBaseline(b); got.New != 0 || got.Accepted != n || len(got.Stale) != 0 {
		t.Errorf("compared with its own baseline: expected %d accepted findings only, got %+v", n, got)
	}
	p.Files[0].Findings = append(p.Files[0].Findings, rewrite.Finding{Old: "k8s.gcr.io/pause", Reason: format.Policy})
	if got := p.CompareBaseline(b); got.New != 1 || !p.Files[0].Findings[len(p.Files[0].Findings)-1].NotInBaseline {
		t.Errorf("with one more equal finding: expected 1 new finding, got %+v", got)
	}
	p.Files[0].Path = "b.yaml"
	if got := p.CompareBaseline(b); got.New != n+1 || len(got.Stale) != len(b.Entries) {
		t.Errorf("in another file: expected %d new findings and %d stale entries, got %+v", n+1, len(b.Entries), got)
	}
}

func TestBaselineKeepsEntriesOfFilesNotScanned(t *testing.T) {
	old := rewrite.Baseline{Entries: []rewrite.BaselineEntry{
		{Path: "gone.yaml", Ref: "r", Reason: "docs", Count: 1},
		{Path: "out/side.yaml", Ref: "r", Reason: "docs", Count: 1},
		{Path: "in/skipped/x.yaml", Ref: "r", Reason: "docs", Count: 1},
		{Path: "in/broken.yaml", Ref: "r", Reason: "docs", Count: 1},
		{Path: "in/x.tgz!a.yaml", Ref: "r", Reason: "archive", Count: 1},
	}}
	p := &rewrite.Plan{
		Paths:   []string{"in", "gone.yaml"},
		Files:   []rewrite.File{{Path: "in/broken.yaml", Err: errors.New("too deep")}},
		Skipped: []walk.Skip{{Path: "in/skipped", Dir: true, Reason: walk.Excluded}},
	}
	stale := func() (out []string) {
		for _, a := range p.CompareBaseline(old).Stale {
			out = append(out, a.Path)
		}
		return out
	}
	if got, want := stale(), []string{"gone.yaml", "in/x.tgz!a.yaml"}; !slices.Equal(got, want) {
		t.Errorf("expected the stale entries %q, got %q", want, got)
	}
	var left []string
	for _, a := range p.NewBaseline(old).Entries {
		left = append(left, a.Path)
	}
	if want := []string{"in/broken.yaml", "in/skipped/x.yaml", "out/side.yaml"}; !slices.Equal(left, want) {
		t.Errorf("expected a new baseline with %q, got %q", want, left)
	}
}

func TestParseBaselineErrors(t *testing.T) {
	const head = `{"regmigrate-baseline":1}` + "\n"
	const good = `{"path":"a","reference":"r","reason":"docs","count":1}` + "\n"
	tests := []struct{ name, src, want string }{
		{"empty", "", "b:1: the file is empty; "},
		{"no version", good, `b:1: expected {"regmigrate-baseline":1} on the first line: `},
		{"another version", `{"regmigrate-baseline":2}`, "b:1: expected a baseline of version 1, got version 2"},
		{"not JSON", head + "path: a\n", `b:2: expected {"path":…,"reference":…,"reason":…,"count":…}: invalid character 'p'`},
		{"a list", head + "[]\n", "b:2: expected"},
		{"truncated", head + `{"path":"a"`, "unexpected end of the line"},
		{"two objects", head + strings.TrimSpace(good) + good, "b:2: expected {\"path\":…,\"reference\":…,\"reason\":…,\"count\":…}: unexpected text after the object"},
		{"unknown key", head + `{"line":1}`, `unknown field "line"`},
		{"a number", head + `{"path":1}`, `"path": expected type string, got number`},
		{"no path", head + `{"reference":"r","reason":"docs","count":1}`, `b:2: "path" is missing or empty`},
		{"no reference", head + `{"path":"a","reason":"docs","count":1}`, `b:2: "reference" is missing or empty`},
		{"no count", head + `{"path":"a","reference":"r","reason":"docs"}`, `b:2: expected a "count" of at least 1, got 0`},
		{"a reason that baselines do not count", head + `{"path":"a","reference":"r","reason":"ignored","count":1}`, `b:2: unknown "reason" "ignored"; expected one of left to move, policy, `},
		{"duplicate entry", head + good + "\n" + good, "b:4: duplicate of line 2; "},
		{"conflict marker", head + "<<<<<<< HEAD\n" + good, "b:2: a git conflict marker; "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rewrite.ParseBaseline("b", []byte(tt.src))
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "b:") {
				t.Errorf("expected an error with %q, got %v", tt.want, err)
			}
		})
	}
}

// FuzzBaseline checks that for any path and reference, a baseline survives being
// formatted and parsed, accepts its own plan, and has no invisible characters in
// its file.
func FuzzBaseline(f *testing.F) {
	f.Add("a.yaml", "k8s.gcr.io/pause", "")
	f.Add("a\n\"b\u202e", "\x00\U000e0041\u2028", "{}")
	f.Add("\xff", "<&>", `{"regmigrate-baseline":1}`)
	f.Fuzz(func(t *testing.T, path, ref, src string) {
		_, _ = rewrite.ParseBaseline("b", []byte(src)) // must not panic
		if path == "" || ref == "" {
			return
		}
		p := planWithAllReasons(path, ref)
		want := p.NewBaseline(rewrite.Baseline{File: "b"})
		text := want.Format()
		for _, r := range strings.ReplaceAll(string(text), "\n", "") {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Fatalf("the baseline contains the invisible character %q: %q", r, text)
			}
		}
		got, err := rewrite.ParseBaseline("b", text)
		if err != nil || !slices.Equal(got.Entries, want.Entries) {
			t.Fatalf("parsing the formatted baseline: expected\n%v\ngot\n%v\nerror %v\n%s", want.Entries, got.Entries, err, text)
		}
		if c := p.CompareBaseline(got); c.New != 0 || len(c.Stale) != 0 && !strings.Contains(path, "!") {
			t.Errorf("expected no new findings and no stale entries, got %+v", c)
		}
	})
}
