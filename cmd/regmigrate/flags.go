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

// addCacheFlags adds the flags of the cache of registry responses.
func addCacheFlags(cmd *cobra.Command, f *session.RegistryFlags) {
	x := cmd.Flags()
	x.DurationVar(&f.CacheTTL, "cache-ttl", time.Hour, "cache lifetime of registry responses")
	x.BoolVar(&f.NoCache, "no-cache", false, "do not use the cache")
	x.BoolVar(&f.Offline, "offline", false, "make no network requests: use the cache, even if it is older than --cache-ttl; a reference that is not in the cache is unreachable")
}

// addRenderTimeout adds the flag that every command that renders has.
func addRenderTimeout(cmd *cobra.Command, f *session.RenderFlags) {
	cmd.Flags().DurationVar(&f.Timeout, "render-timeout", 10*time.Minute, "time limit for rendering one chart or kustomization; exceeding it ends the run with 3")
}

func addRenderFlags(cmd *cobra.Command, f *session.RenderFlags) {
	x := cmd.Flags()
	x.StringArrayVar(&f.Values, "values", nil, "also render charts with this values `file`, after their own (repeatable)")
	x.StringArrayVar(&f.Set, "set", nil, "also render charts with this value, `KEY=VALUE` (repeatable)")
	x.StringVar(&f.KubeVersion, "kube-version", "", "render charts for this Kubernetes `version` (default "+helm.DefaultKubeVersion+")")
	addRenderTimeout(cmd, f)
	x.StringArrayVar(&f.APIVersions, "api-versions", nil, "render charts as if the cluster had this API `version` (repeatable)")
}

// addRequireFlags adds the flags of commands that change references only if the
// new images exist.
func addRequireFlags(cmd *cobra.Command, f *session.RegistryFlags, usage string) {
	x := cmd.Flags()
	x.StringVar(&f.Require, "require", "", usage+strings.Join(session.Requirements(), ", "))
	complete(cmd, "require", session.Requirements())
	x.DurationVar(&f.Timeout, "timeout", 0, "with --require: time limit for one reference (default 1m)")
	addCacheFlags(cmd, f)
}

// checkRequire validates the flags of the root command that query registries.
func checkRequire(cmd *cobra.Command, f *session.RegistryFlags) error {
	if f.Require == "" {
		for _, name := range []string{"timeout", "cache-ttl", "no-cache", "offline"} {
			if cmd.Flags().Changed(name) {
				return fmt.Errorf("--%s: expected with --require", name)
			}
		}
		return nil
	}
	return f.Validate()
}

// addRuleFlags adds the flags that select rules and scopes.
func addRuleFlags(cmd *cobra.Command, f *session.Flags) {
	f.ParsePolicy = parsePolicyRules
	x := cmd.Flags()
	x.StringArrayVar(&f.Presets, "preset", nil, "use the rules of this `preset` (repeatable): "+strings.Join(rules.PresetUsages(), ", "))
	x.StringArrayVar(&f.Rules, "rule", nil, "use the rule `FROM=TO`: replace the prefix FROM with TO (repeatable)")
	x.Var(&onceValue{text: &f.Mirror}, "mirror", "move every reference to the registry `[LAYOUT:]TARGET`, which mirrors all others; layouts: "+strings.Join(rules.LayoutNames(), ", "))
	x.StringArrayVar(&f.MirrorNames, "mirror-name", nil, "with --mirror: `REGISTRY=NAME`, the name of a registry in the mirror (repeatable)")
	x.BoolVar(&f.Renames, "renames", false, "also give images that have another name since some version their new name and tag: coredns:1.8.0 becomes coredns/coredns:v1.8.0")
	x.StringArrayVar(&f.Maps, "map", nil, "use the pairs of old and new images in this `file` (repeatable): lines OLD NEW, CSV, YAML, mappings of dfc, or JSON of the command images")
	x.StringVar(&f.MapRegistry, "map-registry", "", "with --map: the registry and path before the new names of a mapping file of dfc, `HOST/PATH`")
	x.StringVar(&f.Config, "config", "", "configuration `file` (default: "+session.ConfigName+", searched from PATH up to the root of the repository)")
	x.StringSliceVar(&f.Scope, "scope", nil, "comma-separated `list` of the kinds of text to rewrite: "+strings.Join(format.ScopeNames(), ", ")+", all (default manifests)")
	complete(cmd, "preset", presetNames())
	complete(cmd, "mirror", rules.LayoutNames())
	complete(cmd, "scope", append(format.ScopeNames(), "all"))
}

// A onceValue is the value of a flag that may be given once only.
type onceValue struct {
	text  *string
	isSet bool
}

func (v *onceValue) String() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

func (v *onceValue) Type() string { return "string" }

func (v *onceValue) Set(text string) error {
	if v.isSet {
		return fmt.Errorf("the flag was given before, with %q; expected it once", *v.text)
	}
	*v.text, v.isSet = text, true
	return nil
}

// presetNames returns the names of the presets, without what a preset needs after its name.
func presetNames() []string {
	var names []string
	for _, usage := range rules.PresetUsages() {
		name, _, _ := strings.Cut(usage, ":")
		names = append(names, name)
	}
	return names
}

// addAllowInsecureImagesFlag adds the flag of commands that change the values of charts,
// or prove such a change.
func addAllowInsecureImagesFlag(cmd *cobra.Command, f *session.Flags) {
	cmd.Flags().BoolVar(&f.AllowInsecureImages, "allow-insecure-images", false, "where images of a chart of Bitnami move out of docker.io/bitnami, also add global.security.allowInsecureImages: true to its values; otherwise the chart refuses them")
}

// addOverrideFlags adds the flags of commands that add values for sub-charts, or prove such
// a change.
func addOverrideFlags(cmd *cobra.Command, f *session.Flags) {
	cmd.Flags().BoolVar(&f.OverrideSubcharts, "override-subcharts", false, "also add values to values.yaml of a chart that move the images of its packed sub-charts (charts/*.tgz, or of --chart-dir); only values that a rendering proves")
	addChartDirFlag(cmd, &f.Render)
}

// addChartDirFlag adds the flag with which charts get dependencies that the repository does
// not have.
func addChartDirFlag(cmd *cobra.Command, f *session.RenderFlags) {
	cmd.Flags().StringVar(&f.ChartDir, "chart-dir", "", "render charts with the packed charts NAME-VERSION.tgz in this `folder`, as helm pull writes them, where charts/ does not have a dependency")
	_ = cmd.MarkFlagDirname("chart-dir")
}

// addFileFlags adds the flags that select files.
func addFileFlags(cmd *cobra.Command, f *session.Flags) {
	x := cmd.Flags()
	x.StringArrayVar(&f.Include, "include", nil, "scan only files that match the `glob` (repeatable)")
	x.StringArrayVar(&f.Exclude, "exclude", nil, "do not scan files and folders that match the `glob` (repeatable)")
	x.BoolVar(&f.NoIgnore, "no-ignore", false, "also scan files that git ignores, and vendor and node_modules")
}

func addColorFlag(cmd *cobra.Command, f *session.Flags) {
	cmd.Flags().StringVar(&f.Color, "color", "auto", "`when` to use color: auto (on a terminal, unless NO_COLOR is set), always, never")
	complete(cmd, "color", []string{"auto", "always", "never"})
}

// refuseEmpty returns an error if a flag has an empty value: an unset variable
// of a script must not select the default.
func refuseEmpty(cmd *cobra.Command) error {
	var err error
	cmd.Flags().Visit(func(x *pflag.Flag) {
		if v := x.Value.String(); err == nil && (v == "" || v == "[]" || v == `[""]`) {
			err = fmt.Errorf("--%s: expected a value, got an empty one", x.Name)
		}
	})
	return err
}

// complete registers the values of a flag for shell completion.
func complete(cmd *cobra.Command, flag string, values []string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("no flag --" + flag)
	}
}
