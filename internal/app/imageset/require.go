package imageset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/registry"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// A Requirement asks registries about what would move, and refuses what is not as
// it is required.
type Requirement struct {
	f           *session.Flags
	set         *session.Session
	client      *registry.Client
	bar         *session.Progress
	hasFiles    bool // there are files, whose inventory knows the tags
	known       map[registry.Pair]registry.Result
	tagged      map[string][]registry.Pair // new name without a tag -> whole references
	unknownTags map[string]string          // new name -> why a tag of it is not known
	skipped     map[registry.Pair]string   // what nobody asked about, and why
	rejected    map[string]bool            // new references that were refused
	unreachable string                     // one of these whose registry does not answer, the first by name
}

// Require lets what set plans ask registries, if that was asked for; nil if
// not. Paths says that it plans files.
func Require(f *session.Flags, set *session.Session, bar *session.Progress, paths bool) (*Requirement, error) {
	if f.Registry.Require == "" {
		return nil, nil
	}
	client, err := f.Registry.NewClient()
	if err != nil {
		return nil, err
	}
	r := &Requirement{f: f, set: set, client: client, bar: bar, hasFiles: paths, known: map[registry.Pair]registry.Result{}, skipped: map[registry.Pair]string{}, rejected: map[string]bool{}}
	set.Rewrite.Unavailable = r.reject
	return r, nil
}

// reject is a rewrite.Options.Refuse. A name whose tag stands elsewhere is
// refused if any image of that name is.
func (r *Requirement) reject(ctx context.Context, moves []rewrite.RefChange) []string {
	pairs := make([][]registry.Pair, len(moves))
	var ask []registry.Pair
	for i, m := range moves {
		p := registry.Pair{Old: m.Old, New: m.New}
		pairs[i] = []registry.Pair{p}
		part := incompleteReason(m.New, m.ToPrefix, m.Field)
		if part != "" || nameOf(m.New) == m.New {
			found, why := r.withTags(ctx, m.New)
			if part != "" || len(found) > 0 || why != "" {
				pairs[i] = found
			}
			if why != "" || part != "" && len(found) == 0 {
				r.skipped[p] = cmp.Or(why, part)
			}
		}
		for _, p := range pairs[i] {
			if _, known := r.known[p]; !known {
				r.known[p] = registry.Result{Pair: p}
				ask = append(ask, p)
			}
		}
	}
	for _, x := range r.client.Check(ctx, ask, func(done int) { r.bar.Show(fmt.Sprintf("%d of %d images asked about", done, len(ask))) }) {
		r.known[x.Pair] = x
	}
	r.bar.Clear()
	why := make([]string, len(moves))
	r.rejected, r.unreachable = map[string]bool{}, ""
	for i := range moves {
		for _, p := range pairs[i] {
			x := r.known[p]
			if session.Meets(r.f.Registry.Require, x.Verdict) {
				continue
			}
			r.rejected[p.New] = true
			if x.Verdict == registry.Unreachable && (r.unreachable == "" || p.New < r.unreachable) {
				r.unreachable = p.New
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
func (r *Requirement) withTags(ctx context.Context, name string) (found []registry.Pair, why string) {
	if !r.hasFiles {
		return nil, ""
	}
	if r.tagged == nil {
		r.tagged, r.unknownTags = map[string][]registry.Pair{}, map[string]string{}
		v := NewInventory(r.set, r.bar)
		c, err := newResolver(ctx, v, r.f, r.set, r.bar, false)
		if err != nil {
			return nil, err.Error() // interrupted, which the plan says too
		}
		l := &Set{}
		l.addInventory(v.Images(), c, false, false)
		for _, w := range l.sorted() {
			if w.SkipReason != "" {
				r.unknownTags[w.New] = w.SkipReason
			} else {
				n := nameOf(w.New)
				r.tagged[n] = append(r.tagged[n], w.Pair)
			}
		}
	}
	return r.tagged[name], r.unknownTags[name]
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

// AddImages writes into the plan what registries said.
func (r *Requirement) AddImages(p *rewrite.Plan) {
	if r == nil {
		return
	}
	l := &Set{}
	for pair := range r.known {
		l.add(pair.Old, pair.New, "", "")
	}
	for pair, why := range r.skipped {
		l.add(pair.Old, pair.New, "", why)
	}
	for _, w := range l.sorted() {
		x := r.known[w.Pair]
		if w.SkipReason != "" {
			x = registry.Result{Pair: w.Pair, Verdict: registry.Skipped, Detail: w.SkipReason}
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

// Err is the exit code of what was refused.
func (r *Requirement) Err() error {
	if r == nil || len(r.rejected) == 0 {
		return nil
	}
	hint := ""
	if r.unreachable != "" && !r.f.Registry.Offline {
		hint = "\n  regmigrate registry ping " + session.RegistryOf(r.unreachable) + " says what is in the way"
	}
	return session.Left(errors.New("--require " + r.f.Registry.Require + ": " + session.Plural(len(r.rejected), "image") + choose(len(r.rejected), " is", " are") +
		" not as required; what names " + choose(len(r.rejected), "it", "them") + " stays as it is" + hint))
}

func choose(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
