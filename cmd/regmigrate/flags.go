package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// addCacheFlags adds the flags about what is remembered.
func addCacheFlags(cmd *cobra.Command, f *session.RegistryFlags) {
	x := cmd.Flags()
	x.DurationVar(&f.CacheTTL, "cache-ttl", time.Hour, "how long what registries said is good")
	x.BoolVar(&f.NoCache, "no-cache", false, "neither read nor write what is remembered between runs")
	x.BoolVar(&f.Offline, "offline", false, "ask nobody: what is remembered answers, however old; the rest is unreachable")
}

// addRenderTimeout adds the one flag that every command has which renders.
func addRenderTimeout(cmd *cobra.Command, f *session.RenderFlags) {
	cmd.Flags().DurationVar(&f.Timeout, "render-timeout", 10*time.Second, "how long one chart or kustomization may take; what takes longer is not rendered")
}

func addRenderFlags(cmd *cobra.Command, f *session.RenderFlags) {
	x := cmd.Flags()
	x.StringArrayVar(&f.Values, "values", nil, "a value `file` to render charts with, after their own (repeatable)")
	x.StringArrayVar(&f.Set, "set", nil, "a value to render charts with, `KEY=VALUE` (repeatable)")
	x.StringVar(&f.KubeVersion, "kube-version", "", "the `version` of Kubernetes that charts are told (default "+helm.DefaultKubeVersion+")")
	addRenderTimeout(cmd, f)
	x.StringArrayVar(&f.ApiVersions, "api-versions", nil, "an API `version` that charts are told of (repeatable)")
}

// addRequireFlags adds the flags of the main command that ask registries.
func addRequireFlags(cmd *cobra.Command, f *session.RegistryFlags) {
	x := cmd.Flags()
	x.StringVar(&f.Require, "require", "", "ask registries, and leave where it is what is not this `verdict` at least (exit 1): "+strings.Join(session.Requirements(), ", "))
	complete(cmd, "require", session.Requirements())
	x.DurationVar(&f.Timeout, "timeout", 0, "with --require: how long one reference may take (default 1m)")
	addCacheFlags(cmd, f)
}

// checkRequire says what is wrong with the flags of the main command that ask
// registries.
func checkRequire(cmd *cobra.Command, f *session.RegistryFlags) error {
	if f.Require == "" {
		for _, name := range []string{"timeout", "cache-ttl", "no-cache", "offline"} {
			if cmd.Flags().Changed(name) {
				return fmt.Errorf("--%s: expected with --require, which is what asks registries", name)
			}
		}
		return nil
	}
	return f.Validate()
}

// addRuleFlags adds the flags that say which rules are in force and where.
func addRuleFlags(cmd *cobra.Command, f *session.Flags) {
	var presets []string
	for _, p := range rules.Presets() {
		presets = append(presets, p.Name)
	}
	x := cmd.Flags()
	x.StringArrayVar(&f.Presets, "preset", nil, "a named `set` of rules (repeatable): "+strings.Join(presets, ", "))
	x.StringArrayVar(&f.Rules, "rule", nil, "one rule, `FROM=TO` (repeatable)")
	x.StringVar(&f.Config, "config", "", "configuration `file` (default: "+session.ConfigName+", looked for from PATH up to the repository's root)")
	x.StringSliceVar(&f.Scope, "scope", nil, "what may be rewritten, a `list` of "+strings.Join(format.ScopeNames(), ", ")+" (default manifests); or all")
	complete(cmd, "preset", presets)
	complete(cmd, "scope", append(format.ScopeNames(), "all"))
}

// addFileFlags adds the flags that say which files are looked at.
func addFileFlags(cmd *cobra.Command, f *session.Flags) {
	x := cmd.Flags()
	x.StringArrayVar(&f.Include, "include", nil, "look only at files that match the `glob` (repeatable)")
	x.StringArrayVar(&f.Exclude, "exclude", nil, "leave out files and folders that match the `glob` (repeatable)")
	x.BoolVar(&f.NoIgnore, "no-ignore", false, "look also at what git ignores, and at vendor and node_modules")
}

func addColorFlag(cmd *cobra.Command, f *session.Flags) {
	cmd.Flags().StringVar(&f.Color, "color", "auto", "`when` to use colour: auto (on a terminal, unless NO_COLOR is set), always, never")
	complete(cmd, "color", []string{"auto", "always", "never"})
}

// refuseEmpty refuses a flag that was given without a value: a variable of a
// script that is not set must not mean the default.
func refuseEmpty(cmd *cobra.Command) error {
	var err error
	cmd.Flags().Visit(func(x *pflag.Flag) {
		if v := x.Value.String(); err == nil && (v == "" || v == "[]" || v == `[""]`) {
			err = fmt.Errorf("--%s: expected a value, and it is empty", x.Name)
		}
	})
	return err
}

// complete offers values for a flag in shell completions.
func complete(cmd *cobra.Command, flag string, values []string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("no flag --" + flag)
	}
}
