package main

import (
	"cmp"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// pictured is the command of the picture in the README, run in testdata/demo.
const pictured = "regmigrate --dry-run charts/web/values.yaml policies apps/smoke-test.yaml"

// TestPicture compares docs/picture.svg, the picture in the README, with the output
// of the program. With -update it writes the picture.
func TestPicture(t *testing.T) {
	dir := demoRepository(t)
	got := terminalSVG("$ "+pictured, strings.Replace(runShell(t, dir, strings.Replace(pictured, "regmigrate", "regmigrate --color=always", 1)), " --color=always", "", 1))
	const path = "../../docs/picture.svg"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s does not show what the program prints; go test ./cmd/regmigrate -run TestPicture -update", path)
	}
}

// The size of a character cell of the picture in pixels, and the margin around the
// text.
const (
	cellWidth, cellHeight = 8, 19
	margin                = 16
)

// escapeRE matches the sequences that the program prints to select a style.
var escapeRE = regexp.MustCompile("\x1b\\[([0-9]*)m")

// colors are the colors of the styles, by the parameter of their sequence.
var colors = map[string]string{"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "36": "#79c0ff", "2": "#8b949e"}

// terminalSVG returns a picture of a terminal that shows the command and its output.
// Each text has the width of its characters, whatever font the viewer has.
func terminalSVG(command, output string) string {
	lines := append([]string{"\x1b[1m" + command + "\x1b[m"}, strings.Split(strings.TrimRight(output, "\n"), "\n")...)
	columns := 0
	for _, line := range lines {
		columns = max(columns, utf8.RuneCountInString(escapeRE.ReplaceAllString(line, "")))
	}
	var b strings.Builder
	width, height := columns*cellWidth+2*margin, len(lines)*cellHeight+2*margin
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"13\" fill=\"#e6edf3\">\n", width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(strings.TrimPrefix(command, "$ ")))
	fmt.Fprintf(&b, "<rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#0d1117\"/>\n", width, height)
	for i, line := range lines {
		writeLine(&b, line, margin+i*cellHeight)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// writeLine writes the texts of a line whose top is at y. A style ends at the end of
// the line at the latest, as the program prints it.
func writeLine(b *strings.Builder, line string, y int) {
	x, color, bold, reverse := margin, "", false, false
	write := func(text string) {
		if strings.TrimSpace(text) == "" {
			x += len(text) * cellWidth
			return
		}
		columns := utf8.RuneCountInString(text)
		fill := color
		if reverse {
			fmt.Fprintf(b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>", x, y, columns*cellWidth, cellHeight, cmp.Or(color, "#e6edf3"))
			fill = "#0d1117"
		}
		fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" xml:space=\"preserve\"", x, y+14, columns*cellWidth)
		if fill != "" {
			fmt.Fprintf(b, " fill=\"%s\"", fill)
		}
		if bold {
			b.WriteString(" font-weight=\"bold\"")
		}
		fmt.Fprintf(b, ">%s</text>\n", html.EscapeString(text))
		x += columns * cellWidth
	}
	for line != "" {
		at := escapeRE.FindStringSubmatchIndex(line)
		if at == nil {
			write(line)
			return
		}
		write(line[:at[0]])
		switch parameter := line[at[2]:at[3]]; parameter {
		case "", "0":
			color, bold, reverse = "", false, false
		case "1":
			bold = true
		case "7":
			reverse = true
		case "27":
			reverse = false
		default:
			color = colors[parameter]
		}
		line = line[at[1]:]
	}
}
