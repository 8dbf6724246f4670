package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadme runs the console blocks of the README in order, in a copy of
// testdata/demo that is a git repository. A line that begins with "$ " is a
// command for sh. The lines up to the next command are the expected output of
// both streams: a line "..." matches any number of lines, and "..." at the end
// of a line matches the rest of the line.
func TestReadme(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh here")
	}
	src, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := console(string(src))
	if len(steps) < 3 {
		t.Fatalf("%d commands in console blocks of the README, want 3 at least", len(steps))
	}
	dir := filepath.Join(t.TempDir(), "demo")
	if err := os.CopyFS(dir, os.DirFS("../../testdata/demo")); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(append(os.Environ(), "NO_COLOR=1"), cleanGit()...)
		out, err := cmd.CombinedOutput()
		if _, exited := err.(*exec.ExitError); err != nil && !exited {
			t.Fatal(err)
		}
		return string(out)
	}
	run("git", "init", "-q")
	run("git", "add", "-A")
	run("git", "commit", "-q", "-m", "demo")
	for _, s := range steps {
		if got := run(sh, "-c", s.command); !pattern(s.output).MatchString(got) {
			t.Errorf("README.md:%d: %s\nprints:\n%s\nthe README says:\n%s", s.line, s.command, got, s.output)
		}
	}
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

// pattern returns a pattern for the output in the README.
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

func TestReadmeConsole(t *testing.T) {
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
