package report

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

func TestEscape(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"charts/web/värden-値.yaml", "charts/web/värden-値.yaml"},
		{`^k8s\.gcr\.io/`, `^k8s\.gcr\.io/`},
		{"a\x1b[31mb", `a\x1b[31mb`},
		{"a\nb\r\tc\x00\x7f", `a\nb\r\tc\x00\x7f`},
		{"\u009b31m", `\u009b31m`},
		{"\x9b31m", `\x9b31m`},
		{"a\u202eb\u2066", `a\u202eb\u2066`},
		{"a\u2028b\u2029", `a\u2028b\u2029`},
		{"\ufeffa\u200b", `\ufeffa\u200b`},
		{"\U000e0041", `\U000e0041`},
		{"caf\xe9 \xed\xa0\x80", `caf\xe9 \xed\xa0\x80`},
		{"\ufffd", "\ufffd"},
	}
	for _, tt := range tests {
		if got := escape(tt.in); got != tt.want {
			t.Errorf("escape(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// unsafeChars are the characters that must not reach a terminal: C0 except
// the line feed, which reports write themselves, DEL, C1, characters that change
// the direction of text, and line separators.
var unsafeChars = regexp.MustCompile("[\x00-\x09\x0b-\x1f\x7f\u0080-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")

func isSafe(s string) bool { return utf8.ValidString(s) && !unsafeChars.MatchString(s) }

func FuzzEscape(f *testing.F) {
	f.Add("k8s.gcr.io/pause:3.9")
	f.Add("\x1b]8;;http://example.com\x07\u202e\x9b\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		got := escape(s)
		if !isSafe(got) || strings.Contains(got, "\n") {
			t.Errorf("escape(%q) = %q", s, got)
		}
		if again := escape(got); again != got {
			t.Errorf("escape(%q) = %q, and escape of the result = %q", s, got, again)
		}
		if len(got) == len(s) && got != s {
			t.Errorf("escape(%q) = %q, which has the same length but other bytes", s, got)
		}
		if tabs := escapeExcept(s, '\t'); strings.Count(tabs, "\t") != strings.Count(s, "\t") || !isSafe(strings.ReplaceAll(tabs, "\t", "")) {
			t.Errorf("escapeExcept(%q, tab) = %q", s, tabs)
		}
	})
}

// hostilePlan is a plan with evil in every text from outside.
func hostilePlan(t testing.TB, evil string) *rewrite.Plan {
	f := fileReplacing("a"+evil+".yaml", "# "+evil+"\nimage: k8s.gcr.io/"+evil+"\n", "k8s.gcr.io", "registry.k8s.io"+evil)
	f.Findings = []rewrite.Finding{moved(2, "k8s.gcr.io/"+evil, "registry.k8s.io/"+evil)}
	f.Unverified = true
	k := notChanged(3, evil, format.Policy, evil)
	k.NotInBaseline = true
	k.Place = format.Place{Field: "." + evil, Object: evil}
	c := notChanged(4, evil, format.Conflict, "it shares "+evil)
	return &rewrite.Plan{
		Rules: k8sRules(t), ScannedFiles: 3,
		Files: []rewrite.File{f, unchangedFile(evil, k, c), {Path: "b" + evil, Err: errors.New(evil)}},
		Skipped: []walk.Skip{
			{Path: evil, Reason: walk.Binary, Detail: evil},
			{Path: "c" + evil, Reason: walk.Unreadable, Err: errors.New(evil)},
		},
		Unrendered: []string{evil},
		Proofs: []rewrite.Proof{
			{Path: evil, State: rewrite.Failed, Summary: evil, Details: []string{evil, "it says " + evil}},
			{Path: evil, State: rewrite.Unproven, Summary: "because of " + evil},
		},
		RegistryResults: []rewrite.RegistryResult{
			{Old: evil, New: evil, Verdict: rewrite.Missing, Detail: evil},
			{Old: evil, New: evil, Verdict: rewrite.Different, OldDigest: evil, NewDigest: evil},
		},
		Baseline: &rewrite.BaselineComparison{File: evil, New: 1, Stale: []rewrite.BaselineEntry{{Path: evil, Ref: evil, Reason: evil, Count: 1}}},
		Advice:   []rewrite.Advice{{Path: evil, Line: 3, Ref: evil, Text: evil, Source: evil}, {Text: "do " + evil}},
	}
}

// sgrSequence matches the colours that reports write themselves.
var sgrSequence = regexp.MustCompile(`\x1b\[[0-9]*m`)

func FuzzTerminal(f *testing.F) {
	f.Add("\x1b[2J")
	f.Add("a\r\nb\tc")
	f.Add("\u202e\u2066\x9b\xff\u0085")
	f.Fuzz(func(t *testing.T, evil string) {
		// The test could not distinguish such a sequence from those of reports.
		evil = sgrSequence.ReplaceAllString(evil, "\x1b[?25l")
		p := hostilePlan(t, evil)
		for _, o := range []Options{{}, {Verbose: true, DryRun: true, Args: []string{evil}, Rules: evil}, {Quiet: true}, {Color: true, Verbose: true, Check: true}} {
			got := write(t, "text", p, o)
			if o.Color {
				got = sgrSequence.ReplaceAllString(got, "")
			}
			if !isSafe(got) {
				t.Errorf("%+v: unsafe character %q", o, unsafeChars.FindString(got))
			}
		}
		got := strings.ReplaceAll(sgrSequence.ReplaceAllString(write(t, "diff", p, Options{Color: true}), ""), "\t", "")
		if !isSafe(got) {
			t.Errorf("diff: unsafe character %q in %q", unsafeChars.FindString(got), got)
		}
	})
}

func TestColor(t *testing.T) {
	p := hostilePlan(t, "evil")
	for _, name := range Names() {
		if got := write(t, name, p, Options{Verbose: true}); strings.Contains(got, "\x1b") {
			t.Errorf("%s has colours without the option Color", name)
		}
		got := write(t, name, p, Options{Verbose: true, Color: true})
		if want := name == "text" || name == "diff"; strings.Contains(got, "\x1b") != want {
			t.Errorf("%s has colours with the option Color: %v, want %v", name, !want, want)
		}
		if plain := write(t, name, p, Options{Verbose: true}); sgrSequence.ReplaceAllString(got, "") != plain {
			t.Errorf("%s without its colours: got\n%s\nwant\n%s", name, sgrSequence.ReplaceAllString(got, ""), plain)
		}
	}
}
