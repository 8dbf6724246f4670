package imageset

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/registry"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// A Requirement is the flag --require in a run: it queries registries for the
// references that would move, and rejects those that do not meet the flag.
type Requirement struct {
	Collector
	client    *registry.Client
	readFiles bool // the run plans files; an inventory of them completes names without a tag
	results   map[registry.Pair]registry.Result
	skipped   map[registry.Pair]string // not queried, with the reason

	completed   map[string][]registry.Pair // by new name without a tag; nil before the first use
	unknownTags map[string]string          // new name -> why its tag is not known

	// Of the last call of reject:
	rejected    map[string]bool // new references
	unreachable string          // the first rejected reference, by name, whose registry does not answer; "" for none
}

// Require makes the run of set query registries, if --require is set; otherwise
// it returns nil. The parameter readFiles says whether the run plans files.
func Require(f *session.Flags, set *session.Session, bar *session.Progress, readFiles bool) (*Requirement, error) {
	if f.Registry.Require == "" {
		return nil, nil
	}
	client, err := f.Registry.NewClient()
	if err != nil {
		return nil, err
	}
	r := &Requirement{
		Collector: Collector{f, set, bar}, client: client, readFiles: readFiles,
		results: map[registry.Pair]registry.Result{}, skipped: map[registry.Pair]string{},
	}
	set.Rewrite.Unavailable = r.reject
	return r, nil
}

// reject implements rewrite.Options.Unavailable. A name without a tag is rejected
// if one of its references is.
func (r *Requirement) reject(ctx context.Context, changes []rewrite.RefChange) []string {
	pairs := make([][]registry.Pair, len(changes))
	var queries []registry.Pair
	for i, c := range changes {
		pairs[i] = r.pairsOf(ctx, c)
		for _, p := range pairs[i] {
			if _, known := r.results[p]; !known {
				r.results[p] = registry.Result{Pair: p}
				queries = append(queries, p)
			}
		}
	}
	for _, x := range r.client.Check(ctx, queries, func(done int) { r.Progress.Show(fmt.Sprintf("%d of %d images checked", done, len(queries))) }) {
		r.results[x.Pair] = x
	}
	r.Progress.Clear()
	reasons := make([]string, len(changes))
	r.rejected, r.unreachable = map[string]bool{}, ""
	for i := range changes {
		for _, p := range pairs[i] {
			x := r.results[p]
			if session.Meets(r.Flags.Registry.Require, x.Verdict) {
				continue
			}
			r.rejected[p.New] = true
			if x.Verdict == registry.Unreachable && (r.unreachable == "" || p.New < r.unreachable) {
				r.unreachable = p.New
			}
			if reasons[i] == "" {
				reasons[i] = p.New + ": " + x.Verdict.String()
				if x.Detail != "" {
					reasons[i] += ", " + x.Detail
				}
			}
		}
	}
	return reasons
}

// pairsOf returns the references to query for a change. If a name cannot be
// completed, pairsOf records it as skipped.
func (r *Requirement) pairsOf(ctx context.Context, c rewrite.RefChange) []registry.Pair {
	pair := registry.Pair{Old: c.Old, New: c.New}
	incomplete := incompleteReason(c.New, c.ToPrefix, c.Field)
	if c.TagElsewhere {
		incomplete = tagUnknown
	}
	if incomplete == "" && trimTag(c.New) != c.New {
		return []registry.Pair{pair}
	}
	found, unknown := r.complete(ctx, c.New)
	if unknown != "" || incomplete != "" && len(found) == 0 {
		r.skipped[pair] = cmp.Or(unknown, incomplete)
	}
	if incomplete == "" && len(found) == 0 && unknown == "" {
		return []registry.Pair{pair} // the tag is latest
	}
	return found
}

// complete returns the references of the files that consist of the name and a tag
// or digest, or the reason why its tag is not known.
func (r *Requirement) complete(ctx context.Context, name string) (found []registry.Pair, unknown string) {
	if !r.readFiles {
		return nil, ""
	}
	if r.completed == nil {
		r.completed, r.unknownTags = map[string][]registry.Pair{}, map[string]string{}
		v := r.NewInventory()
		tags, err := r.resolveTags(ctx, v, false)
		if err != nil {
			return nil, err.Error() // interrupted; the plan reports it as well
		}
		l := &Set{}
		l.addInventory(v.Images(), tags, inventoryOptions{})
		for _, x := range l.sorted() {
			if x.SkipReason != "" {
				r.unknownTags[x.New] = x.SkipReason
			} else {
				n := trimTag(x.New)
				r.completed[n] = append(r.completed[n], x.Pair)
			}
		}
	}
	return r.completed[name], r.unknownTags[name]
}

// trimTag returns a reference without its tag and digest.
func trimTag(text string) string {
	ref, err := image.Parse(text)
	if err != nil {
		return text
	}
	text = strings.TrimSuffix(text, "@"+ref.Digest)
	return strings.TrimSuffix(text, ":"+ref.Tag)
}

// AddImages adds the results of the queries to the plan.
func (r *Requirement) AddImages(p *rewrite.Plan) {
	if r == nil {
		return
	}
	l := &Set{}
	for pair := range r.results {
		l.add(pair.Old, pair.New, "", "")
	}
	for pair, reason := range r.skipped {
		l.add(pair.Old, pair.New, "", reason)
	}
	for _, w := range l.sorted() {
		x := r.results[w.Pair]
		if w.SkipReason != "" {
			x = registry.Result{Pair: w.Pair, Verdict: registry.Skipped, Detail: w.SkipReason}
		}
		p.RegistryResults = append(p.RegistryResults, rewrite.RegistryResult{
			Old: x.Old, New: x.New, Verdict: verdictOf(x.Verdict), OldDigest: x.OldDigest, NewDigest: x.NewDigest, Detail: x.Detail,
		})
	}
}

// verdictOf converts a verdict to the type of a plan.
func verdictOf(v registry.Verdict) rewrite.Verdict {
	return map[registry.Verdict]rewrite.Verdict{
		registry.Same: rewrite.Same, registry.Exists: rewrite.Exists, registry.Different: rewrite.Different,
		registry.Missing: rewrite.Missing, registry.Skipped: rewrite.Skipped, registry.Unreachable: rewrite.Unreachable,
	}[v]
}

// Err returns an error with exit code 1 if references were rejected.
func (r *Requirement) Err() error {
	if r == nil || len(r.rejected) == 0 {
		return nil
	}
	outcome := "1 image does not meet the requirement; references to it are not changed"
	if n := len(r.rejected); n > 1 {
		outcome = fmt.Sprintf("%d images do not meet the requirement; references to them are not changed", n)
	}
	hint := ""
	if r.unreachable != "" && !r.Flags.Registry.Offline {
		hint = "\n  regmigrate registry ping " + session.RegistryOf(r.unreachable) + " shows the cause"
	}
	return session.Left(fmt.Errorf("--require %s: %s%s", r.Flags.Registry.Require, outcome, hint))
}
