package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroups are the groups of flags in --help, by what the user wants to do. A flag
// is in the first group that has it.
var flagGroups = []struct {
	title string
	needs string // the group is only for commands with this flag; "" for all
	names []string
}{
	{"Make the pull request", "push-remote", []string{"dry-run", "base", "branch", "remote", "push-remote", "repo", "forge", "api-url", "max-wait", "title", "message", "commit-per", "author", "committer", "signoff", "trailer", "label", "reviewer", "team", "assignee", "draft"}},
	{"Copy images", "with-host", []string{"to", "from", "with-host", "dry-run", "sizes"}},
	{"Write the policy", "existing", []string{"action", "existing", "min-kubernetes", "kind", "except-namespace", "except-owner", "controller", "mutate", "legacy", "name", "kustomize", "tests"}},
	{"Write the manifests", "ca-file", []string{"image", "cert", "ca-file", "dry-run", "except-namespace", "except-owner", "namespace", "name", "output"}},
	{"Serve", "tls-cert", []string{"tls-cert", "tls-key", "dry-run", "watch-config", "listen", "metrics", "drain"}},
	{"Select clusters, and what they list", "crds", []string{"kubeconfig", "context", "namespace", "crds", "helm", "nodes", "check-operators", "match", "rbac"}},
	{"Watch a migration", "watch", []string{"watch", "interval", "history"}},
	{"Write, look or check", "", []string{"dry-run", "check", "base", "baseline", "update-baseline", "reverse", "old-only", "update", "force"}},
	{"Select rules, and what they move", "", []string{"preset", "rule", "mirror", "mirror-name", "map", "map-registry", "renames", "config", "scope", "kind", "assume-images", "allow-insecure-images", "override-subcharts", "chart-dir", "bump-chart"}},
	{"Select files", "", []string{"include", "exclude", "no-ignore", "together", "stdin-filename"}},
	{"Render charts, and prove the change", "", []string{"verify", "no-verify", "require-proof", "no-render", "render", "render-timeout", "values", "set", "kube-version", "api-versions"}},
	{"Query registries", "", []string{"all", "require", "timeout", "cache-ttl", "no-cache", "offline"}},
	{"Print and report", "", []string{"output", "report", "json", "label", "color", "quiet", "verbose"}},
}

// minGrouped is the least number of flags of a command whose help has groups.
const minGrouped = 12

// flagUsages describes the flags of cmd for its help, in groups if there are many. The
// text of flags wraps at the given number of columns; 0 means no wrapping.
func flagUsages(cmd *cobra.Command, columns int) string {
	flags := cmd.LocalFlags()
	count := 0
	flags.VisitAll(func(*pflag.Flag) { count++ })
	if count < minGrouped {
		return "Flags:\n" + strings.TrimRight(flags.FlagUsagesWrapped(columns), "\n")
	}
	var out []string
	grouped := map[string]bool{}
	for _, g := range flagGroups {
		if g.needs != "" && flags.Lookup(g.needs) == nil {
			continue
		}
		set := pflag.NewFlagSet(g.title, pflag.ContinueOnError)
		set.SortFlags = false
		for _, name := range g.names {
			if x := flags.Lookup(name); x != nil && !grouped[name] {
				set.AddFlag(x)
				grouped[name] = true
			}
		}
		out = append(out, groupUsages(g.title, set, columns)...)
	}
	rest := pflag.NewFlagSet("", pflag.ContinueOnError)
	rest.SortFlags = false
	flags.VisitAll(func(x *pflag.Flag) {
		if !grouped[x.Name] {
			rest.AddFlag(x)
		}
	})
	return strings.Join(append(out, groupUsages("Other flags", rest, columns)...), "\n\n")
}

// groupUsages returns the heading and the flags of a group, nothing if it has no
// flags.
func groupUsages(title string, set *pflag.FlagSet, columns int) []string {
	if !set.HasAvailableFlags() {
		return nil
	}
	return []string{fmt.Sprintf("%s:\n%s", title, strings.TrimRight(set.FlagUsagesWrapped(columns), "\n"))}
}
