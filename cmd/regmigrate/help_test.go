package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/regmigrate/regmigrate/internal/app/session"
)

// On a terminal, the help wraps at words: no line is wider than the terminal, except
// usage and examples, which users copy.
func TestHelpFits(t *testing.T) {
	const columns = 80
	root := newRootCommand(session.Streams{}, nil)
	setUsage(root, columns)
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		var b strings.Builder
		cmd.SetOut(&b)
		if err := cmd.Help(); err != nil {
			t.Fatal(err)
		}
		isCopied := false
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			switch {
			case line == "Usage:", line == "Examples:":
				isCopied = true
			case line == "":
				isCopied = false
			}
			if n := utf8.RuneCountInString(line); n > columns && !isCopied {
				t.Errorf("%s: %d columns: %s", cmd.CommandPath(), n, line)
			}
		}
		for _, c := range cmd.Commands() {
			check(c)
		}
	}
	check(root)
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
