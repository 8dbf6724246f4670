package report

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	mdtext "github.com/yuin/goldmark/text"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// typicalPlanWithProofs is typicalPlan with proofs, registry results and advice.
func typicalPlanWithProofs(t testing.TB) *rewrite.Plan {
	p := typicalPlan(t)
	p.Proofs = []rewrite.Proof{
		{Path: "charts/web", State: rewrite.Proven, Summary: "3 values files, 41 objects, 6 references moved, nothing else changed"},
		{Path: "overlays/edge", State: rewrite.Failed, Summary: "pause:3.9 would become pause:3.1", Details: []string{"overlays/edge/kustomization.yaml:7: images[0].name matches nothing"}},
	}
	p.RegistryResults = []rewrite.RegistryResult{
		{Old: "k8s.gcr.io/dns:1", New: "registry.k8s.io/dns:1", Verdict: rewrite.Missing, Detail: "404"},
		{Old: "k8s.gcr.io/pause:3.9", New: "registry.k8s.io/pause:3.9", Verdict: rewrite.Same, OldDigest: "sha256:1", NewDigest: "sha256:1"},
	}
	p.Advice = []rewrite.Advice{
		{Path: "apps/a.yaml", Line: 9, Ref: "k8s.gcr.io/dns:1", Text: "This image has another name now.", Source: "https://example.com/x"},
		{Path: "apps/b.yaml", Line: 2, Ref: "k8s.gcr.io/dns:1", Text: "This image has another name now.", Source: "https://example.com/x"},
		{Text: "Run make vendor again."},
	}
	return p
}

func TestMarkdown(t *testing.T) {
	want := lines(
		"## 4 references in 2 files would move to `registry.k8s.io`",
		"",
		"Rules: preset `k8s`.",
		"",
		"- 2 from `k8s.gcr.io`",
		"- 1 from `gcr.io/google-containers`",
		"- 1 implicit (split across keys)",
		"",
		"### References",
		"",
		"| old → new | uses | locations |",
		"|---|--:|---|",
		"| `gcr.io/google-containers/x`<br>→ `registry.k8s.io/x` | 1 | `apps/b.yaml:2` |",
		"| `gcr.io/google-containers/y:2`<br>→ `registry.k8s.io/y:2` | 1 | `apps/b.yaml:7` |",
		"| `k8s.gcr.io/dns:1`<br>→ `registry.k8s.io/dns:1` | 1 | `apps/a.yaml:9` |",
		"| `k8s.gcr.io/pause:3.9`<br>→ `registry.k8s.io/pause:3.9` | 1 | `apps/a.yaml:4` |",
		"",
		"### Proofs",
		"",
		"1 proven, 0 unproven, 1 failed. Proven: rendered before and after the change, the output differs only in references that move.",
		"",
		"| state | path | result |",
		"|---|---|---|",
		"| **failed** | `overlays/edge` | `pause:3.9` would become `pause:3.1`<br>`overlays/edge/kustomization.yaml:7`: `images[0].name` matches nothing |",
		"| proven | `charts/web` | 3 values files, 41 objects, 6 references moved, nothing else changed |",
		"",
		"### Registry checks",
		"",
		"2 references checked in registries:",
		"",
		"- 1 missing: the new reference does not exist",
		"- 1 same: both exist, with the same digest",
		"",
		"| verdict | old | new | details |",
		"|---|---|---|---|",
		"| **missing** | `k8s.gcr.io/dns:1` | `registry.k8s.io/dns:1` | 404 |",
		"| same | `k8s.gcr.io/pause:3.9` | `registry.k8s.io/pause:3.9` | `sha256:1` |",
		"",
		"### Action required",
		"",
		"- [ ] **policy**: add the new registry by hand: the policy may deny or not match the moved images<br>`policies/deny-old.yaml:12, 19`",
		"- [ ] `k8s.gcr.io/dns:1`: This image has another name now. (`https://example.com/x`)<br>`apps/a.yaml:9`, `apps/b.yaml:2`",
		"- [ ] Run make vendor again.",
		"",
		"### Not changed",
		"",
		"| mentions | reason | remark | locations |",
		"|--:|---|---|---|",
		"| 2 | policy | action required: add the new registry by hand: the policy may deny or not match the moved images | `policies/deny-old.yaml:12, 19` |",
		"| 1 | URL | a URL is a web address, not an image reference | `charts/web/values.yaml:4` |",
		"",
		"### Totals",
		"",
		"6 mentions = 3 to rewrite + 3 not changed; 1 implicit reference = 1 to rewrite + 0 not changed.",
		"",
		"1,204 files scanned, 2 skipped: 1 binary, 1 folder ignored by git.",
	)
	if got := write(t, "markdown", typicalPlanWithProofs(t), Options{DryRun: true, Presets: []string{"k8s"}}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// For any number of findings and any names, a report has at most MarkdownLimit
// bytes and all its sections, and counts what it omits.
func TestMarkdownFits(t *testing.T) {
	names := map[string]string{
		"plain":   "charts/web/values",
		"marks":   strings.Repeat("|`<@#*", 60),
		"wide":    strings.Repeat("漢", 100),
		"control": strings.Repeat("\u202e\x1b", 80),
	}
	for name, word := range names {
		t.Run(name, func(t *testing.T) {
			p := typicalPlanWithProofs(t)
			p.Files, p.Proofs, p.RegistryResults, p.Advice = nil, nil, nil, nil
			for i := range 5000 {
				id := strconv.Itoa(i)
				f := changedFile(word+id+".yaml", notChanged(3, word, format.Conflict, "it shares "+word+id), notChanged(4, word, format.Policy, ""))
				f.Findings[0].NotInBaseline = true
				for j := range 8 {
					ref := word + id + "/" + strconv.Itoa(j)
					f.Findings = append(f.Findings, moved(j, "k8s.gcr.io/"+ref, "registry.k8s.io/"+ref))
				}
				f.Unverified = true
				p.Files = append(p.Files, f, rewrite.File{Path: word + id + "x", Err: fmt.Errorf("reading %s", word)})
				p.Proofs = append(p.Proofs, rewrite.Proof{Path: word + id, State: rewrite.Failed, Summary: word, Details: []string{word, word, word, word, word, word}})
				p.RegistryResults = append(p.RegistryResults, rewrite.RegistryResult{Old: word + id, New: word + id, Verdict: rewrite.Missing, Detail: word})
				p.Advice = append(p.Advice, rewrite.Advice{Path: word, Ref: word + id, Text: word, Source: word})
			}
			for _, o := range []Options{{}, {Verbose: true, Quiet: true, DryRun: true, Presets: []string{word}, Rules: word}} {
				got := write(t, "markdown", p, o)
				p.Unrendered = []string{word, word, word, word, word, word}
				if len(got) > MarkdownLimit || len(got) < MarkdownLimit/2 {
					t.Errorf("got %d bytes, want at most %d and at least half of it", len(got), MarkdownLimit)
				}
				if !strings.HasPrefix(got, "## 40,000 references in 5,000 files ") {
					t.Errorf("got the start %.80q", got)
				}
				for _, head := range []string{"5,000 files failed", "New mentions", "References", "Proofs", "Registry checks", "Action required", "Not changed", "Totals"} {
					if !strings.Contains(got, "\n### "+head+"\n") {
						t.Errorf("section %q is missing", head)
					}
				}
				if n := strings.Count(got, " omitted, because the length of this text"); n < 6 {
					t.Errorf("got %d sections that omit rows, want at least 6", n)
				}
				rows := strings.Count(got[strings.Index(got, "### References"):strings.Index(got, "### Proofs")], "k8s.gcr.io/") +
					strings.Count(got[strings.Index(got, "### References"):strings.Index(got, "### Proofs")], "k8s&#46;gcr&#46;io&#47;")
				if want := wording.Number(40_000-rows) + " more references ("; !strings.Contains(got, want) {
					t.Errorf("%d references are shown, and %q is missing", rows, want)
				}
			}
		})
	}
}

// structure returns the blocks and inline elements of src without text and code,
// and separately its text and its code.
func structure(t *testing.T, src string) (blocks, prose, code string) {
	t.Helper()
	in := []byte(src)
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(mdtext.NewReader(in))
	var out, words, codes strings.Builder
	raw := false // between <code> and </code>
	err := ast.Walk(doc, func(n ast.Node, enter bool) (ast.WalkStatus, error) {
		if !enter {
			if n.Type() == ast.TypeBlock {
				out.WriteString(")")
			}
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.CodeSpan:
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				codes.Write(c.(*ast.Text).Segment.Value(in))
			}
			codes.WriteString("\n")
			return ast.WalkSkipChildren, nil
		case *ast.RawHTML:
			tag := string(n.Segments.Value(in))
			switch tag {
			case "<code>", "</code>":
				raw = tag == "<code>"
				if !raw {
					codes.WriteString("\n")
				}
			default:
				out.WriteString(tag)
			}
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			if raw {
				codes.Write(n.Segment.Value(in))
			} else {
				words.Write(n.Segment.Value(in))
				words.WriteString("\n")
			}
			return ast.WalkContinue, nil
		case *ast.HTMLBlock:
			out.WriteString(string(n.Lines().Value(in)))
		}
		out.WriteString("(" + n.Kind().String())
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), words.String(), codes.String()
}

// active matches text that GitHub turns into a mention, an issue reference or a
// link outside of code: names, numbers, addresses, hashes of commits.
var active = regexp.MustCompile(`@|#|://|www\.|:[a-z0-9_+-]+:|GH-[0-9]|[0-9a-f]{7}|\$|[^\x00-\x7f—…→]`)

func FuzzMarkdown(f *testing.F) {
	for _, evil := range []string{
		"x", "a|b", "a`b", "``", " x ", "<script>alert(1)</script>", "@octocat", "#123", "GH-1", "org/repo#1", "https://github.com/o/r/issues/1", "www.example.com",
		"a\nb", "\n\n# head\n\n", "\r\n- x", "\u202eevil\u2066", "\u200b", "<!--", "-->", "</code>", "</details>", "&#96;", "&lt;", "\\`", "\\", "|\n|-|-|\n|x|", "[x](http://y)", "![x](y)",
		"[^1]", ":tada:", "$a$", "~~x~~", "**x**", "_x_", "1. x", "2) x", "+", "- [ ] x", "=", "---", "deadbeef", "0123456789abcdef", "me@example.com", "\xff\xfe", "", " ", "\x00", "(x)", "12", "1,234", "000000000000", "www", "x @y", "to #1",
	} {
		f.Add(evil)
	}
	f.Fuzz(func(t *testing.T, evil string) {
		if evil == "" {
			return // text from outside is never empty
		}
		o := Options{DryRun: true}
		want, _, _ := structure(t, write(t, "markdown", hostilePlan(t, "x"), o))
		o.Presets, o.Rules = []string{evil}, evil
		src := write(t, "markdown", hostilePlan(t, evil), o)
		got, prose, code := structure(t, strings.Replace(src, "Rules: preset", "preset", 1))
		got = strings.Replace(got, "(Paragraph)", "", 1) // the paragraph of the rules
		if got != want {
			t.Errorf("%q: got the structure\n%s\nwant\n%s\nin\n%s", evil, got, want, src)
		}
		if bad := active.FindString(prose); bad != "" {
			t.Errorf("%q: active text %q in the prose\n%s\nin\n%s", evil, bad, prose, src)
		}
		if !isSafe(src) {
			t.Errorf("%q: unsafe character %q", evil, unsafeChars.FindString(src))
		}
		name := clip(escape("a"+evil+".yaml:2"), mdClip)
		var entities strings.Builder
		for _, r := range name {
			if r < 0x80 && !isAlphanumeric(byte(r)) {
				fmt.Fprintf(&entities, "&#%d;", r)
			} else {
				entities.WriteRune(r)
			}
		}
		if lines := "\n" + code; !strings.Contains(lines, "\n"+name+"\n") && !strings.Contains(lines, "\n"+entities.String()+"\n") {
			t.Errorf("%q is missing in the code\n%s", name, code)
		}
	})
}
