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

// accepting is a plan with a finding of each reason in a file called path, and
// one that would move.
func accepting(path, ref string) *rewrite.Plan {
	f := rewrite.File{Path: path, Findings: []rewrite.Finding{{Status: rewrite.Rewritten, Old: ref}, {Status: rewrite.Rewritten, Old: ref, Implicit: true}}}
	for _, r := range format.Reasons {
		f.Findings = append(f.Findings, rewrite.Finding{Old: ref, Reason: r.Reason})
	}
	return &rewrite.Plan{Files: []rewrite.File{f}}
}

func TestBaselineAcceptsWhatItWasMadeOf(t *testing.T) {
	p := accepting("a.yaml", "k8s.gcr.io/pause")
	b := p.NewBaseline(rewrite.Baseline{File: "b"})
	n := 0
	for _, a := range b.Entries {
		n += a.Count
	}
	// Two that move, and all reasons but four.
	if want := 2 + len(format.Reasons) - 4; n != want {
		t.Errorf("it accepts %d mentions, want %d", n, want)
	}
	if got := p.CompareBaseline(b); got.New != 0 || got.Accepted != n || len(got.Stale) != 0 {
		t.Errorf("compared with its own baseline: %+v", got)
	}
	p.Files[0].Findings = append(p.Files[0].Findings, rewrite.Finding{Old: "k8s.gcr.io/pause", Reason: format.Policy})
	if got := p.CompareBaseline(b); got.New != 1 || !p.Files[0].Findings[len(p.Files[0].Findings)-1].NotInBaseline {
		t.Errorf("one more of the same: %+v", got)
	}
	p.Files[0].Path = "b.yaml"
	if got := p.CompareBaseline(b); got.New != n+1 || len(got.Stale) != len(b.Entries) {
		t.Errorf("in another file: %+v", got)
	}
}

func TestBaselineLeavesAloneWhatWasNotLookedAt(t *testing.T) {
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
		t.Errorf("stale are %q, want %q", got, want)
	}
	var left []string
	for _, a := range p.NewBaseline(old).Entries {
		left = append(left, a.Path)
	}
	if want := []string{"in/broken.yaml", "in/skipped/x.yaml", "out/side.yaml"}; !slices.Equal(left, want) {
		t.Errorf("a new baseline has %q, want %q", left, want)
	}
}

func TestParseBaselineErrors(t *testing.T) {
	const head = `{"regmigrate-baseline":1}` + "\n"
	const good = `{"path":"a","reference":"r","reason":"docs","count":1}` + "\n"
	tests := []struct{ name, src, want string }{
		{"empty", "", "b:1: an empty file; "},
		{"no head", good, `b:1: expected {"regmigrate-baseline":1} on the first line: `},
		{"another version", `{"regmigrate-baseline":2}`, "b:1: a baseline of version 2; this program reads version 1"},
		{"no JSON", head + "path: a\n", `b:2: expected {"path":…,"reference":…,"reason":…,"count":…}: invalid character 'p'`},
		{"a list", head + "[]\n", "b:2: expected"},
		{"cut off", head + `{"path":"a"`, "the line ends too early"},
		{"two objects", head + strings.TrimSpace(good) + good, "b:2: expected {\"path\":…,\"reference\":…,\"reason\":…,\"count\":…}: something stands after the object"},
		{"unknown key", head + `{"line":1}`, `unknown field "line"`},
		{"a number", head + `{"path":1}`, `"path" is a number`},
		{"no path", head + `{"reference":"r","reason":"docs","count":1}`, `b:2: no "path"`},
		{"no reference", head + `{"path":"a","reason":"docs","count":1}`, `b:2: no "reference"`},
		{"no count", head + `{"path":"a","reference":"r","reason":"docs"}`, `b:2: "count" is 0; expected a number from 1, or the line gone`},
		{"a reason that it never has", head + `{"path":"a","reference":"r","reason":"ignored","count":1}`, `b:2: unknown "reason" "ignored"; known are left to move, policy, `},
		{"twice", head + good + "\n" + good, "b:4: the same path, reference and reason as in line 2; "},
		{"a conflict", head + "<<<<<<< HEAD\n" + good, "b:2: a conflict of git; "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rewrite.ParseBaseline("b", []byte(tt.src))
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "b:") {
				t.Errorf("the error is %v, want %s", err, tt.want)
			}
		})
	}
}

// Whatever files and references are called, a baseline comes back from its
// file as it was, accepts what it was made of, and can be read.
func FuzzBaseline(f *testing.F) {
	f.Add("a.yaml", "k8s.gcr.io/pause", "")
	f.Add("a\n\"b\u202e", "\x00\U000e0041\u2028", "{}")
	f.Add("\xff", "<&>", `{"regmigrate-baseline":1}`)
	f.Fuzz(func(t *testing.T, path, ref, src string) {
		_, _ = rewrite.ParseBaseline("b", []byte(src)) // an error, or none
		if path == "" || ref == "" {
			return
		}
		p := accepting(path, ref)
		want := p.NewBaseline(rewrite.Baseline{File: "b"})
		text := want.Format()
		for _, r := range strings.ReplaceAll(string(text), "\n", "") {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Fatalf("%q is in the file %q", r, text)
			}
		}
		got, err := rewrite.ParseBaseline("b", text)
		if err != nil || !slices.Equal(got.Entries, want.Entries) {
			t.Fatalf("%v\n%s\ncomes back as\n%v", err, text, got.Entries)
		}
		if c := p.CompareBaseline(got); c.New != 0 || len(c.Stale) != 0 && !strings.Contains(path, "!") {
			t.Errorf("%+v", c)
		}
	})
}
