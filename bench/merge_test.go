package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// mergedReports is the number of reports of BenchmarkMerge.
const mergedReports = 1000

// The state of 1,000 repositories as text and as a page, from their JSON reports: the times,
// and the memory at most, which must not exceed 200 MB. The reports are those of a generated
// tree of 200 files with 20 mentions.
func BenchmarkMerge(b *testing.B) {
	program := build(b, "../cmd/regmigrate")
	dir, size := makeReports(b, program, mergedReports)
	out := compare(b, 3,
		command{name: "text", args: []string{program, "report", "merge", dir}},
		command{name: "html", args: []string{program, "report", "merge", "-o", "html", dir}},
	)
	memory := max(out[0].memory, out[1].memory)
	if memory > 200_000_000 {
		b.Errorf("%d reports need %d bytes of memory, want 200 MB at most", mergedReports, memory)
	}
	b.ReportMetric(float64(memory)/1e6, "MB-memory")
	b.ReportMetric(float64(size)/1e6, "MB-reports")
}

// makeReports writes reports of n repositories to a folder, and returns their size.
func makeReports(b *testing.B, program string, n int) (dir string, size int64) {
	b.Helper()
	tree := makeTree(b, 200, 10, [2]int{1000, 3000})
	cmd := exec.Command(program, "-o", "json", "--dry-run", tree.root)
	src, err := cmd.Output()
	if err != nil {
		b.Fatal(err)
	}
	var report map[string]any
	if err := json.Unmarshal(src, &report); err != nil {
		b.Fatal(err)
	}
	dir = b.TempDir()
	for i := range n {
		name := fmt.Sprintf("github.com/acme/r%04d", i)
		report["source"] = map[string]string{"repository": name, "commit": fmt.Sprintf("%040d", i), "time": "2026-01-02T03:04:05Z"}
		for _, f := range report["files"].([]any) {
			f.(map[string]any)["owners"] = []string{fmt.Sprintf("@acme/team-%02d", i%40)}
		}
		text, err := json.Marshal(report)
		if err != nil {
			b.Fatal(err)
		}
		size += int64(len(text))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("r%04d.json", i)), text, 0o666); err != nil {
			b.Fatal(err)
		}
	}
	return dir, size
}
