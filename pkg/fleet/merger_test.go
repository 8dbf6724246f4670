package fleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// now is the time of all states.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// plan returns the report of a plan with n references of an owner.
func plan(repository, day, digest, owner string, n int) string {
	var findings []string
	for i := range n {
		findings = append(findings, fmt.Sprintf(`{"status":"rewritten","old":"k8s.gcr.io/a:%d"}`, i))
	}
	findings = append(findings, `{"status":"notChanged","reason":"comment","old":"k8s.gcr.io/b:1"}`)
	return fmt.Sprintf(`{"version":1,"program":"v1","source":{"repository":%q,"commit":"c%s","time":"2026-02-%sT00:00:00Z"},"dryRun":true,"rulesDigest":%q,
		"rules":[{"from":"k8s.gcr.io","to":"registry.k8s.io"}],"counts":{},"files":[{"path":"a","owners":[%q],"findings":[%s]}],"skipped":[],"proofs":[],"images":[],"advice":[]}`,
		repository, day, day, digest, owner, strings.Join(findings, ","))
}

const clusterReport = `{"version":1,"time":"2026-02-01T00:00:00Z","rulesDigest":"sha256:a","rules":[{"from":"k8s.gcr.io","to":"registry.k8s.io"}],"contexts":["east","west"],"counts":{},"images":[
	{"reference":"k8s.gcr.io/a","registry":"k8s.gcr.io","repository":"a","new":"registry.k8s.io/a","uses":[
		{"path":"east","context":"east","gates":true,"labels":{"team":"red"}},{"path":"east","context":"east","gates":false},{"path":"west","context":"west","gates":true,"likely":true}]},
	{"reference":"registry.k8s.io/b","registry":"registry.k8s.io","repository":"b","uses":[{"path":"west","context":"west","gates":true}]},
	{"reference":"nginx","registry":"docker.io","repository":"library/nginx","uses":[{"path":"west","context":"west","gates":true}]}],
	"failures":[{"path":"west/a/secrets","error":"forbidden"}],"unrendered":[]}`

const inventoryReport = `{"version":1,"source":{"repository":"h/o/inventory","commit":"c","time":"2026-02-01T00:00:00Z"},"rulesDigest":"sha256:a","rules":[{"from":"k8s.gcr.io","to":"registry.k8s.io"}],
	"owners":{"a.yaml":["@a","@b"]},"counts":{},"images":[{"reference":"k8s.gcr.io/a","registry":"k8s.gcr.io","repository":"a","new":"registry.k8s.io/a","uses":[{"origin":"file","path":"a.yaml"},{"origin":"file","path":"b.yaml"}]},
	{"reference":"registry.k8s.io/a","registry":"registry.k8s.io","repository":"a","uses":[{"origin":"file","path":"a.yaml"}]}],"skipped":[],"failures":[],"unrendered":[{"path":"c","error":"no values"}]}`

// describe returns what tests compare of a subject.
func describe(s *Subject) string {
	out := fmt.Sprintf("%s %s %s", s.Kind, s.Name, s.Status)
	for _, c := range s.Cells {
		out += fmt.Sprintf(" [%s %s %d %d %d %d %d]", c.Owner, c.Registry, c.ToMove, c.Likely, c.ByHand, c.NotChanged, c.Moved)
	}
	for _, r := range s.Reasons {
		out += "; " + r
	}
	if s.PullRequest != nil {
		out += " " + s.PullRequest.Action
	}
	return out
}

func TestRead(t *testing.T) {
	file := func(members string) string {
		return strings.Replace(plan("h/o/r", "01", "sha256:a", "@a", 0), `"findings":[`, members+`"findings":[`, 1)
	}
	for _, c := range []struct{ name, src, want string }{
		{"plan", plan("h/o/r", "01", "sha256:a", "@a", 2), "repository h/o/r toMove [@a k8s.gcr.io 2 0 0 1 0]"},
		{"done", plan("h/o/r", "01", "sha256:a", "@a", 0), "repository h/o/r done [@a k8s.gcr.io 0 0 0 1 0]"},
		{"no remote", strings.Replace(plan("", "01", "", "", 1), `"owners":[""],`, "", 1), "repository dir/file toMove [ k8s.gcr.io 1 0 0 1 0]"},
		{"two reports", plan("h/o/r", "01", "", "@a", 0) + "\n" + plan("h/o/s", "01", "", "@a", 0), "repository h/o/r done [@a k8s.gcr.io 0 0 0 1 0]\nrepository h/o/s done [@a k8s.gcr.io 0 0 0 1 0]"},
		{"likely", strings.Replace(plan("h/o/r", "01", "", "", 0), `"reason":"comment"`, `"reason":"likely image"`, 1), "repository h/o/r toMove [ k8s.gcr.io 0 1 0 0 0]"},
		{"conflict", strings.Replace(plan("h/o/r", "01", "", "", 0), `"reason":"comment"`, `"reason":"conflict"`, 1), "repository h/o/r toMove [ k8s.gcr.io 0 0 1 0 0]"},
		{"skipped folder", strings.Replace(plan("h/o/r", "01", "", "", 0), `"reason":"comment"`, `"movesIfScanned":true`, 1), "repository h/o/r toMove [ k8s.gcr.io 1 0 0 0 0]"},
		{"failed file", file(`"error":"too deep",`), "repository h/o/r failed [@a k8s.gcr.io 0 0 0 1 0]; a: too deep"},
		{"unreadable", strings.Replace(plan("h/o/r", "01", "", "", 0), `"skipped":[]`, `"skipped":[{"path":"x","reason":"unreadable","error":"denied"}]`, 1), "repository h/o/r failed [ k8s.gcr.io 0 0 0 1 0]; x: unreadable: denied"},
		{"time limit", strings.Replace(plan("h/o/r", "01", "", "", 0), `"advice":[]`, `"incomplete":[{"path":"c","error":"no time","limit":true}]`, 1), "repository h/o/r failed [ k8s.gcr.io 0 0 0 1 0]; c: no time"},
		{"failed proof", strings.Replace(plan("h/o/r", "01", "", "", 0), `"proofs":[]`, `"proofs":[{"state":"failed"},{"state":"proven"}]`, 1), "repository h/o/r toMove [ k8s.gcr.io 0 0 0 1 0]"},
		{"clusters", clusterReport, "cluster east toMove [red k8s.gcr.io 1 0 0 0 0]\ncluster west failed [ k8s.gcr.io 0 1 0 0 0] [ registry.k8s.io 0 0 0 0 1]; west/a/secrets: forbidden"},
		{"interrupted", `{"version":1,"contexts":["east"],"interrupted":true,"images":[]}`, "cluster east failed; interrupted: the list is not complete"},
		{"inventory", inventoryReport, "repository h/o/inventory toMove [ k8s.gcr.io 1 0 0 0 0] [@a @b k8s.gcr.io 1 0 0 0 0] [@a @b registry.k8s.io 0 0 0 0 1]"},
		{"inventory, limit", strings.Replace(inventoryReport, `"error":"no values"`, `"error":"no time","limit":true`, 1), "repository h/o/inventory failed [ k8s.gcr.io 1 0 0 0 0] [@a @b k8s.gcr.io 1 0 0 0 0] [@a @b registry.k8s.io 0 0 0 0 1]; c: no time"},
		{"pull request", `{"version":1,"action":"opened","repository":"o/r","number":3,"url":"https://h/3","branch":"b","files":1,"rewritten":2,"notChanged":1}`, "repository o/r toMove [  2 0 0 1 0] opened"},
		{"closed", `{"version":1,"action":"nothing","repository":"o/r","number":0,"url":"","branch":"b","files":1,"rewritten":0,"notChanged":1}`, "repository o/r done [  0 0 0 1 0] nothing"},
		{"failed run", `{"version":1,"kind":"failure","repository":"h/o/r","exitCode":128,"reason":"no access"}`, "repository h/o/r failed; no access (exit code 128)"},

		{"empty", "", "unknown dir/file.json failed; the file is empty: the run wrote no report"},
		{"text", "fatal: x", "unknown dir/file.json failed; not JSON, at byte 2: invalid character 't' in literal false (expecting 'l')"},
		{"cut before its name", `{"version":1,`, "unknown dir/file.json failed; the report ends early: the run or the copy was interrupted"},
		{"cut", plan("h/o/r", "01", "", "", 5)[:500], "repository h/o/r failed; the report ends early: the run or the copy was interrupted"},
		{"older", strings.Replace(plan("h/o/r", "01", "", "", 1), `"version":1`, `"version":0`, 1), "repository h/o/r failed; version 0 of the report: expected 1; make the report again with this version of regmigrate"},
		{"no version", "{}", "unknown dir/file.json failed; not a report of regmigrate: it has no version"},
		{"other JSON", `{"version":1,"a":2}`, "unknown dir/file.json failed; not a report of regmigrate"},
		{"list", `[1]`, "unknown dir/file.json failed; not a report of regmigrate: it has no version"},
		{"wrong type", `{"version":"1"}`, "unknown dir/file.json failed; not a report of regmigrate: "},
		{"wrong list", `{"version":1,"files":{}}`, "unknown dir/file.json failed; not a report of regmigrate: expected "},
	} {
		var m Merger
		m.Read(iotest.OneByteReader(strings.NewReader(c.src)), "dir/file.json")
		var got []string
		for _, s := range m.State(now, "").Subjects {
			got = append(got, describe(&s))
		}
		if text := strings.Join(got, "\n"); text != c.want && !(strings.HasSuffix(c.want, " ") && strings.HasPrefix(text, c.want)) {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, text, c.want)
		}
	}
}

func TestNewestCounts(t *testing.T) {
	older, newer := plan("h/o/r", "01", "sha256:a", "@a", 2), plan("h/o/r", "02", "sha256:a", "@a", 1)
	failure := `{"version":1,"kind":"failure","repository":"h/o/r","reason":"no access"}`
	pull := `{"version":1,"action":"opened","repository":"o/r","number":3,"url":"https://h/3","branch":"b","files":1,"rewritten":9,"notChanged":1}`
	for name, c := range map[string]struct {
		reports    []string
		want       string
		superseded int
	}{
		"newer":                      {[]string{older, newer}, "repository h/o/r toMove [@a k8s.gcr.io 1 0 0 1 0]", 1},
		"same commit":                {[]string{older, strings.Replace(older, "rewritten", "notChanged", 1)}, "repository h/o/r toMove [@a k8s.gcr.io 2 0 0 1 0]", 1},
		"the same report":            {[]string{older, older}, "repository h/o/r toMove [@a k8s.gcr.io 2 0 0 1 0]", 1},
		"a failed run":               {[]string{failure, newer}, "repository h/o/r failed; no access", 1},
		"newer, but cut":             {[]string{older, newer[:len(newer)-30]}, "repository h/o/r failed; the report ends early: the run or the copy was interrupted", 1},
		"a pull request":             {[]string{pull, newer}, "repository h/o/r toMove [@a k8s.gcr.io 1 0 0 1 0] opened", 0},
		"expected":                   {[]string{"expect h/o/r", newer}, "repository h/o/r toMove [@a k8s.gcr.io 1 0 0 1 0]", 0},
		"expected, without host":     {[]string{"expect o/r", newer}, "repository h/o/r toMove [@a k8s.gcr.io 1 0 0 1 0]", 0},
		"expected, and not there":    {[]string{"expect o/r"}, "repository o/r failed; there is no report about the repository", 0},
		"expected, a pull request":   {[]string{"expect o/r", pull}, "repository o/r toMove [  9 0 0 1 0] opened", 0},
		"expected, a part of a name": {[]string{"expect o/rest", newer}, "repository h/o/r toMove [@a k8s.gcr.io 1 0 0 1 0]\nrepository o/rest failed; there is no report about the repository", 0},
	} {
		for _, order := range [][]string{c.reports, reversed(c.reports)} {
			s := merge(order)
			var got []string
			for i := range s.Subjects {
				got = append(got, describe(&s.Subjects[i]))
			}
			if text := strings.Join(got, "\n"); text != c.want || len(s.Superseded) != c.superseded {
				t.Errorf("%s: got\n%s\nwant\n%s\nsuperseded: %v", name, text, c.want, s.Superseded)
			}
		}
	}
}

func reversed(all []string) []string {
	out := make([]string, len(all))
	for i, x := range all {
		out[len(all)-1-i] = x
	}
	return out
}

// merge returns the state of reports. The name of the file of a report depends on its text.
func merge(reports []string) *State {
	var m Merger
	for _, r := range reports {
		if name, ok := strings.CutPrefix(r, "expect "); ok {
			m.Expect(name)
			continue
		}
		m.Read(strings.NewReader(r), fmt.Sprintf("%d.json", len(r)))
	}
	return m.State(now, "")
}

// The order of the reports does not matter, nor that some were merged before.
func TestMergeOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var reports []string
		for range random.IntN(12) {
			name, day, digest := fmt.Sprintf("h/o/r%d", random.IntN(4)), fmt.Sprintf("%02d", 1+random.IntN(3)), fmt.Sprintf("sha256:%d", random.IntN(2))
			text := plan(name, day, digest, []string{"@a", "@b"}[random.IntN(2)], random.IntN(3))
			switch random.IntN(8) {
			case 0:
				text = text[:random.IntN(len(text))]
			case 1:
				text = fmt.Sprintf(`{"version":1,"kind":"failure","repository":%q,"reason":"r%d"}`, name, random.IntN(2))
			case 2:
				text = fmt.Sprintf(`{"version":1,"action":"opened","repository":%q,"number":%d,"url":"u","branch":"b","files":1,"rewritten":2,"notChanged":1}`, strings.TrimPrefix(name, "h/"), random.IntN(3))
			case 3:
				text = "expect " + strings.TrimPrefix(name, "h/")
			case 4:
				text = strings.ReplaceAll(clusterReport, "2026-02-01", "2026-02-"+day)
			}
			reports = append(reports, text)
		}
		want := merge(reports)
		shuffled := append([]string{}, reports...)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, merge(shuffled)); diff != "" {
			t.Fatalf("another order: -want +got\n%s", diff)
		}
		n := random.IntN(len(shuffled) + 1)
		var parts []string
		for _, part := range [][]string{shuffled[:n], shuffled[n:]} {
			text, err := json.MarshalIndent(merge(part), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, string(text))
		}
		if diff := cmp.Diff(want, merge(parts)); diff != "" {
			t.Fatalf("merged before: -want +got\n%s\n%s", diff, strings.Join(reports, "\n"))
		}
	}
}

func TestRules(t *testing.T) {
	s := merge([]string{plan("a/b/1", "01", "sha256:x", "", 0), plan("a/b/2", "01", "sha256:y", "", 0), plan("a/b/3", "01", "sha256:y", "", 0)})
	if diff := cmp.Diff([]RuleSet{{"sha256:y", 2}, {"sha256:x", 1}}, s.Rules); diff != "" {
		t.Error(diff)
	}
	for i, want := range []bool{true, false, false} {
		if s.Subjects[i].OtherRules != want {
			t.Errorf("%s: got OtherRules %v", s.Subjects[i].Name, !want)
		}
	}
}

func TestFail(t *testing.T) {
	var m Merger
	m.Fail("a.json", errors.New("permission denied"))
	if s := m.State(now, ""); !s.IsLeft() || s.Totals.Failed != 1 || s.Subjects[0].Reasons[0] != "permission denied" {
		t.Errorf("got %+v", s)
	}
}

func TestHistory(t *testing.T) {
	name := t.TempDir() + "/h"
	first := merge([]string{plan("a/b/1", "01", "sha256:x", "", 3), clusterReport}).NewPoint()
	for _, p := range []Point{first, first} {
		if err := AppendHistory(name, p); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadHistory(strings.NewReader(`{"time":"2026-02-01T00:00:00Z"}` + "\n" + readFile(t, name) + `{"time":"2027`))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].Time.After(got[1].Time) {
		t.Errorf("got %v", got)
	}
	if diff := cmp.Diff(first, got[2]); diff != "" {
		t.Error(diff)
	}
	if first.Registries["k8s.gcr.io"] != 5 {
		t.Errorf("got %v", first.Registries)
	}
	if _, err := ReadHistory(strings.NewReader("{}\nx\n")); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("got %v", err)
	}
}

func TestFailedRun(t *testing.T) {
	run, err := NewFailedRun("h/o/r", 128, strings.NewReader("Cloning…\nfatal: no \xff access\n\n"), "v1")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := run.Write(&b); err != nil {
		t.Fatal(err)
	}
	s := merge([]string{b.String()})
	if got := describe(&s.Subjects[0]); got != "repository h/o/r failed; fatal: no ? access (exit code 128)" {
		t.Errorf("got %s", got)
	}
}
