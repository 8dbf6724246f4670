package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/registry"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

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
	untold  map[string]string          // new name -> why a tag of it is not known
	unasked map[registry.Pair]string   // what nobody asked about, and why
	refused map[string]bool            // new references that were refused
	silent  string                     // one of these whose registry does not answer, the first by name
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
	r := &required{f: f, set: set, client: client, bar: bar, paths: paths, known: map[registry.Pair]registry.Result{}, unasked: map[registry.Pair]string{}, refused: map[string]bool{}}
	set.options.Unavailable = r.refuse
	return r, nil
}

// refuse is a rewrite.Options.Refuse. A name whose tag stands elsewhere is
// refused if any image of that name is.
func (r *required) refuse(ctx context.Context, moves []rewrite.RefChange) []string {
	pairs := make([][]registry.Pair, len(moves))
	var ask []registry.Pair
	for i, m := range moves {
		p := registry.Pair{Old: m.Old, New: m.New}
		pairs[i] = []registry.Pair{p}
		part := partOf(m.New, m.ToPrefix, m.Field)
		if part != "" || nameOf(m.New) == m.New {
			found, why := r.withTags(ctx, m.New)
			if part != "" || len(found) > 0 || why != "" {
				pairs[i] = found
			}
			if why != "" || part != "" && len(found) == 0 {
				r.unasked[p] = cmp.Or(why, part)
			}
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
	r.refused, r.silent = map[string]bool{}, ""
	for i := range moves {
		for _, p := range pairs[i] {
			x := r.known[p]
			if meets(r.f.registry.require, x.Verdict) {
				continue
			}
			r.refused[p.New] = true
			if x.Verdict == registry.Unreachable && (r.silent == "" || p.New < r.silent) {
				r.silent = p.New
			}
			if why[i] == "" {
				why[i] = p.New + ": " + x.Verdict.String() + after(x.Detail)
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

// withTags returns the whole references of the files that have a name, and why
// there is none where its tag is not known.
func (r *required) withTags(ctx context.Context, name string) (found []registry.Pair, why string) {
	if !r.paths {
		return nil, ""
	}
	if r.tagged == nil {
		r.tagged, r.untold = map[string][]registry.Pair{}, map[string]string{}
		v := newInventory(r.set, r.bar)
		c, err := compose(ctx, v, r.f, r.set, r.bar, false)
		if err != nil {
			return nil, err.Error() // interrupted, which the plan says too
		}
		l := &wishList{}
		l.inventory(v.Images(), c, false, false)
		for _, w := range l.sorted() {
			if w.part != "" {
				r.untold[w.New] = w.part
			} else {
				n := nameOf(w.New)
				r.tagged[n] = append(r.tagged[n], w.Pair)
			}
		}
	}
	return r.tagged[name], r.untold[name]
}

// nameOf is a reference without its tag and digest.
func nameOf(text string) string {
	ref, err := image.Parse(text)
	if err != nil {
		return text
	}
	text = strings.TrimSuffix(text, "@"+ref.Digest)
	return strings.TrimSuffix(text, ":"+ref.Tag)
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
	for pair, why := range r.unasked {
		l.add(pair.Old, pair.New, "", why)
	}
	for _, w := range l.sorted() {
		x := r.known[w.Pair]
		if w.part != "" {
			x = registry.Result{Pair: w.Pair, Verdict: registry.Skipped, Detail: w.part}
		}
		p.RegistryResults = append(p.RegistryResults, rewrite.RegistryResult{
			Old: x.Old, New: x.New, Verdict: verdictOf(x.Verdict), OldDigest: x.OldDigest, NewDigest: x.NewDigest, Detail: x.Detail,
		})
	}
}

// verdictOf is the verdict of a plan.
func verdictOf(v registry.Verdict) rewrite.Verdict {
	return map[registry.Verdict]rewrite.Verdict{
		registry.Same: rewrite.Same, registry.Exists: rewrite.Exists, registry.Different: rewrite.Different,
		registry.Missing: rewrite.Missing, registry.Skipped: rewrite.Skipped, registry.Unreachable: rewrite.Unreachable,
	}[v]
}

// outcome is the exit code of what was refused.
func (r *required) outcome() error {
	if r == nil || len(r.refused) == 0 {
		return nil
	}
	hint := ""
	if r.silent != "" && !r.f.registry.offline {
		hint = "\n  regmigrate registry ping " + registryOf(r.silent) + " says what is in the way"
	}
	return left(errors.New("--require " + r.f.registry.require + ": " + counted(len(r.refused), "image") + some(len(r.refused), " is", " are") +
		" not as required; what names " + some(len(r.refused), "it", "them") + " stays as it is" + hint))
}

func some(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
