package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// typicalPlan is a plan with moves, mentions that are not changed, and skipped files.
func typicalPlan(t testing.TB) *rewrite.Plan {
	return &rewrite.Plan{
		Rules:        k8sRules(t),
		ScannedFiles: 1204,
		Files: []rewrite.File{
			changedFile("apps/a.yaml", moved(4, "k8s.gcr.io/pause:3.9", "registry.k8s.io/pause:3.9"), moved(9, "k8s.gcr.io/dns:1", "registry.k8s.io/dns:1")),
			changedFile("apps/b.yaml", moved(2, "gcr.io/google-containers/x", "registry.k8s.io/x"), movedImplicit(7, "gcr.io/google-containers/y:2", "registry.k8s.io/y:2")),
			unchangedFile("charts/web/values.yaml", notChanged(4, "k8s.gcr.io", format.URL, "")),
			unchangedFile("policies/deny-old.yaml", notChanged(12, "k8s.gcr.io/*", format.Policy, ""), notChanged(19, "k8s.gcr.io/*", format.Policy, "")),
		},
		Skipped: []walk.Skip{
			{Path: "logo.png", Reason: walk.Binary},
			{Path: "out", Dir: true, Reason: walk.Ignored},
		},
	}
}

// lines joins the lines of a wanted text.
func lines(s ...string) string { return strings.Join(s, "\n") + "\n" }

func TestText(t *testing.T) {
	nothingFound := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 17}
	onlyIgnored := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 1, Files: []rewrite.File{
		unchangedFile("a.yaml", notChanged(1, "k8s.gcr.io/x", format.Ignored, "")),
	}}
	one := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 1, Files: []rewrite.File{
		changedFile("a.yaml", moved(1, "k8s.gcr.io/pause:3.9", "registry.k8s.io/pause:3.9")),
	}}
	failing := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 2,
		Files:   []rewrite.File{{Path: "a.yaml", Abs: "/home/ann/repo/a.yaml", Err: errors.New(`writing "/home/ann/repo/a.yaml": disk full`)}},
		Skipped: []walk.Skip{{Path: "secret.yaml", Reason: walk.Unreadable, Err: errors.New("permission denied")}},
	}
	failingPolicy := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 2, Files: []rewrite.File{
		{Path: "a.yaml", Err: errors.New("disk full")},
		unchangedFile("deny.yaml", notChanged(7, "k8s.gcr.io", format.Policy, "")),
	}}
	outside := notChanged(1, "k8s.gcr.io/x", format.Conflict, "it needs a write outside of PATH")
	outside.Implicit = true
	conflicts := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 2, Files: []rewrite.File{
		unchangedFile("a.yaml", outside, notChanged(3, "k8s.gcr.io", format.Conflict, "it shares x with y")),
		unchangedFile("b.yaml", notChanged(1, "k8s.gcr.io", format.Conflict, "it shares x with y")),
	}}
	minideb := notChanged(1, "bitnami/minideb", format.ExcludedByRule, "keep: docker.io/bitnami/minideb")
	minideb.Implicit = true
	onlyImplicit := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 1, Files: []rewrite.File{unchangedFile("a.yaml", minideb)}}
	unverified := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 1, Files: []rewrite.File{
		changedFile("a.tpl", moved(1, "k8s.gcr.io/pause:3.9", "registry.k8s.io/pause:3.9")),
		{Path: "b.tpl", Unverified: true, Findings: nil},
	}, Skipped: []walk.Skip{
		{Path: "a", Reason: walk.Ignored}, {Path: "b", Dir: true, Reason: walk.Ignored}, {Path: "c", Reason: walk.Symlink},
	}}
	unverified.Files[0].Unverified = true
	lists := func(pairs ...string) *rewrite.Plan {
		return &rewrite.Plan{Rules: ruleSet(t, pairs...), ScannedFiles: 1, Files: []rewrite.File{
			unchangedFile("a.yaml", notChanged(1, "k8s.gcr.io", format.AllowList, ""), notChanged(2, "k8s.gcr.io", format.Policy, "")),
		}}
	}
	allowed := func(next string) string {
		return lines(
			"nothing to move",
			"2 mentions not changed",
			"     1 policy      a.yaml:2   action required: "+format.Policy.Advice(),
			"     1 allow-list  a.yaml:1   action required: "+format.AllowList.Advice(),
			"1 file scanned",
			"next: add "+next+" in the places listed as policy and allow-list",
		)
	}
	tests := []struct {
		name string
		plan *rewrite.Plan
		opts Options
		want string
	}{
		{"dry run", typicalPlan(t), Options{DryRun: true, Width: 120, Presets: []string{"k8s"}, Args: []string{"-n", "."}}, lines(
			"4 references in 2 files would move to registry.k8s.io   (preset k8s)",
			"    2 from k8s.gcr.io   1 from gcr.io/google-containers",
			"    1 implicit (split across keys)",
			"3 mentions not changed",
			"     2 policy  policies/deny-old.yaml:12, 19",
			"         action required: add the new registry by hand: the policy may deny or not match the moved images",
			"     1 URL     charts/web/values.yaml:4   a URL is a web address, not an image reference",
			"1,204 files scanned, 2 skipped: 1 binary, 1 folder ignored by git",
			"next: regmigrate .   (writes the changes)",
		)},
		{"no limit on the width", typicalPlan(t), Options{DryRun: true, Width: -1, Args: nil}, lines(
			"4 references in 2 files would move to registry.k8s.io",
			"    2 from k8s.gcr.io   1 from gcr.io/google-containers",
			"    1 implicit (split across keys)",
			"3 mentions not changed",
			"     2 policy  policies/deny-old.yaml:12, 19   action required: add the new registry by hand: the policy may deny or not match the moved images",
			"     1 URL     charts/web/values.yaml:4        a URL is a web address, not an image reference",
			"1,204 files scanned, 2 skipped: 1 binary, 1 folder ignored by git",
			"next: regmigrate   (writes the changes)",
		)},
		{"run that writes", typicalPlan(t), Options{}, lines(
			"4 references in 2 files moved to registry.k8s.io",
			"    2 from k8s.gcr.io   1 from gcr.io/google-containers",
			"    1 implicit (split across keys)",
			"3 mentions not changed",
			"     2 policy  policies/deny-old.yaml:12, 19",
			"         action required: add the new registry by hand: the policy may deny or",
			"         not match the moved images",
			"     1 URL     charts/web/values.yaml:4",
			"1,204 files scanned, 2 skipped: 1 binary, 1 folder ignored by git",
			"next: add registry.k8s.io in the places listed as policy",
		)},
		{"check", one, Options{Check: true, DryRun: true, Args: []string{"--check", "a.yaml"}}, lines(
			"1 reference in 1 file still has to move to registry.k8s.io",
			"    1 from k8s.gcr.io",
			"1 file scanned",
			"next: regmigrate a.yaml   (writes the changes)",
		)},
		{"check with several references", typicalPlan(t), Options{Check: true, Width: -1}, lines(
			"4 references in 2 files still have to move to registry.k8s.io",
			"    2 from k8s.gcr.io   1 from gcr.io/google-containers",
			"    1 implicit (split across keys)",
			"3 mentions not changed",
			"     2 policy  policies/deny-old.yaml:12, 19   action required: add the new registry by hand: the policy may deny or not match the moved images",
			"     1 URL     charts/web/values.yaml:4        a URL is a web address, not an image reference",
			"1,204 files scanned, 2 skipped: 1 binary, 1 folder ignored by git",
			"next: regmigrate   (writes the changes)",
		)},
		{"one reference", one, Options{}, lines(
			"1 reference in 1 file moved to registry.k8s.io",
			"    1 from k8s.gcr.io",
			"1 file scanned",
		)},
		{"nothing found", nothingFound, Options{DryRun: true, Presets: []string{"k8s", "own"}, Rules: "1 rule of --rule"}, lines(
			"nothing to move: no mention of k8s.gcr.io or gcr.io/google-containers in 17",
			"    files",
			"    (presets k8s, own; 1 rule of --rule)",
		)},
		{"check that finds nothing", nothingFound, Options{Check: true}, lines(
			"nothing to move: no mention of k8s.gcr.io or gcr.io/google-containers in 17",
			"    files",
		)},
		{"no files", &rewrite.Plan{Rules: k8sRules(t)}, Options{}, lines(
			"nothing to move: no files scanned",
		)},
		{"only mentions that are not changed", onlyIgnored, Options{DryRun: true}, lines(
			"nothing to move",
			"1 mention not changed",
			"     1 ignored  a.yaml:1   regmigrate:ignore or the configuration excludes it",
			"1 file scanned",
		)},
		{"failures", failing, Options{}, lines(
			"nothing to move in the files that could be read",
			"2 files failed and were not changed; fix or --exclude them, then run again",
			`    a.yaml: writing "a.yaml": disk full`,
			"    secret.yaml: unreadable: permission denied",
			"2 files scanned, 1 skipped: 1 unreadable",
		)},
		{"failure and a mention that is not changed", failingPolicy, Options{}, lines(
			"nothing to move, but 1 file failed",
			"1 mention not changed",
			"     1 policy  deny.yaml:7",
			"         action required: add the new registry by hand: the policy may deny or",
			"         not match the moved images",
			"1 file failed and was not changed; fix or --exclude it, then run again",
			"    a.yaml: disk full",
			"2 files scanned",
		)},
		{"conflicts with different notes", conflicts, Options{Check: true}, lines(
			"nothing to move automatically; 3 references must be changed by hand",
			"2 mentions and 1 implicit reference not changed",
			"     2 conflict  a.yaml:3  b.yaml:1   it shares x with y",
			"     1 conflict  a.yaml:1             it needs a write outside of PATH",
			"2 files scanned",
		)},
		{"only an implicit reference, not changed", onlyImplicit, Options{DryRun: true}, lines(
			"nothing to move",
			"1 implicit reference not changed",
			"     1 excluded by the rule  a.yaml:1   keep: docker.io/bitnami/minideb",
			"1 file scanned",
		)},
		{"unverified file", unverified, Options{DryRun: true}, lines(
			"1 reference in 1 file would move to registry.k8s.io",
			"    1 from k8s.gcr.io",
			"1 file would change unverified (no parser reads it); review the diff",
			"    a.tpl",
			"1 file scanned, 3 skipped: 2 ignored by git (1 folder), 1 symlink",
			"next: regmigrate   (writes the changes)",
		)},
		{"action required", lists("k8s.gcr.io registry.k8s.io"), Options{Width: -1}, allowed("registry.k8s.io")},
		{"action required, several new names", lists("k8s.gcr.io registry.k8s.io", "a.example b.example"), Options{Width: -1}, allowed("the new name")},
		{"quiet", failing, Options{Quiet: true}, lines(
			`a.yaml: writing "a.yaml": disk full`,
			"secret.yaml: unreadable: permission denied",
		)},
		{"quiet without failures", typicalPlan(t), Options{Quiet: true}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := write(t, "text", tt.plan, tt.opts); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestTextVerbose(t *testing.T) {
	p := typicalPlan(t)
	x := &p.Files[3].Findings[0]
	x.Place = format.Place{Field: ".spec.rules[0].message", Object: "ClusterPolicy deny (kyverno.io/v1)"}
	x.Note = "a condition"
	want := lines(
		"4 references in 2 files would move to registry.k8s.io",
		"    2 from k8s.gcr.io   1 from gcr.io/google-containers",
		"    1 implicit (split across keys)",
		"    apps/a.yaml:4:10  k8s.gcr.io/pause:3.9 -> registry.k8s.io/pause:3.9",
		"    apps/a.yaml:9:10  k8s.gcr.io/dns:1 -> registry.k8s.io/dns:1",
		"    apps/b.yaml:2:10  gcr.io/google-containers/x -> registry.k8s.io/x",
		"    apps/b.yaml:7:10  gcr.io/google-containers/y:2 -> registry.k8s.io/y:2  (implicit)",
		"3 mentions not changed",
		"     2 policy  action required: add the new registry by hand: the policy may deny or not match the moved images",
		"    policies/deny-old.yaml:12:5  k8s.gcr.io/*  not changed: policy — a condition — .spec.rules[0].message in ClusterPolicy deny (kyverno.io/v1)",
		"    policies/deny-old.yaml:19:5  k8s.gcr.io/*  not changed: policy",
		"     1 URL     a URL is a web address, not an image reference",
		"    charts/web/values.yaml:4:5  k8s.gcr.io  not changed: URL",
		"1,204 files scanned, 2 skipped: 1 binary, 1 folder ignored by git",
		"    logo.png  binary",
		"    out/  ignored by git",
		"next: regmigrate .   (writes the changes)",
	)
	got := write(t, "text", p, Options{DryRun: true, Verbose: true, Width: -1, Args: []string{"-nv", "."}})
	want = strings.Replace(want, "regmigrate .", "regmigrate -v .", 1)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A summary that is not verbose has a limited number of lines for any plan, and
// counts what it omits.
// A place that does not fit beside the longest reason is on a line of its own.
func TestTextLongPlaces(t *testing.T) {
	p := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 2}
	long := strings.Repeat("folder/", 8) + "file.yaml"
	p.Files = []rewrite.File{
		changedFile("a.yaml", notChanged(1, "k8s.gcr.io", format.DifferentName, "")),
		changedFile(long, notChanged(2, "k8s.gcr.io", format.Key, "")),
	}
	got := write(t, "text", p, Options{DryRun: true})
	for _, want := range []string{
		"     1 different registry or path  a.yaml:1\n",
		"     1 key\n         " + long + ":2\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

func TestTextFitsAScreen(t *testing.T) {
	p := &rewrite.Plan{ScannedFiles: 100000}
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("old%02d.example new.example", i))
	}
	p.Rules = ruleSet(t, names...)
	for i := range 3000 {
		f := changedFile(fmt.Sprintf("folder/%04d.yaml", i), moved(1, fmt.Sprintf("old%02d.example/x", i%60), "new.example/x"))
		for _, r := range format.Reasons {
			note := ""
			if r.Reason == format.Conflict {
				note = fmt.Sprintf("it shares a registry with reference number %d", i)
			}
			f.Findings = append(f.Findings, notChanged(2, "k8s.gcr.io", r.Reason, note))
		}
		f.Unverified = true
		if i%10 == 0 {
			f.Err, f.Edits = errors.New("changed on disk"), nil
		}
		p.Files = append(p.Files, f)
	}
	got := write(t, "text", p, Options{DryRun: true})
	if n, most := strings.Count(got, "\n"), 63+len(format.Reasons); n > most { // a line for each reason, and its advice
		t.Errorf("got %d lines, want at most %d:\n%s", n, most, got)
	}
	for _, want := range []string{
		"3,000 references in 2,700 files would move to new.example; 16,200 references\n    must be changed by hand; 3,000 entries of kustomizations select nothing;\n    3,000 policies of regmigrate are outdated\n",
		"2,600 from 52 other names\n",
		fmt.Sprintf("%d,000 mentions not changed\n", 3*len(format.Reasons)),
		" 3,000 policy                      folder/0000.yaml:2\n",
		" 3,000 allow-list                  folder/0000.yaml:2  ",
		" 1 conflict                    folder/0003.yaml:2\n",
		" and 2,996 more, with 2,996 other notes\n",
		"folder/0008.yaml:2  folder/0009.yaml:2\n                                   and 2,990 more\n",
		"2,700 files would change unverified",
		"300 files failed",
		"    and 292 more\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "-v"); n != 1 {
		t.Errorf("-v is mentioned %d times, want 1:\n%s", n, got)
	}
}
