package bench

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A point is the usage of a run for a number of files or rules.
type point struct {
	x int
	usage
}

// BenchmarkPlots measures dry runs over 1,000 to 1,000,000 tiny files without a match, and
// with 1 to 1,000 rules over 10,000 of them. It draws performance-files.svg and
// performance-rules.svg next to the file that REGMIGRATE_PERFORMANCE names.
func BenchmarkPlots(b *testing.B) {
	path := os.Getenv("REGMIGRATE_PERFORMANCE")
	if path == "" {
		b.Skip("REGMIGRATE_PERFORMANCE does not name docs/performance.md")
	}
	dir, bin := filepath.Dir(path), build(b, "../cmd/regmigrate")
	var files, rules []point
	for n := 1_000; n <= 1_000_000; n *= 10 {
		t := makeTree(b, n, 0, tinyFiles)
		files = append(files, point{n, twice(b, command{args: []string{bin, "--dry-run", "."}, dir: t.root})})
		os.RemoveAll(t.root) // before the next tree, to bound the space on the disk
	}
	t := makeTree(b, 10_000, 0, tinyFiles)
	for n := 1; n <= 1_000; n *= 10 {
		args := []string{bin, "--dry-run"}
		for i := range n {
			args = append(args, fmt.Sprintf("--rule=old-%d.registry.example=new.registry.example", i))
		}
		rules = append(rules, point{n, twice(b, command{args: append(args, "."), dir: t.root})})
	}
	for name, svg := range map[string]string{"performance-files.svg": plot("files", files), "performance-rules.svg": plot("rules, 10,000 files", rules)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(svg), 0o666); err != nil {
			b.Fatal(err)
		}
	}
}

// twice runs a command twice and returns the usage of the second run.
func twice(b *testing.B, c command) usage {
	c.run(b)
	return c.run(b)
}

// The size of a plot, and of its margins, in pixels.
const (
	plotWidth, plotHeight = 640, 320
	plotMargin            = 60
)

// plot draws CPU time and wall time in seconds, and the peak of memory in MB, over the
// numbers of points. All axes are logarithmic.
func plot(axis string, points []point) string {
	series := []struct {
		name, color string
		of          func(point) float64
	}{
		{"CPU in s", "#1f6feb", func(p point) float64 { return p.cpu.Seconds() }},
		{"wall in s", "#2da44e", func(p point) float64 { return p.wall.Seconds() }},
		{"memory in MB", "#bc4c00", func(p point) float64 { return float64(p.memory) / 1e6 }},
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range series {
		for _, p := range points {
			v := math.Log10(s.of(p))
			low, high = min(low, math.Floor(v)), max(high, math.Ceil(v))
		}
	}
	first, last := math.Log10(float64(points[0].x)), math.Log10(float64(points[len(points)-1].x))
	x := func(n float64) float64 {
		return plotMargin + (math.Log10(n)-first)/(last-first)*(plotWidth-2*plotMargin)
	}
	y := func(v float64) float64 {
		return plotHeight - plotMargin - (math.Log10(v)-low)/(high-low)*(plotHeight-2*plotMargin)
	}
	var w strings.Builder
	fmt.Fprintf(&w, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", plotWidth, plotHeight)
	for e := low; e <= high; e++ {
		fmt.Fprintf(&w, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#d0d7de\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
			plotMargin, plotWidth-plotMargin, y(math.Pow(10, e)), y(math.Pow(10, e)), plotMargin-8, y(math.Pow(10, e))+4, math.Pow(10, e))
	}
	for _, p := range points {
		fmt.Fprintf(&w, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n", x(float64(p.x)), plotHeight-plotMargin+20, p.x)
	}
	fmt.Fprintf(&w, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", plotWidth/2, plotHeight-plotMargin+42, axis)
	for i, s := range series {
		var line []string
		for _, p := range points {
			line = append(line, fmt.Sprintf("%.1f,%.1f", x(float64(p.x)), y(s.of(p))))
			fmt.Fprintf(&w, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"><title>%d: %.3g %s</title></circle>\n", x(float64(p.x)), y(s.of(p)), s.color, p.x, s.of(p), s.name)
		}
		fmt.Fprintf(&w, "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", strings.Join(line, " "), s.color)
		fmt.Fprintf(&w, "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n", plotMargin+i*140, plotMargin-24, s.color, s.name)
	}
	w.WriteString("</svg>\n")
	return w.String()
}
