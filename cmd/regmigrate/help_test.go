package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/regmigrate/regmigrate/internal/app/session"
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
		_, flags, ok := strings.Cut(cmd.UsageString(), "\nSelect rules")
		if !ok {
			_, flags, ok = strings.Cut(cmd.UsageString(), "\nFlags:\n")
		}
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

// Each flag of the program is in one group of --help. A short list has no groups.
func TestFlagGroups(t *testing.T) {
	root := newRootCommand(session.Streams{}, nil)
	setUsage(root, 80)
	usage := root.UsageString()
	root.LocalFlags().VisitAll(func(x *pflag.Flag) {
		if got := strings.Count(usage, "--"+x.Name+" "); got == 0 {
			t.Errorf("--%s is missing in the help", x.Name)
		}
	})
	_, other, ok := strings.Cut(usage, "\nOther flags:\n")
	other, _, _ = strings.Cut(other, "\n\n")
	if got := strings.Fields(strings.Join(regexp.MustCompile(`--[a-z-]+`).FindAllString(other, -1), " ")); !ok || !slices.Equal(got, []string{"--jobs"}) {
		t.Errorf("other flags: %q", got)
	}
	for name := range groupedNames() {
		if !knownFlag(root, name) {
			t.Errorf("no command has the flag --%s of the groups", name)
		}
	}
	explain, _, err := root.Find([]string{"explain"})
	if err != nil || !strings.Contains(explain.UsageString(), "\nFlags:\n") {
		t.Errorf("the help of explain has no heading Flags (%v)", err)
	}
}

func groupedNames() map[string]bool {
	out := map[string]bool{}
	for _, g := range flagGroups {
		for _, name := range g.names {
			out[name] = true
		}
	}
	return out
}

// knownFlag reports whether cmd or a subcommand has a flag called name.
func knownFlag(cmd *cobra.Command, name string) bool {
	return cmd.LocalFlags().Lookup(name) != nil || slices.ContainsFunc(cmd.Commands(), func(c *cobra.Command) bool { return knownFlag(c, name) })
}
