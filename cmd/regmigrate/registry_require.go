package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/registry"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// addRequireFlags adds the flags of the main command that ask registries.
func addRequireFlags(cmd *cobra.Command, f *registryFlags) {
	x := cmd.Flags()
	x.StringVar(&f.require, "require", "", "ask registries, and leave where it is what is not this `verdict` at least (exit 1): "+strings.Join(requirementNames(), ", "))
	complete(cmd, "require", requirementNames())
	x.DurationVar(&f.timeout, "timeout", 0, "with --require: how long one reference may take (default 1m)")
	f.addCacheFlags(cmd)
}

// checkRequire says what is wrong with the flags of the main command that ask
// registries.
func checkRequire(cmd *cobra.Command, f *registryFlags) error {
	if f.require == "" {
		for _, name := range []string{"timeout", "cache-ttl", "no-cache", "offline"} {
			if cmd.Flags().Changed(name) {
				return fmt.Errorf("--%s: expected with --require, which is what asks registries", name)
			}
		}
		return nil
	}
	return f.check()
}

// A required asks registries about what would move, and refuses what is not as
// it is required.
type required struct {
	f       *flags
	set     *setup
	client  *registry.Client
	bar     *progress
	paths   bool // there are files, whose inventory knows the tags
	known   map[registry.Pair]registry.Result
	tagged  map[string][]registry.Pair // new name without a tag -> whole references
	refused map[string]bool            // new references that were refused
}

// require lets what set plans ask registries, if that was asked for; nil if
// not. Paths says that it plans files.
func require(f *flags, set *setup, bar *progress, paths bool) (*required, error) {
	if f.registry.require == "" {
		return nil, nil
	}
	client, err := f.registry.client()
	if err != nil {
		return nil, err
	}
	r := &required{f: f, set: set, client: client, bar: bar, paths: paths, known: map[registry.Pair]registry.Result{}, refused: map[string]bool{}}
	set.options.Refuse = r.refuse
	return r, nil
}

// refuse is a rewrite.Options.Refuse. A name whose tag stands elsewhere is
// refused if any image of that name is.
func (r *required) refuse(ctx context.Context, moves []rewrite.Move) []string {
	pairs := make([][]registry.Pair, len(moves))
	var ask []registry.Pair
	for i, m := range moves {
		p := registry.Pair{Old: m.Old, New: m.New}
		pairs[i] = []registry.Pair{p}
		if partOf(m.New, m.To, m.Field) != "" {
			pairs[i] = r.withTags(ctx, m.New)
		}
		for _, p := range pairs[i] {
			if _, known := r.known[p]; !known {
				r.known[p] = registry.Result{Pair: p}
				ask = append(ask, p)
			}
		}
	}
	for _, x := range r.client.Check(ctx, ask, func(done int) { r.bar.tell(fmt.Sprintf("%d of %d images asked about", done, len(ask))) }) {
		r.known[x.Pair] = x
	}
	r.bar.clear()
	why := make([]string, len(moves))
	r.refused = map[string]bool{}
	for i := range moves {
		for _, p := range pairs[i] {
			if x := r.known[p]; why[i] == "" && !meets(r.f.registry.require, x.Verdict) {
				why[i] = p.New + ": " + x.Verdict.String() + after(x.Detail)
				r.refused[p.New] = true
			}
		}
	}
	return why
}

func after(detail string) string {
	if detail == "" {
		return ""
	}
	return ", " + detail
}

// withTags returns the whole references of the files that have a name.
func (r *required) withTags(ctx context.Context, name string) []registry.Pair {
	if !r.paths {
		return nil
	}
	if r.tagged == nil {
		r.tagged = map[string][]registry.Pair{}
		v := newInventory(r.set, r.bar)
		if err := v.AddFiles(ctx); err != nil {
			return nil // interrupted, which the plan says
		}
		for _, m := range inventory.Old(v.Images()) {
			if ref, err := image.Parse(m.New); err == nil && (ref.Tag != "" || ref.Digest != "") {
				n := strings.TrimSuffix(strings.TrimSuffix(m.New, "@"+ref.Digest), ":"+ref.Tag)
				r.tagged[n] = append(r.tagged[n], registry.Pair{Old: m.Ref, New: m.New})
			}
		}
	}
	return r.tagged[name]
}

// images writes into the plan what registries said.
func (r *required) images(p *rewrite.Plan) {
	if r == nil {
		return
	}
	l := &wishList{}
	for pair := range r.known {
		l.add(pair.Old, pair.New, "", "")
	}
	for _, w := range l.sorted() {
		x := r.known[w.Pair]
		if v, ok := verdictOf(x.Verdict); ok {
			p.Images = append(p.Images, rewrite.Image{
				Old: x.Old, New: x.New, Verdict: v, OldDigest: x.OldDigest, NewDigest: x.NewDigest, Detail: x.Detail,
			})
		}
	}
}

// verdictOf is the verdict of a plan; what was skipped has none.
func verdictOf(v registry.Verdict) (rewrite.Verdict, bool) {
	switch v {
	case registry.Same:
		return rewrite.Same, true
	case registry.Exists:
		return rewrite.Exists, true
	case registry.Different:
		return rewrite.Different, true
	case registry.Missing:
		return rewrite.Missing, true
	case registry.Unreachable:
		return rewrite.Unreachable, true
	}
	return 0, false
}

// outcome is the exit code of what was refused.
func (r *required) outcome() error {
	if r == nil || len(r.refused) == 0 {
		return nil
	}
	return &exit{exitLeft, errors.New("--require " + r.f.registry.require + ": " + counted(len(r.refused), "image") + some(len(r.refused), " is", " are") +
		" not as required; what names " + some(len(r.refused), "it", "them") + " stays as it is")}
}

func some(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
