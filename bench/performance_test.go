package bench

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkPerformance measures the rows of docs/performance.md, each with its peer in
// turns, and prints the table. The environment changes it:
//
//   - REGMIGRATE_BENCH=quick measures the rows of make bench-quick.
//   - REGMIGRATE_OLD names an older program, which a second table compares.
//   - REGMIGRATE_PERFORMANCE names a file in whose marked part the tables are written. Rows
//     that the pattern of -bench does not select stay as they are.
func BenchmarkPerformance(b *testing.B) {
	isQuick := os.Getenv("REGMIGRATE_BENCH") == "quick"
	p := programs{build(b, "../cmd/regmigrate"), buildNothing(b)}
	old := os.Getenv("REGMIGRATE_OLD")
	var table, pairs strings.Builder
	table.WriteString("| work | wall in s | CPU in s | MB | compared with | wall | CPU | bars | |\n|---|--:|--:|--:|---|--:|--:|---|---|\n")
	pairs.WriteString("| work | wall before | after | CPU before | after | MB before | after |\n|---|--:|--:|--:|--:|--:|--:|\n")
	for _, r := range tasks {
		if isQuick && !r.isQuick {
			continue
		}
		b.Run(r.name, func(b *testing.B) {
			if isQuick {
				r.rounds = min(r.rounds, 3)
			}
			m := r.measure(b, p, old)
			table.WriteString(m.line())
			pairs.WriteString(m.pair())
			b.ReportMetric(0, "ns/op")
		})
	}
	text := table.String()
	if old != "" {
		text += "\n" + pairs.String()
	}
	b.Log("\n" + text)
	if path := os.Getenv("REGMIGRATE_PERFORMANCE"); path != "" {
		writeMarkedPart(b, path, machine()+"\n\n"+text)
	}
}

// A measurement is the result of a row.
type measurement struct {
	task
	peer            string
	subject, versus usage
	old             usage // of the older program
}

// measure runs the commands of a row in turns. The first run of each fills the caches.
func (r task) measure(b *testing.B, p programs, old string) measurement {
	subject, peer := r.setUp(b, p)
	// A child process begins with the peak of memory of this one.
	debug.FreeOSMemory()
	m := measurement{task: r, peer: peer.name}
	commands := []command{subject}
	if peer.args != nil {
		commands = append(commands, peer)
	}
	if old != "" {
		c := subject
		c.args = slices.Clone(c.args)
		if i := slices.Index(c.args, p.regmigrate); i >= 0 {
			c.args[i] = old
		}
		commands = append(commands, c)
	}
	runs := make([][]usage, len(commands))
	for range r.rounds + 1 {
		for i, c := range commands {
			runs[i] = append(runs[i], c.run(b))
		}
	}
	m.subject = typical(runs[0])
	if peer.args != nil {
		m.versus = typical(runs[1])
	}
	if old != "" {
		m.old = typical(runs[len(runs)-1])
	}
	return m
}

// typical returns the medians of the times and the peak of the memory, without the first
// run.
func typical(runs []usage) usage {
	runs = runs[1:]
	return usage{
		wall:   median(runs, func(u usage) time.Duration { return u.wall }),
		cpu:    median(runs, func(u usage) time.Duration { return u.cpu }),
		memory: slices.MaxFunc(runs, func(a, b usage) int { return cmp.Compare(a.memory, b.memory) }).memory,
	}
}

// line returns the row of the table.
func (m measurement) line() string {
	peer, wallRatio, cpuRatio := "", "", ""
	wall, cpu, unit := m.subject.wall.Seconds(), m.subject.cpu.Seconds(), " s"
	if m.peer != "" {
		wall /= m.versus.wall.Seconds()
		cpu /= m.versus.cpu.Seconds()
		peer, wallRatio, cpuRatio, unit = "`"+m.peer+"`", fmt.Sprintf("%.2f", wall), fmt.Sprintf("%.2f", cpu), " ×"
	}
	var bars []string
	verdict := ""
	for _, x := range []struct {
		name, unit string
		bar, got   float64
	}{{"wall", unit, m.task.wall, wall}, {"CPU", unit, m.task.cpu, cpu}, {"memory", " MB", m.task.mb, float64(m.subject.memory) / 1e6}} {
		if x.bar == 0 {
			continue
		}
		if verdict == "" {
			verdict = "holds"
		}
		bars = append(bars, fmt.Sprintf("%s %g%s", x.name, x.bar, x.unit))
		if x.got > x.bar {
			verdict = "**misses**"
		}
	}
	return fmt.Sprintf("| %s | %.3f | %.3f | %.0f | %s | %s | %s | %s | %s |\n", m.name, m.subject.wall.Seconds(), m.subject.cpu.Seconds(),
		float64(m.subject.memory)/1e6, peer, wallRatio, cpuRatio, strings.Join(bars, ", "), verdict)
}

// pair returns the row of the table that compares two versions.
func (m measurement) pair() string {
	return fmt.Sprintf("| %s | %.3f | %.3f | %.3f | %.3f | %.0f | %.0f |\n", m.name, m.old.wall.Seconds(), m.subject.wall.Seconds(),
		m.old.cpu.Seconds(), m.subject.cpu.Seconds(), float64(m.old.memory)/1e6, float64(m.subject.memory)/1e6)
}

// machine describes where the table was measured.
func machine() string {
	load, _ := os.ReadFile("/proc/loadavg")
	version, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	major, rest, _ := strings.Cut(strings.TrimSpace(string(version)), ".")
	minor, _, _ := strings.Cut(rest, ".")
	return fmt.Sprintf("%s %s.%s, %s, %d cores; load average at the end: %s.", runtime.GOOS, major, minor, runtime.Version(),
		runtime.NumCPU(), strings.Join(strings.Fields(string(load))[:min(3, len(strings.Fields(string(load))))], " "))
}

// buildNothing builds a program that does nothing.
func buildNothing(b *testing.B) string {
	b.Helper()
	source := filepath.Join(b.TempDir(), "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o666); err != nil {
		b.Fatal(err)
	}
	return build(b, source)
}

// The marks around the part of a page that is written by the benchmark.
const (
	beginMark = "<!-- begin: make performance -->\n"
	endMark   = "<!-- end: make performance -->\n"
)

// writeMarkedPart replaces the text between the marks of the file at path.
func writeMarkedPart(b *testing.B, path, text string) {
	b.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	before, rest, found := strings.Cut(string(src), beginMark)
	_, after, ended := strings.Cut(rest, endMark)
	if !found || !ended {
		b.Fatalf("%s: expected the lines %q and %q", path, strings.TrimSpace(beginMark), strings.TrimSpace(endMark))
	}
	old, _, _ := strings.Cut(rest, endMark)
	text = keepOtherRows(old, text)
	if err := os.WriteFile(path, []byte(before+beginMark+"\n"+strings.TrimRight(text, "\n")+"\n\n"+endMark+after), 0o666); err != nil {
		b.Fatal(err)
	}
}

// keepOtherRows adds to the tables of text the rows of old that text does not have: those
// that this run did not measure. The order of the rows is that of old.
func keepOtherRows(old, text string) string {
	oldTables, tables := strings.Split(strings.TrimSpace(old), "\n\n"), strings.Split(strings.TrimSpace(text), "\n\n")
	name := func(row string) string { first, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " |"); return first }
	for i := 1; i < min(len(oldTables), len(tables)); i++ { // 0 is the machine
		measured := map[string]string{}
		var order []string
		rows := strings.Split(strings.TrimSpace(tables[i]), "\n")
		for _, row := range rows[min(2, len(rows)):] {
			measured[name(row)] = row
			order = append(order, name(row))
		}
		out := rows[:min(2, len(rows))]
		for j, row := range strings.Split(oldTables[i], "\n") {
			if j < 2 {
				continue // the header
			}
			if again, ok := measured[name(row)]; ok {
				row = again
				delete(measured, name(row))
			}
			out = append(out, row)
		}
		for _, n := range order {
			if row, ok := measured[n]; ok {
				out = append(out, row)
			}
		}
		tables[i] = strings.Join(out, "\n")
	}
	return strings.Join(slices.Concat(tables, oldTables[min(len(tables), len(oldTables)):]), "\n\n")
}
