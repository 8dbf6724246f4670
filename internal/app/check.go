package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// CheckImages runs the command registry check.
func CheckImages(ctx context.Context, s session.Streams, f *session.Flags, args []string) error {
	if err := f.Registry.Validate(); err != nil {
		return err
	}
	if err := checkSuggestFile(f); err != nil {
		return err
	}
	write := checkText
	switch f.Output {
	case "json":
		write = checkJSON
	case "text":
	default:
		return fmt.Errorf("--output %q: expected text or json", f.Output)
	}
	list, set, partial, err := imageset.Load(ctx, s, f, args, f.Registry.All)
	if err != nil {
		return err
	}
	client, err := f.Registry.NewClient()
	if err != nil {
		return err
	}
	all := checkAll(ctx, client, list, session.NewProgress(s.Err, f.Quiet))
	if ctx.Err() != nil {
		return session.Failed(errors.New("interrupted"))
	}
	if err := write(s.Out, all, f, session.UseColor(f.Color, s.Out)); err != nil {
		return session.Failed(fmt.Errorf("writing to standard output: %w", err))
	}
	if f.Registry.Suggest != "" {
		x := suggestRun{s, f, client, set.Rewrite.Rules.Rules()}
		if err := x.write(ctx, all); err != nil {
			return err
		}
	}
	if partial {
		return imageset.IncompleteError()
	}
	for _, c := range all {
		if !session.Meets(f.Registry.Require, c.Verdict) {
			return session.Left(nil)
		}
	}
	return nil
}

// A checkedImage is a reference with its places and the result of the queries.
type checkedImage struct {
	registry.Result
	places     []string
	isArtifact bool // it is not an image
}

// checkAll queries registries for the references of list that are complete.
func checkAll(ctx context.Context, c *registry.Client, list []*imageset.Image, bar *session.Progress) []checkedImage {
	var pairs []registry.Pair
	var index []int // of pairs, in out
	out := make([]checkedImage, len(list))
	for i, w := range list {
		out[i].places, out[i].isArtifact = w.Places, w.IsArtifact
		out[i].Result = registry.Result{Pair: w.Pair, Verdict: registry.Skipped, Detail: w.SkipReason}
		if w.SkipReason == "" {
			pairs, index = append(pairs, w.Pair), append(index, i)
		}
	}
	defer bar.Clear()
	for k, r := range c.Check(ctx, pairs, func(done int) { bar.Show(fmt.Sprintf("%d of %d images checked", done, len(pairs))) }) {
		out[index[k]].Result = r
	}
	return out
}

// The JSON of registry check. Lists are never null; unknown values are omitted.
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

func checkJSON(w io.Writer, all []checkedImage, _ *session.Flags, _ bool) error {
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
