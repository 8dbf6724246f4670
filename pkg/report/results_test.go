package report

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

func readCodeQuality(t testing.TB, p *rewrite.Plan, o Options) []qualityIssue {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(write(t, "codeclimate", p, o)))
	d.DisallowUnknownFields()
	var out []qualityIssue
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func readXML(t testing.TB, text string, into any) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("the document is not UTF-8")
	}
	if err := xml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// The findings of each report are those of SARIF, at the same lines, and a result is
// an error in all of them or in none.
func TestResultsAgree(t *testing.T) {
	packed := unchangedFile("x.tgz!y/values.yaml", notChanged(7, "k8s.gcr.io/x", format.Archive, ""))
	file := changedFile("a<b>&\"c\".yaml", moved(3, "k8s.gcr.io/x", "registry.k8s.io/x"),
		notChanged(4, "k8s.gcr.io", format.Conflict, ""), notChanged(5, "k8s.gcr.io", format.Comment, ""), notChanged(6, "k8s.gcr.io", format.Ignored, ""))
	p := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 2, Files: []rewrite.File{file, packed},
		Advice: []rewrite.Advice{{Path: "values.yaml", Line: 2, Text: "change it by hand"}}}
	for _, o := range []Options{{Check: true}, {DryRun: true}, {}} {
		sarif := readSARIF(t, p, o)
		want := map[string]int{}
		for _, r := range sarif.Results {
			want[r.Level]++
		}
		want["note"]++ // the advice, a notification of SARIF

		quality, style, junit := map[string]int{}, map[string]int{}, map[string]int{}
		level := map[string]string{"major": "error", "minor": "warning", "info": "note", "error": "error", "warning": "warning"}
		fingerprints := map[string]bool{}
		for _, x := range readCodeQuality(t, p, o) {
			quality[level[x.Severity]]++
			if fingerprints[x.Fingerprint] || x.Location.Lines.Begin < 1 || strings.Contains(x.Location.Path, "!") {
				t.Errorf("fingerprint, line or path: %+v", x)
			}
			fingerprints[x.Fingerprint] = true
		}
		var c checkstyleReport
		readXML(t, write(t, "checkstyle", p, o), &c)
		for _, f := range c.Files {
			for _, e := range f.Errors {
				style[level[e.Severity]]++
			}
		}
		var s junitSuites
		readXML(t, write(t, "junit", p, o), &s)
		for _, suite := range s.Suites {
			for _, x := range suite.Cases {
				switch {
				case x.Failure != nil:
					junit["error"]++
				case x.Skipped != nil:
					junit["other"]++
				}
			}
		}
		for _, l := range []string{"error", "warning", "note"} {
			if quality[l] != want[l] || style[l] != want[l] {
				t.Errorf("%+v: level %s: Code Quality has %d, Checkstyle %d, SARIF %d", o, l, quality[l], style[l], want[l])
			}
		}
		if junit["error"] != want["error"] || junit["other"] != want["warning"]+want["note"] {
			t.Errorf("%+v: JUnit has %v, SARIF %v", o, junit, want)
		}
		if s.Failures != want["error"] || s.Tests != 1+want["error"]+want["warning"]+want["note"] {
			t.Errorf("%+v: JUnit counts %d of %d tests as failures, SARIF %v", o, s.Failures, s.Tests, want)
		}
	}
}

// Programs that read JUnit reject a report without test cases.
func TestJUnitWithoutFindings(t *testing.T) {
	var s junitSuites
	readXML(t, write(t, "junit", &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 3}, Options{Check: true}), &s)
	if s.Tests != 1 || s.Failures+s.Errors+s.Skipped != 0 || s.Suites[0].Cases[0].Output.Text != "3 files scanned" {
		t.Errorf("got %+v", s.Suites[0])
	}
}

// The name of a test case about advice is short, and has no details that differ from run to
// run.
func TestJUnitNames(t *testing.T) {
	p := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 1, Advice: []rewrite.Advice{
		{Note: true, Text: "This name gets no newer versions. They are elsewhere.", Ref: "k8s.gcr.io/a:1", Path: "a.yaml", Line: 3},
		{Note: true, Text: "An error of a template with a path and a line, and with everything that the template says about it, " + strings.Repeat("detail ", 20), Path: "web/values.yaml"},
		{Note: true, Text: strings.Repeat("x", 120)},
	}}
	var s junitSuites
	readXML(t, write(t, "junit", p, Options{}), &s)
	var got []string
	for _, c := range s.Suites[len(s.Suites)-1].Cases {
		got = append(got, c.Name)
	}
	want := []string{
		"k8s.gcr.io/a:1: This name gets no newer versions (a.yaml:3)",
		"An error of a template with a path and a line, and with everything that the template says about it,… (web/values.yaml)",
		strings.Repeat("x", 100) + "…",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// A failed file, a failed proof and a missing image are errors in each report. A proof that
// holds is no error.
func TestRunResults(t *testing.T) {
	p := typicalPlanWithProofs(t)
	states := map[rewrite.ProofState]int{}
	for _, x := range p.Proofs {
		states[x.State]++
	}
	if states[rewrite.Proven] == 0 {
		t.Fatal("the plan has no proof that holds")
	}
	var s junitSuites
	readXML(t, write(t, "junit", p, Options{}), &s)
	for _, suite := range s.Suites {
		if suite.Name != "proofs" {
			continue
		}
		if suite.Failures != states[rewrite.Failed] || suite.Skipped != states[rewrite.Unproven] || suite.Tests != len(p.Proofs) {
			t.Errorf("JUnit has %d failures and %d skipped of %d proofs, want %v", suite.Failures, suite.Skipped, suite.Tests, states)
		}
	}
	n := 0
	for _, x := range readCodeQuality(t, p, Options{}) {
		if x.Check == proofResult {
			n++
		}
	}
	if want := states[rewrite.Failed] + states[rewrite.Unproven]; n != want {
		t.Errorf("Code Quality has %d proofs, want %d", n, want)
	}
}

// Text of a hostile repository leaves the documents well-formed.
func FuzzResults(f *testing.F) {
	for _, evil := range []string{"x", "]]>", "\x1b\xff\u202e", "<!--", "a&b", "\x00", "\ufffe", "\"'", "\n"} {
		f.Add(evil)
	}
	f.Fuzz(func(t *testing.T, evil string) {
		p := hostilePlan(t, evil)
		readXML(t, write(t, "junit", p, Options{Check: true}), new(junitSuites))
		readXML(t, write(t, "checkstyle", p, Options{Check: true}), new(checkstyleReport))
		for _, x := range readCodeQuality(t, p, Options{Check: true}) {
			if !isSafe(x.Description) {
				t.Errorf("unsafe character in %q", x.Description)
			}
		}
	})
}

func TestPackedPath(t *testing.T) {
	for path, want := range map[string][2]string{
		"charts/x.tgz!x/values.yaml": {"charts/x.tgz", "x/values.yaml"},
		"a!b/x.TGZ!y":                {"a!b/x.TGZ", "y"},
		"bang/we!rd.yaml":            {"bang/we!rd.yaml", ""},
		"a.yaml":                     {"a.yaml", ""},
		"":                           {"", ""},
	} {
		archive, inner, isPacked := packedPath(path)
		if archive != want[0] || inner != want[1] || isPacked != (inner != "") {
			t.Errorf("%q: got %q, %q, %t", path, archive, inner, isPacked)
		}
	}
}
