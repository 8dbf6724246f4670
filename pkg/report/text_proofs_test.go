package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// manyProofs is a plan with about 100 proofs of each state.
func manyProofs(t *testing.T) *rewrite.Plan {
	p := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 3}
	for i := range 100 {
		p.Proofs = append(p.Proofs,
			rewrite.Proof{Path: fmt.Sprintf("charts/good%02d", i), Kind: "chart", State: rewrite.Proven, Summary: "1 object, 1 reference moved"},
			rewrite.Proof{Path: fmt.Sprintf("charts/open%02d", i), Kind: "chart", State: rewrite.Unproven, Summary: "not in charts/: redis"},
			rewrite.Proof{Path: fmt.Sprintf("overlays/bad%02d", i), Kind: "kustomization", State: rewrite.Failed, Summary: "pause:3.9 would become pause:3.1"})
	}
	p.Proofs = append(p.Proofs, rewrite.Proof{Path: "charts/left", Kind: "chart", State: rewrite.Proven, Summary: "1 object", Details: []string{"still rendered: busybox, by templates/a.yaml"}})
	return p
}

func TestTextSumsUpProofs(t *testing.T) {
	got := write(t, "text", manyProofs(t), Options{DryRun: true})
	for _, want := range []string{
		"proven    100 charts: only references that move change (-v lists them)\n",
		"proven    charts/left", "still rendered: busybox",
		"unproven  charts/open07",
		"          and 92 more\n",
		"FAILED    overlays/bad00", "FAILED    overlays/bad99",
		"101 proven, 100 unproven, 100 failed\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	for _, wrong := range []string{"charts/good", "charts/open08"} {
		if strings.Contains(got, wrong) {
			t.Errorf("%q is present in\n%s", wrong, got)
		}
	}
	if lines := strings.Split(got, "\n"); !strings.Contains(lines[len(lines)-3], "overlays/bad99") {
		t.Errorf("the last proof is not a failed one:\n%s", strings.Join(lines[len(lines)-8:], "\n"))
	}

	// A verbose report lists all proofs.
	verbose := write(t, "text", manyProofs(t), Options{DryRun: true, Verbose: true})
	for _, want := range []string{"proven    charts/good99", "unproven  charts/open99", "FAILED    overlays/bad99"} {
		if !strings.Contains(verbose, want) {
			t.Errorf("%q is missing in a verbose report", want)
		}
	}
}

// regmigrate verify lists all that is not proven. Proven charts and kustomizations with
// the same summary are one line, unless they are few.
func TestWriteProofs(t *testing.T) {
	proofs := func(p *rewrite.Plan, o Options) string {
		var b strings.Builder
		if err := WriteProofs(&b, p, o); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	many := manyProofs(t)
	many.Proofs = append(many.Proofs, rewrite.Proof{Path: "charts/other", Kind: "chart", State: rewrite.Proven, Summary: "2 objects"})
	got := proofs(many, Options{})
	if want := "proven    100 charts: 1 object, 1 reference moved (-v lists them)\nproven    charts/other    2 objects\nproven    charts/left     1 object\n"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want it to begin with %q", got[:400], want)
	}
	for i := range 100 {
		for _, want := range []string{fmt.Sprintf("unproven  charts/open%02d", i), fmt.Sprintf("FAILED    overlays/bad%02d", i)} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing", want)
			}
		}
	}
	if got := proofs(many, Options{Verbose: true}); !strings.Contains(got, "proven    charts/good99") {
		t.Errorf("a verbose list has no charts/good99:\n%s", got)
	}

	// Many different summaries are one line, too.
	different := &rewrite.Plan{Rules: k8sRules(t)}
	for i := range 2 * maxProofs {
		different.Proofs = append(different.Proofs, rewrite.Proof{Path: fmt.Sprintf("charts/%02d", i), Kind: "chart", State: rewrite.Proven, Summary: fmt.Sprintf("%d objects", i)})
	}
	if got, want := proofs(different, Options{}), "proven    16 charts: only references that move change (-v lists them)\n16 proven, 0 unproven, 0 failed\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	different.Proofs = different.Proofs[:maxProofs]
	if got := proofs(different, Options{}); !strings.Contains(got, "proven    charts/07  7 objects\n") {
		t.Errorf("a few proofs are not listed:\n%s", got)
	}

	// Many unproven charts in which no file changes are one line with their names, after
	// the proven ones.
	untouched := &rewrite.Plan{Rules: k8sRules(t)}
	for i := range maxProofs + 1 {
		untouched.Proofs = append(untouched.Proofs, rewrite.Proof{Path: fmt.Sprintf("charts/%02d", i), Kind: "chart", State: rewrite.Unproven, Unchanged: true, Summary: "redis is missing"})
	}
	untouched.Proofs = append(untouched.Proofs, rewrite.Proof{Path: "charts/open", Kind: "chart", State: rewrite.Unproven, Summary: "etcd is missing"},
		rewrite.Proof{Path: "charts/good", Kind: "chart", State: rewrite.Proven, Summary: "1 object"})
	want := `proven    charts/good  1 object
unproven  9 charts: no file changes, but a part of each is not rendered and may
          have an old name (-v lists them)
            charts/00  charts/01  charts/02  charts/03  charts/04  charts/05
            charts/06  charts/07  charts/08
unproven  charts/open  etcd is missing
1 proven, 10 unproven, 0 failed
`
	if got := proofs(untouched, Options{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, o := range []Options{{Verbose: true}, {RequireProof: true}} {
		if got := proofs(untouched, o); !strings.Contains(got, "unproven  charts/08    redis is missing\n") {
			t.Errorf("%+v: got\n%s", o, got)
		}
	}

	// A quiet list has what fails the run.
	if got := proofs(manyProofs(t), Options{Quiet: true}); strings.Contains(got, "proven") || !strings.Contains(got, "FAILED    overlays/bad99") {
		t.Errorf("quiet: got\n%s", got)
	}
	got = proofs(manyProofs(t), Options{Quiet: true, RequireProof: true})
	if strings.Contains(got, "\nproven") || !strings.Contains(got, "unproven  charts/open99") || !strings.Contains(got, "FAILED    overlays/bad99") {
		t.Errorf("quiet, with required proofs: got\n%s", got)
	}
}

func TestMarkdownProse(t *testing.T) {
	p := manyProofs(t)
	p.Advice = []rewrite.Advice{{Text: "It stays what it was in August 2025; 1.8.2 is newer, and so is 12345678."}}
	got := write(t, "markdown", p, Options{DryRun: true})
	for _, want := range []string{
		"<summary>201 charts and 100 kustomizations</summary>",
		"in August 2025; `1.8.2` is newer, and so is `12345678`.", // which could be a commit
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got[:3000])
		}
	}
}
