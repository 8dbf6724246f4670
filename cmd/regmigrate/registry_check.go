package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/regmigrate/regmigrate/pkg/registry"
)

func CheckImages(ctx context.Context, s streams, f *flags, args []string) error {
	if err := f.registry.Validate(); err != nil {
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
	list, _, partial, err := Load(ctx, s, f, args, f.registry.all)
	if err != nil {
		return err
	}
	client, err := f.registry.NewClient()
	if err != nil {
		return err
	}
	all := checkAll(ctx, client, list, newProgress(s.err, f.quiet))
	if ctx.Err() != nil {
		return failed(errors.New("interrupted"))
	}
	if err := write(s.out, all, f, UseColor(f.color, s.out)); err != nil {
		return failed(fmt.Errorf("writing to standard output: %w", err))
	}
	if partial {
		return IncompleteError()
	}
	for _, c := range all {
		if !meets(f.registry.require, c.Verdict) {
			return left(nil)
		}
	}
	return nil
}

// A checkedImage is what registries say of a reference, and where it stands.
type checkedImage struct {
	registry.Result
	places []string
}

// checkAll asks about every reference that is a whole one.
func checkAll(ctx context.Context, c *registry.Client, list []*Image, bar *progress) []checkedImage {
	var pairs []registry.Pair
	var at []int
	out := make([]checkedImage, len(list))
	for i, w := range list {
		out[i].places = w.places
		out[i].Result = registry.Result{Pair: w.Pair, Verdict: registry.Skipped, Detail: w.SkipReason}
		if w.SkipReason == "" {
			pairs, at = append(pairs, w.Pair), append(at, i)
		}
	}
	defer bar.clear()
	for k, r := range c.Check(ctx, pairs, func(done int) { bar.Show(fmt.Sprintf("%d of %d images asked about", done, len(pairs))) }) {
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

func checkJSON(w io.Writer, all []checkedImage, _ *flags, _ bool) error {
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
