package report

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

func TestGitHub(t *testing.T) {
	p := typicalPlanWithProofs(t)
	p.Files = p.Files[:1]
	p.Files[0].Path = "a,b:c%d.yaml"
	p.Files[0].Findings = append(p.Files[0].Findings, notChanged(12, "100%", format.Policy, ""))
	p.Advice = p.Advice[2:]
	want := lines(
		"::error file=overlays/edge,title=proof failed::pause:3.9 would become pause:3.1",
		"::error title=registry%3A missing::registry.k8s.io/dns:1: 404",
		"::error file=a%2Cb%3Ac%25d.yaml,line=4,col=10,title=old registry::k8s.gcr.io/pause:3.9 would move to registry.k8s.io/pause:3.9",
		"::error file=a%2Cb%3Ac%25d.yaml,line=9,col=10,title=old registry::k8s.gcr.io/dns:1 would move to registry.k8s.io/dns:1",
		"::notice file=a%2Cb%3Ac%25d.yaml,line=12,col=5,title=action required%3A policy::100%25: add the new registry by hand: the policy may deny or not match the moved images",
		"::notice title=action required::Run make vendor again.",
	)
	if got := write(t, "github", p, Options{Check: true}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := write(t, "github", p, Options{}); strings.Contains(got, "old registry") {
		t.Errorf("a rewritten reference has an annotation:\n%s", got)
	}
	p.Baseline = &rewrite.BaselineComparison{File: "b", New: 1}
	p.Files[0].Findings[1].NotInBaseline = true
	if got := write(t, "github", p, Options{Check: true}); strings.Count(got, "::error file=a") != 1 || !strings.Contains(got, "k8s.gcr.io/dns:1: would move to registry.k8s.io/dns:1\n") {
		t.Errorf("got with a baseline:\n%s", got)
	}
}

func TestGitHubLimit(t *testing.T) {
	f := changedFile("a.yaml")
	for i := range 40 {
		f.Findings = append(f.Findings, moved(i+1, "k8s.gcr.io/"+strconv.Itoa(i), "registry.k8s.io/x"), notChanged(i+1, "k8s.gcr.io", format.Policy, ""))
	}
	got := write(t, "github", &rewrite.Plan{Rules: k8sRules(t), Files: []rewrite.File{f}}, Options{Check: true})
	if e, n := strings.Count(got, "::error "), strings.Count(got, "::notice "); e != 10 || n != 10 {
		t.Errorf("got %d errors and %d notices, want 10 and 10", e, n)
	}
	if want := "::notice title=regmigrate::30 more errors and 31 more notices not shown: "; !strings.Contains(got, want) {
		t.Errorf("%q is missing in\n%s", want, got)
	}
}

// oneCommand matches a workflow command. GitHub reads properties up to the next
// "::", splits them at commas, and decodes the values.
var oneCommand = regexp.MustCompile(`^::(error|warning|notice) ([a-z]+=[^,:]*)(,[a-z]+=[^,:]*)*::.*$`)

func FuzzGitHub(f *testing.F) {
	for _, evil := range []string{"x", "\n::error::evil", "a::b", "%0A", "a,file=b", "\r", "\x1b[31m", "\u2028::set-output name=x::y", "\xff"} {
		f.Add(evil)
	}
	f.Fuzz(func(t *testing.T, evil string) {
		for _, o := range []Options{{Check: true}, {DryRun: true}, {}} {
			p := hostilePlan(t, evil)
			got := write(t, "github", p, o)
			if !isSafe(got) {
				t.Errorf("%q: unsafe character %q", evil, unsafeChars.FindString(got))
			}
			for _, l := range strings.Split(strings.TrimSuffix(got, "\n"), "\n") {
				if evil != "" && !oneCommand.MatchString(l) {
					t.Errorf("%q: the line %q is not a command", evil, l)
				}
				if strings.Contains(strings.NewReplacer("%25", "", "%3A", "", "%2C", "").Replace(l), "%") {
					t.Errorf("%q: unexpected percent encoding in %q", evil, l)
				}
			}
		}
	})
}
