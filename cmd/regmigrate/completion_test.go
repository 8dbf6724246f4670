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

// enumeration matches the values that the description of a flag lists: "format: a, b
// (meaning), c". The words before the colon name the flag.
var enumeration = regexp.MustCompile(`: ([a-zA-Z0-9-]+(?: \([^)]*\))?(?:, [a-zA-Z0-9-]+(?::[A-Z]+\[,[A-Z]+\])?(?: \([^)]*\))?)+)`)

// engines introduce what a flag does for some engines: "vap, kyverno: …".
var engines = regexp.MustCompile(`^[a-z]+(, [a-z]+)*: `)

// meaning matches the explanation of a value.
var meaning = regexp.MustCompile(` \([^)]*\)`)

// enumerated returns the values that the description of a flag lists.
func enumerated(f *pflag.Flag) []string {
	_, usage := pflag.UnquoteUsage(f)
	m := enumeration.FindStringSubmatch(engines.ReplaceAllString(usage, ""))
	if m == nil {
		return nil
	}
	var out []string
	for _, v := range strings.Split(meaning.ReplaceAllString(m[1], ""), ", ") {
		v, _, _ = strings.Cut(v, ":") // gcr:PROJECT
		out = append(out, v)
	}
	return out
}

// Every flag whose description lists values completes all of them.
func TestEnumeratedFlagsComplete(t *testing.T) {
	root := newRootCommand(session.Streams{}, nil)
	checked := map[string]bool{}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			want := enumerated(f)
			if want == nil {
				return
			}
			checked[f.Name] = true
			complete, ok := cmd.GetFlagCompletionFunc(f.Name)
			if !ok {
				t.Errorf("%s --%s lists %q and has no completion", cmd.CommandPath(), f.Name, want)
				return
			}
			values, directive := complete(cmd, nil, "")
			for _, v := range want {
				if !slices.ContainsFunc(values, func(c cobra.Completion) bool {
					name, _, _ := strings.Cut(c, "\t")
					return name == v || strings.HasPrefix(name, v+":")
				}) {
					t.Errorf("%s --%s does not complete %s: got %q", cmd.CommandPath(), f.Name, v, values)
				}
			}
			if directive&cobra.ShellCompDirectiveNoFileComp == 0 {
				t.Errorf("%s --%s also completes files", cmd.CommandPath(), f.Name)
			}
		})
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(root)
	// If descriptions change, enumerated must still find them.
	for _, name := range []string{"output", "preset", "scope", "color", "bump-chart", "commit-per", "forge", "require", "ci", "hook", "format", "cert", "action", "existing", "kind"} {
		if !checked[name] {
			t.Errorf("no values found in the description of --%s", name)
		}
	}
}
