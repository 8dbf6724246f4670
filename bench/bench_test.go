package bench

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// The size of the tree of most benchmarks.
const (
	fileCount       = 20_000
	mentionInterval = 100 // one file in mentionInterval has a mention
)

// fileSizes are the minimum and the maximum size of most files, in bytes.
var fileSizes = [2]int{1 << 10, 20 << 10}

// defaultRules returns the rules of a run without rules: the preset k8s.
func defaultRules(tb testing.TB) *rules.Set {
	tb.Helper()
	list, err := rules.Preset("k8s")
	if err != nil {
		tb.Fatal(err)
	}
	set, err := rules.New(list)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

// searchOptions returns the options of grep and rg to search for the old prefixes
// of the rules.
func searchOptions(tb testing.TB) []string {
	tb.Helper()
	var out []string
	for _, from := range defaultRules(tb).OldPrefixes() {
		out = append(out, "-e", from)
	}
	return out
}

// BenchmarkDryRun compares a dry run (plan and diff) with rg: a search for all old
// prefixes of the rules, and a search for one of them.
func BenchmarkDryRun(b *testing.B) {
	rg := tool(b, "rg")
	t := makeTree(b, fileCount, mentionInterval, fileSizes)
	bin := build(b, "../cmd/regmigrate")
	compare(b, rounds,
		command{name: "regmigrate", args: []string{bin, "--dry-run", "."}, dir: t.root},
		command{name: "rg", args: append([]string{rg, "-lF", "--hidden"}, append(searchOptions(b), ".")...), dir: t.root},
		command{name: "rg-one", args: []string{rg, "-lF", "--hidden", "k8s.gcr.io", "."}, dir: t.root},
	)
	b.ReportMetric(float64(t.bytes)/1e6, "MB")
}

// BenchmarkInPlace compares a run in place with grep and sed. The files are restored
// before each run.
func BenchmarkInPlace(b *testing.B) {
	grep, sed := tool(b, "grep"), tool(b, "sed")
	t := makeTree(b, fileCount, mentionInterval, fileSizes)
	bin := build(b, "../cmd/regmigrate")
	var substitutions []string
	for _, from := range defaultRules(b).OldPrefixes() {
		substitutions = append(substitutions, "-e 's|"+strings.ReplaceAll(from, ".", `\.`)+"|registry.k8s.io|g'")
	}
	script := grep + " -rlZF " + strings.Join(searchOptions(b), " ") + " . | xargs -0 " + sed + " -i " + strings.Join(substitutions, " ")
	restore := func() { t.restore(b) }
	compare(b, rounds,
		command{name: "regmigrate", args: []string{bin, "."}, dir: t.root, prepare: restore},
		command{name: "grep-sed", args: []string{"sh", "-c", script}, dir: t.root, prepare: restore},
	)
}

// BenchmarkMemory measures the maximum resident set size of a run over a large
// repository. The target is less than 100 MB.
func BenchmarkMemory(b *testing.B) {
	t := makeTree(b, 100_000, mentionInterval, [2]int{512, 3 << 10})
	bin := build(b, "../cmd/regmigrate")
	r := compare(b, 2, command{name: "regmigrate", args: []string{bin, "--dry-run", "."}, dir: t.root})
	if r[0].memory == 0 {
		b.Log("*** SKIPPED: the memory of a process is measured only on Linux ***")
		return
	}
	b.ReportMetric(float64(r[0].memory)/1e6, "peak-MB")
}

// BenchmarkStart compares --version, and a run over an empty folder, with a Go
// program that does nothing.
func BenchmarkStart(b *testing.B) {
	nothing, bin := buildNothing(b), build(b, "../cmd/regmigrate")
	for _, run := range []struct {
		name string
		args []string
	}{{"version", []string{bin, "--version"}}, {"empty", []string{bin, "--dry-run", "."}}} {
		b.Run(run.name, func(b *testing.B) {
			compare(b, 51,
				command{name: "regmigrate", args: run.args, dir: b.TempDir()},
				command{name: "nothing", args: []string{nothing}, dir: b.TempDir()},
			)
		})
	}
}

// BenchmarkHook measures a pre-commit hook in a large repository: for ten files
// without a mention, and for ten files, one with a mention, where the run reads the
// whole repository to find related files.
func BenchmarkHook(b *testing.B) {
	t := makeTree(b, fileCount, mentionInterval, fileSizes)
	bin := build(b, "../cmd/regmigrate")
	if out, err := exec.Command(tool(b, "git"), "init", "-q", t.root).CombinedOutput(); err != nil {
		b.Fatalf("git init: %v\n%s", err, out)
	}
	all, err := filepath.Glob(filepath.Join(t.root, "apps", "*", "base", "*.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	var without, with []string
	for _, name := range all {
		if _, ok := t.mentions[name]; ok && len(with) == 0 {
			with = []string{name}
		} else if !ok && len(without) < 10 {
			without = append(without, name)
		}
	}
	with = append(with, without[:9]...)
	args := []string{bin, "--together", "--check"}
	compare(b, 21,
		command{name: "no-mention", args: append(slices.Clone(args), without...), dir: t.root},
		command{name: "one-mention", args: append(slices.Clone(args), with...), dir: t.root, exitCodes: []int{1}},
		command{name: "start", args: []string{bin, "--version"}, dir: t.root},
	)
}

// BenchmarkWithoutMention compares the plan of a tree without mentions with reading
// and searching its files, and with walking it. Files without a mention are not
// parsed, so "plan" and "search" need about the same time.
func BenchmarkWithoutMention(b *testing.B) {
	t := makeTree(b, fileCount/4, 0, fileSizes)
	set := defaultRules(b)
	o := walk.Options{Root: t.root}
	visit := func(b *testing.B, f func(walk.File) error) {
		if _, err := walk.Walk(context.Background(), o, f); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("walk", func(b *testing.B) {
		for b.Loop() {
			visit(b, func(walk.File) error { return nil })
		}
	})
	b.Run("search", func(b *testing.B) {
		b.SetBytes(t.bytes)
		for b.Loop() {
			var found atomic.Int64
			visit(b, func(f walk.File) error {
				src, err := os.ReadFile(f.Abs)
				if set.MayMatch(src) {
					found.Add(1)
				}
				return err
			})
			if found.Load() > 0 {
				b.Fatal("expected a tree without mentions")
			}
		}
	})
	b.Run("plan", func(b *testing.B) {
		b.SetBytes(t.bytes)
		for b.Loop() {
			p, err := rewrite.PlanFiles(context.Background(), rewrite.Options{Walk: o, Rules: set})
			if err != nil || p.ScannedFiles != t.files || len(p.Files) > 0 {
				b.Fatalf("expected %d scanned files without findings, got %d, %d with findings, error %v", t.files, p.ScannedFiles, len(p.Files), err)
			}
		}
	})
}
