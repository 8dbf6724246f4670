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

// The tree that most figures are about.
const (
	files = 20_000
	nth   = 100 // one file in so many has a mention
)

var sizes = [2]int{1 << 10, 20 << 10}

// preset returns the rules of the preset that runs when no rule is named.
func preset(tb testing.TB) *rules.Set {
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

// needles are the options that make grep and rg search what the rules name.
func needles(tb testing.TB) []string {
	tb.Helper()
	var out []string
	for _, from := range preset(tb).OldPrefixes() {
		out = append(out, "-e", from)
	}
	return out
}

// BenchmarkDryRun: the plan and its diff, beside a search for the same names,
// and for one of them.
func BenchmarkDryRun(b *testing.B) {
	rg := tool(b, "rg")
	t := makeTree(b, files, nth, sizes)
	bin := build(b, "../cmd/regmigrate")
	compare(b, rounds,
		contestant{name: "regmigrate", args: []string{bin, "--dry-run", "."}, dir: t.root},
		contestant{name: "rg", args: append([]string{rg, "-lF", "--hidden"}, append(needles(b), ".")...), dir: t.root},
		contestant{name: "rg-one", args: []string{rg, "-lF", "--hidden", "k8s.gcr.io", "."}, dir: t.root},
	)
	b.ReportMetric(float64(t.bytes)/1e6, "MB")
}

// BenchmarkInPlace: the run in place, beside what people type instead. Before
// each run the files are as they were.
func BenchmarkInPlace(b *testing.B) {
	grep, sed := tool(b, "grep"), tool(b, "sed")
	t := makeTree(b, files, nth, sizes)
	bin := build(b, "../cmd/regmigrate")
	var swap []string
	for _, from := range preset(b).OldPrefixes() {
		swap = append(swap, "-e 's|"+strings.ReplaceAll(from, ".", `\.`)+"|registry.k8s.io|g'")
	}
	script := grep + " -rlZF " + strings.Join(needles(b), " ") + " . | xargs -0 " + sed + " -i " + strings.Join(swap, " ")
	reset := func() { t.restore(b) }
	compare(b, rounds,
		contestant{name: "regmigrate", args: []string{bin, "."}, dir: t.root, reset: reset},
		contestant{name: "grep-sed", args: []string{"sh", "-c", script}, dir: t.root, reset: reset},
	)
}

// BenchmarkMemory: the highest resident set of a run over a large repository.
// It should stay below 100 MB.
func BenchmarkMemory(b *testing.B) {
	t := makeTree(b, 100_000, nth, [2]int{512, 3 << 10})
	bin := build(b, "../cmd/regmigrate")
	r := compare(b, 2, contestant{name: "regmigrate", args: []string{bin, "--dry-run", "."}, dir: t.root})
	if r[0].memory == 0 {
		b.Log("*** SKIPPED: here nothing says how much memory a process took ***")
		return
	}
	b.ReportMetric(float64(r[0].memory)/1e6, "peak-MB")
}

// BenchmarkStart: what a run costs that has nothing to do, beside a Go program
// that does nothing.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	main := filepath.Join(dir, "main.go")
	if err := os.WriteFile(main, []byte("package main\n\nfunc main() {}\n"), 0o666); err != nil {
		b.Fatal(err)
	}
	empty, bin := build(b, main), build(b, "../cmd/regmigrate")
	for _, run := range []struct {
		name string
		args []string
	}{{"version", []string{bin, "--version"}}, {"empty", []string{bin, "--dry-run", "."}}} {
		b.Run(run.name, func(b *testing.B) {
			compare(b, 51,
				contestant{name: "regmigrate", args: run.args, dir: b.TempDir()},
				contestant{name: "nothing", args: []string{empty}, dir: dir},
			)
		})
	}
}

// BenchmarkHook: what a hook costs a commit in a large repository: ten files
// with nothing to move, and ten of which one moves, for which the whole
// repository is read.
func BenchmarkHook(b *testing.B) {
	t := makeTree(b, files, nth, sizes)
	bin := build(b, "../cmd/regmigrate")
	if out, err := exec.Command(tool(b, "git"), "init", "-q", t.root).CombinedOutput(); err != nil {
		b.Fatalf("git init: %v\n%s", err, out)
	}
	all, err := filepath.Glob(filepath.Join(t.root, "apps", "*", "base", "*.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	var fine, moves []string
	for _, name := range all {
		if _, ok := t.mentions[name]; ok && len(moves) == 0 {
			moves = []string{name}
		} else if !ok && len(fine) < 10 {
			fine = append(fine, name)
		}
	}
	moves = append(moves, fine[:9]...)
	args := []string{bin, "--together", "--check"}
	compare(b, 21,
		contestant{name: "nothing-moves", args: append(slices.Clone(args), fine...), dir: t.root},
		contestant{name: "one-moves", args: append(slices.Clone(args), moves...), dir: t.root, codes: []int{1}},
		contestant{name: "start", args: []string{bin, "--version"}, dir: t.root},
	)
}

// BenchmarkUnmentioned: files without a mention are read and searched and
// nothing else. The three take about the same time; parsing would take many
// times as long.
func BenchmarkUnmentioned(b *testing.B) {
	t := makeTree(b, files/4, 0, sizes)
	set := preset(b)
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
				b.Fatal("the tree has mentions")
			}
		}
	})
	b.Run("plan", func(b *testing.B) {
		b.SetBytes(t.bytes)
		for b.Loop() {
			p, err := rewrite.PlanFiles(context.Background(), rewrite.Options{Walk: o, Rules: set})
			if err != nil || p.ScannedFiles != t.files || len(p.Files) > 0 {
				b.Fatalf("%v: %d files looked at, %d with findings", err, p.ScannedFiles, len(p.Files))
			}
		}
	})
}
