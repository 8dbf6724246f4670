package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/pkg/registry"
)

// newCheckCommand returns `regmigrate registry check`.
func newCheckCommand(s streams) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "check [flags] [PATH...|-]",
		Short: "does every new reference exist, with the digest of the old one",
		Long: `check asks registries about every reference under PATH (default: the current
folder) that the rules would move, and writes nothing. With - it reads them from
standard input: the JSON of regmigrate images or of regmigrate -o json, objects of a
cluster, lines OLD NEW, or one reference a line, of which the rules say what becomes
of it.

A name whose tag stands elsewhere, in the version of its chart or the base of its
kustomization, is asked about as these print it; with --render, all is that they
print. What nobody puts together is skipped, and why.

  same         both exist, with the same digest
  exists       the new one exists; the old registry does not answer, or does not have it
  different    both exist, with different digests: for which platforms is said
  missing      the new registry does not have it
  unreachable  the new registry does not answer, so that nobody knows
  skipped      nobody was asked: it has a variable in it, or its tag is not known

What registries say is remembered for --cache-ttl.`,
		Example: `  regmigrate registry check .
  regmigrate registry check --require same .        # exit 1 unless all are
  regmigrate images --render -o json . | regmigrate registry check -
  kubectl get pods -A -o json | regmigrate registry check -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			return check(cmd.Context(), s, &f, args)
		},
	}
	setExits(cmd, "--require: an image is not as required", "something could not be read, or it was interrupted")
	addRuleFlags(cmd, &f)
	x := cmd.Flags()
	x.StringVar(&f.registry.require, "require", "", "exit 1 unless every reference has this `verdict` at least: "+strings.Join(requirementNames(), ", "))
	complete(cmd, "require", requirementNames())
	f.registry.addCacheFlags(cmd)
	x.DurationVar(&f.registry.timeout, "timeout", 0, "how long one reference may take (default 1m)")
	x.IntVarP(&f.registry.jobs, "jobs", "j", 0, "`number` of references asked about at a time (default 8)")
	x.BoolVar(&f.registry.all, "all", false, "ask also whether the references exist that no rule moves")
	addFileFlags(cmd, &f)
	x.BoolVar(&f.wholly, "render", false, "ask about all that charts and kustomizations print too")
	addRenderFlags(cmd, &f.render)
	x.StringVarP(&f.output, "output", "o", "text", "`format` of standard output: text, json")
	complete(cmd, "output", []string{"text", "json"})
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing but what is not as it should be")
	x.BoolVarP(&f.verbose, "verbose", "v", false, "list every reference, also those that are the same")
	return cmd
}

func check(ctx context.Context, s streams, f *flags, args []string) error {
	if err := f.registry.check(); err != nil {
		return err
	}
	write := checkText
	switch f.output {
	case "json":
		write = checkJSON
	case "text":
	default:
		return fmt.Errorf("--output %q: expected text or json", f.output)
	}
	list, _, partial, err := wantedOf(ctx, s, f, args, f.registry.all)
	if err != nil {
		return err
	}
	client, err := f.registry.client()
	if err != nil {
		return err
	}
	all := ask(ctx, client, list, newProgress(s.err, f.quiet))
	if ctx.Err() != nil {
		return &exit{exitFailed, errors.New("interrupted")}
	}
	if err := write(s.out, all, f, colour(f.color, s.out)); err != nil {
		return &exit{exitFailed, fmt.Errorf("writing to standard output: %w", err)}
	}
	if partial {
		return unread()
	}
	for _, c := range all {
		if !meets(f.registry.require, c.Verdict) {
			return &exit{code: exitLeft}
		}
	}
	return nil
}

// A checked is what registries say of a reference, and where it stands.
type checked struct {
	registry.Result
	places []string
}

// ask asks about every reference that is a whole one.
func ask(ctx context.Context, c *registry.Client, list []*wanted, bar *progress) []checked {
	var pairs []registry.Pair
	var at []int
	out := make([]checked, len(list))
	for i, w := range list {
		out[i].places = w.places
		out[i].Result = registry.Result{Pair: w.Pair, Verdict: registry.Skipped, Detail: w.part}
		if w.part == "" {
			pairs, at = append(pairs, w.Pair), append(at, i)
		}
	}
	defer bar.clear()
	for k, r := range c.Check(ctx, pairs, func(done int) { bar.tell(fmt.Sprintf("%d of %d images asked about", done, len(pairs))) }) {
		out[at[k]].Result = r
	}
	return out
}

// The JSON of registry check. Lists are never null; what is not known is left
// out.
type (
	checkReport struct {
		Version int            `json:"version"`
		Counts  map[string]int `json:"counts"`
		Images  []checkImage   `json:"images"`
	}
	checkImage struct {
		Old       string          `json:"old,omitempty"`
		New       string          `json:"new"`
		Verdict   string          `json:"verdict"`
		OldDigest string          `json:"oldDigest,omitempty"`
		NewDigest string          `json:"newDigest,omitempty"`
		Detail    string          `json:"detail,omitempty"`
		Platforms []checkPlatform `json:"platforms,omitempty"`
		Places    []string        `json:"places"`
	}
	checkPlatform struct {
		Platform string `json:"platform"`
		Old      string `json:"old,omitempty"`
		New      string `json:"new,omitempty"`
	}
)

func checkJSON(w io.Writer, all []checked, _ *flags, _ bool) error {
	r := checkReport{Version: 1, Counts: map[string]int{}, Images: []checkImage{}}
	for _, v := range verdictOrder {
		r.Counts[v.String()] = 0
	}
	for _, c := range all {
		r.Counts[c.Verdict.String()]++
		x := checkImage{
			Old: c.Old, New: c.New, Verdict: c.Verdict.String(), OldDigest: c.OldDigest, NewDigest: c.NewDigest,
			Detail: c.Detail, Places: append([]string{}, c.places...),
		}
		for _, p := range c.Platforms {
			x.Platforms = append(x.Platforms, checkPlatform{p.Name, p.Old, p.New})
		}
		r.Images = append(r.Images, x)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
