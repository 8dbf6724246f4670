package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPages runs the console blocks of the README and of the pages in docs. The
// blocks of a page run in order, in a copy of testdata/demo that is a git repository.
// A line that begins with "$ " is a command for sh. The lines up to the next command
// are the expected output of both streams: a line "..." matches any number of lines,
// and "..." at the end of a line matches the rest of the line.
func TestPages(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, page := range append([]string{"../../README.md"}, pages...) {
		src, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		steps := console(string(src))
		if len(steps) == 0 {
			continue
		}
		ran += len(steps)
		t.Run(filepath.Base(page), func(t *testing.T) {
			dir := demoRepository(t)
			for _, s := range steps {
				if got := runShell(t, dir, s.command); !pattern(s.output).MatchString(got) {
					t.Errorf("%s:%d: %s\nprints:\n%s\nthe page says:\n%s", filepath.Base(page), s.line, s.command, got, s.output)
				}
			}
		})
	}
	if ran < 5 {
		t.Fatalf("%d commands in console blocks of the pages, want 5 at least", ran)
	}
}

// demoRepository returns the root of a git repository with the files of
// testdata/demo.
func demoRepository(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	if err := os.CopyFS(dir, os.DirFS("../../testdata/demo")); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("SKIPPED: sh is missing")
	}
	runShell(t, dir, "git init -q && git add -A && git commit -q -m demo")
	return dir
}

// runShell runs a command in the folder dir, and returns what it prints.
func runShell(t *testing.T, dir, command string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "NO_COLOR=1"), cleanGit()...)
	out, err := cmd.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return string(out)
}

// A step is a command of a console block and its expected output.
type step struct {
	line            int // 1-based
	command, output string
}

// console returns the steps of the blocks that begin with ```console. A
// backslash at the end of a line continues the command on the next line.
func console(text string) []step {
	var out []step
	in, more := false, false
	for i, line := range strings.Split(text, "\n") {
		switch command, ok := strings.CutPrefix(line, "$ "); {
		case strings.HasPrefix(line, "```"):
			in, more = line == "```console", false
		case !in:
		case more:
			s := &out[len(out)-1]
			s.command += "\n" + line
			more = strings.HasSuffix(line, `\`)
		case ok:
			out = append(out, step{line: i + 1, command: command})
			more = strings.HasSuffix(command, `\`)
		case len(out) > 0:
			out[len(out)-1].output += line + "\n"
		}
	}
	return out
}

// pattern returns a pattern for the output that a page shows.
func pattern(shown string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`\A`)
	for line := range strings.Lines(shown) {
		switch start, open := strings.CutSuffix(line, "...\n"); {
		case line == "...\n":
			b.WriteString(`(?:.*\n)*`)
		case open:
			b.WriteString(regexp.QuoteMeta(start) + `.*\n`)
		default:
			b.WriteString(regexp.QuoteMeta(line))
		}
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

func TestConsole(t *testing.T) {
	steps := console("x\n```sh\n$ no\n```\n```console\n$ one \\\n  more\na\n...\nb...\n$ two\n```\n$ no\n")
	if len(steps) != 2 || steps[0] != (step{6, "one \\\n  more", "a\n...\nb...\n"}) || steps[1] != (step{11, "two", ""}) {
		t.Fatalf("got %+v", steps)
	}
	for text, want := range map[string]bool{
		"a\nb\n": true, "a\nx\ny\nb c\n": true, "a\n": false, "a\nb\nc\n": false, "x\nb\n": false, "a\nb": false,
	} {
		if got := pattern(steps[0].output).MatchString(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
