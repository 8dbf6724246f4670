package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

const preset = "preset k8s"

// ruleSet returns the rules in pairs, each "FROM TO".
func ruleSet(t testing.TB, pairs ...string) *rules.Set {
	t.Helper()
	var rs []rules.Rule
	for _, p := range pairs {
		from, to, _ := strings.Cut(p, " ")
		rs = append(rs, rules.Rule{Name: preset, From: from, To: to})
	}
	s, err := rules.New(rs)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func k8sRules(t testing.TB) *rules.Set {
	return ruleSet(t, "k8s.gcr.io registry.k8s.io", "gcr.io/google-containers registry.k8s.io")
}

// testRules are the prefixes of the rules of all tests.
var testRules = [][2]string{
	{"k8s.gcr.io", "registry.k8s.io"},
	{"gcr.io/google-containers", "registry.k8s.io"},
	{"docker.io/bitnami", "docker.io/bitnamilegacy"},
	{"bitnami", "docker.io/bitnamilegacy"}, // short names
	{"quay.io/coreos", "mirror.example/coreos"},
}

// moved returns a finding that is rewritten.
func moved(line int, old, new string) rewrite.Finding {
	f := rewrite.Finding{Status: rewrite.Rewritten, Line: line, Column: 10, Old: old, New: new, Rule: preset}
	for _, r := range testRules {
		if strings.HasPrefix(strings.TrimPrefix(old, "index."), r[0]) {
			f.From, f.To = strings.Replace(r[0], "bitnami", "docker.io/bitnami", 1), r[1]
			f.From = strings.Replace(f.From, "docker.io/docker.io/", "docker.io/", 1)
			break
		}
	}
	return f
}

// movedImplicit is moved for an implicit reference.
func movedImplicit(line int, old, new string) rewrite.Finding {
	f := moved(line, old, new)
	f.Implicit = true
	return f
}

// notChanged returns a finding that is not changed.
func notChanged(line int, old string, r format.Reason, note string) rewrite.Finding {
	return rewrite.Finding{Line: line, Column: 5, Old: old, Reason: r, Note: note}
}

// fileReplacing returns a file with an edit for every old, which replaces it with new.
func fileReplacing(path, before, old, new string) rewrite.File {
	f := rewrite.File{Path: path, Format: "yaml", Before: []byte(before)}
	for at := 0; ; {
		i := strings.Index(before[at:], old)
		if i < 0 {
			return f
		}
		at += i
		f.Edits = append(f.Edits, edit.Edit{Span: edit.Span{Start: at, End: at + len(old)}, New: new})
		at += len(old)
	}
}

// changedFile returns a file with findings and one edit.
func changedFile(path string, findings ...rewrite.Finding) rewrite.File {
	f := fileReplacing(path, "image: k8s.gcr.io/pause:3.9\n", "k8s.gcr.io", "registry.k8s.io")
	f.Findings = findings
	return f
}

// unchangedFile returns a file that does not change.
func unchangedFile(path string, findings ...rewrite.Finding) rewrite.File {
	return rewrite.File{Path: path, Format: "yaml", Findings: findings}
}

func write(t testing.TB, name string, p *rewrite.Plan, o Options) string {
	t.Helper()
	w, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := w.Write(&b, p, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
