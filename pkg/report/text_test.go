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

// sketch is a plan with a bit of everything that is usual.
func sketch(t testing.TB) *rewrite.Plan {
	return &rewrite.Plan{
		Rules:        k8s(t),
		ScannedFiles: 1204,
		Files: []rewrite.File{
			changing("apps/a.yaml", moved(4, "k8s.gcr.io/pause:3.9", "registry.k8s.io/pause:3.9"), moved(9, "k8s.gcr.io/dns:1", "registry.k8s.io/dns:1")),
			changing("apps/b.yaml", moved(2, "gcr.io/google-containers/x", "registry.k8s.io/x"), split(7, "gcr.io/google-containers/y:2", "registry.k8s.io/y:2")),
			staying("charts/web/values.yaml", kept(4, "k8s.gcr.io", format.URL, "")),
			staying("policies/deny-old.yaml", kept(12, "k8s.gcr.io/*", format.Policy, ""), kept(19, "k8s.gcr.io/*", format.Policy, "")),
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
	nothingFound := &rewrite.Plan{Rules: k8s(t), ScannedFiles: 17}
	onlyKept := &rewrite.Plan{Rules: k8s(t), ScannedFiles: 1, Files: []rewrite.File{
		staying("a.yaml", kept(1, "k8s.gcr.io/x", format.Ignored, "")),
	}}
	one := &rewrite.Plan{Rules: k8s(t), ScannedFiles: 1, Files: []rewrite.File{
		changing("a.yaml", moved(1, "k8s.gcr.io/pause:3.9", "registry.k8s.io/pause:3.9")),
	}}
	failing := &rewrite.Plan{Rules: k8s(t), ScannedFiles: 2,
		Files:   []rewrite.File{{Path: "a.yaml", Abs: "/home/ann/repo/a.yaml", Err: errors.New(`writing "/home/ann/repo/a.yaml": disk full`)}},
		Skipped: []walk.Skip{{Path: "secret.yaml", Reason: walk.Unreadable, Err: errors.New("permission denied")}},
	}
	failingPolicy := &rewrite.Plan{Rules: k8s(t), ScannedFiles: 2, Files: []rewrite.File{
		{Path: "a.yaml", Err: errors.New("disk full")},
		staying("deny.yaml", kept(7, "k8s.gcr.io", format.Policy, "")),
	}}
	outside := kept(1, "k8s.gcr.io/x", format.Conflict, "it needs a write outside of PATH")
	outside.Implicit = true
	conflicts := &rewrite.Plan{Rules: k8s(t), ScannedFiles: 2, Files: []rewrite.File{
		staying("a.yaml", outside, kept(3, "k8s.gcr.io", format.Conflict, "it shares x with y")),
		staying("b.yaml", kept(1, "k8s.gcr.io", format.Conflict, "it shares x with y")),
	}}
	minideb := kept(1, "bitnami/minideb", format.ExcludedByRule, "keep: docker.io/bitnami/minideb")
	minideb.Implicit = true
	implied := &rewrite.Plan{Rules: k8s(t), ScannedFiles: 1, Files: []rewrite.File{staying("a.yaml", minideb)}}
	unverified := &rewrite.Plan{Rules: k8s(t), ScannedFiles: 1, Files: []rewrite.File{
		changing("a.tpl", moved(1, "k8s.gcr.io/pause:3.9", "registry.k8s.io/pause:3.9")),
		{Path: "b.tpl", Unverified: true, Findings: nil},
	}, Skipped: []walk.Skip{
		{Path: "a", Reason: walk.Ignored}, {Path: "b", Dir: true, Reason: walk.Ignored}, {Path: "c", Reason: walk.Symlink},
	}}
	unverified.Files[0].Unverified = true
	lists := func(pairs ...string) *rewrite.Plan {
		return &rewrite.Plan{Rules: set(t, pairs...), ScannedFiles: 1, Files: []rewrite.File{
			staying("a.yaml", kept(1, "k8s.gcr.io", format.AllowList, ""), kept(2, "k8s.gcr.io", format.Policy, "")),
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
		{"dry run", sketch(t), Options{DryRun: true, Width: 120, Presets: []string{"k8s"}, Args: []string{"-n", "."}}, lines(
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
		{"a wide terminal has remarks in a column", sketch(t), Options{DryRun: true, Width: -1, Args: nil}, lines(
			"4 references in 2 files would move to registry.k8s.io",
			"    2 from k8s.gcr.io   1 from gcr.io/google-containers",
			"    1 implicit (split across keys)",
			"3 mentions not changed",
			"     2 policy  policies/deny-old.yaml:12, 19   action required: add the new registry by hand: the policy may deny or not match the moved images",
			"     1 URL     charts/web/values.yaml:4        a URL is a web address, not an image reference",
			"1,204 files scanned, 2 skipped: 1 binary, 1 folder ignored by git",
			"next: regmigrate   (writes the changes)",
		)},
		{"a run", sketch(t), Options{}, lines(
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
		{"check, several", sketch(t), Options{Check: true, Width: -1}, lines(
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
			"nothing to move: no mention of k8s.gcr.io or gcr.io/google-containers in 17 files   (presets k8s, own; 1 rule of --rule)",
		)},
		{"nothing found, check", nothingFound, Options{Check: true}, lines(
			"nothing to move: no mention of k8s.gcr.io or gcr.io/google-containers in 17 files",
		)},
		{"no files", &rewrite.Plan{Rules: k8s(t)}, Options{}, lines(
			"nothing to move: no files scanned",
		)},
		{"only kept", onlyKept, Options{DryRun: true}, lines(
			"nothing to move",
			"1 mention not changed",
			"     1 ignored  a.yaml:1   a regmigrate:ignore comment excludes the line",
			"1 file scanned",
		)},
		{"failures", failing, Options{}, lines(
			"nothing to move in the files that could be read",
			"2 files failed and were not changed; fix or --exclude them, then run again",
			`    a.yaml: writing "a.yaml": disk full`,
			"    secret.yaml: unreadable: permission denied",
			"2 files scanned, 1 skipped: 1 unreadable",
		)},
		{"failures, and something that stays", failingPolicy, Options{}, lines(
			"nothing to move, but 1 file failed",
			"1 mention not changed",
			"     1 policy  deny.yaml:7",
			"         action required: add the new registry by hand: the policy may deny or",
			"         not match the moved images",
			"1 file failed and was not changed; fix or --exclude it, then run again",
			"    a.yaml: disk full",
			"2 files scanned",
		)},
		{"each cause of a conflict", conflicts, Options{Check: true}, lines(
			"nothing to move",
			"2 mentions and 1 implicit reference not changed",
			"     2 conflict  a.yaml:3  b.yaml:1   it shares x with y",
			"     1 conflict  a.yaml:1             it needs a write outside of PATH",
			"2 files scanned",
		)},
		{"only what no text search would find stays", implied, Options{DryRun: true}, lines(
			"nothing to move",
			"1 implicit reference not changed",
			"     1 excluded by the rule  a.yaml:1   keep: docker.io/bitnami/minideb",
			"1 file scanned",
		)},
		{"edited without a parser", unverified, Options{DryRun: true}, lines(
			"1 reference in 1 file would move to registry.k8s.io",
			"    1 from k8s.gcr.io",
			"1 file would change unverified (no parser reads it); review the diff",
			"    a.tpl",
			"1 file scanned, 3 skipped: 2 ignored by git (1 folder), 1 symlink",
			"next: regmigrate   (writes the changes)",
		)},
		{"left to do by hand", lists("k8s.gcr.io registry.k8s.io"), Options{Width: -1}, allowed("registry.k8s.io")},
		{"left to do by hand, several names", lists("k8s.gcr.io registry.k8s.io", "a.example b.example"), Options{Width: -1}, allowed("the new name")},
		{"quiet", failing, Options{Quiet: true}, lines(
			`a.yaml: writing "a.yaml": disk full`,
			"secret.yaml: unreadable: permission denied",
		)},
		{"quiet, and all is well", sketch(t), Options{Quiet: true}, ""},
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
	p := sketch(t)
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

// However much is found, a summary that is not verbose fits a screen, and what
// it leaves out is counted.
func TestTextFitsAScreen(t *testing.T) {
	p := &rewrite.Plan{ScannedFiles: 100000}
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("old%02d.example new.example", i))
	}
	p.Rules = set(t, names...)
	for i := range 3000 {
		f := changing(fmt.Sprintf("folder/%04d.yaml", i), moved(1, fmt.Sprintf("old%02d.example/x", i%60), "new.example/x"))
		for _, r := range format.Reasons {
			note := ""
			if r.Reason == format.Conflict {
				note = fmt.Sprintf("it shares a registry with reference number %d", i)
			}
			f.Findings = append(f.Findings, kept(2, "k8s.gcr.io", r.Reason, note))
		}
		f.Unverified = true
		if i%10 == 0 {
			f.Err, f.Edits = errors.New("changed on disk"), nil
		}
		p.Files = append(p.Files, f)
	}
	got := write(t, "text", p, Options{DryRun: true})
	if n := strings.Count(got, "\n"); n > 75 {
		t.Errorf("%d lines:\n%s", n, got)
	}
	for _, want := range []string{
		"3,000 references in 2,700 files would move to new.example\n",
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
		t.Errorf("it says %d times how to see all:\n%s", n, got)
	}
}
