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

	// Verbose reports and regmigrate verify list all proofs.
	verbose := write(t, "text", manyProofs(t), Options{DryRun: true, Verbose: true})
	var alone strings.Builder
	if err := WriteProofs(&alone, manyProofs(t), Options{}); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"verbose": verbose, "verify": alone.String()} {
		for _, want := range []string{"proven    charts/good99", "unproven  charts/open99", "FAILED    overlays/bad99"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is missing", name, want)
			}
		}
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
