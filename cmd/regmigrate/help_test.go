package main

import (
	"github.com/regmigrate/regmigrate/internal/app/session"
	"strings"
	"testing"
)

// On a terminal, descriptions of flags wrap at words: no line of --help is wider
// than the terminal, except examples, which users copy.
func TestUsageFits(t *testing.T) {
	const columns = 80
	for _, args := range [][]string{nil, {"pr"}, {"registry", "mirror"}} {
		root := newRootCommand(session.Streams{}, nil)
		setUsage(root, columns)
		cmd, _, err := root.Find(args)
		if err != nil {
			t.Fatal(err)
		}
		_, flags, ok := strings.Cut(cmd.UsageString(), "\nFlags:\n")
		if !ok {
			t.Fatalf("%q has no flags", args)
		}
		for line := range strings.Lines(flags) {
			if line = strings.TrimSuffix(line, "\n"); len(line) > columns {
				t.Errorf("%q: %d columns: %s", args, len(line), line)
			}
		}
	}
}
