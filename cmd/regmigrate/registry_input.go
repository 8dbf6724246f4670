package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/registry"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// maxInput is how many bytes of standard input are read as references.
const maxInput = 256 << 20

// A wanted is a reference before and after, and where it stands.
type wanted struct {
	registry.Pair
	places []string // PATH:LINE, sorted; none for what was piped in
	part   string   // why it is no whole reference, "" when it is one
}

// A wish list gathers references, each pair once.
type wishList struct {
	all   []*wanted
	known map[registry.Pair]*wanted
}

func (l *wishList) add(old, new, place, part string) {
	p := registry.Pair{Old: old, New: new}
	w := l.known[p]
	if w == nil {
		if l.known == nil {
			l.known = map[registry.Pair]*wanted{}
		}
		w = &wanted{Pair: p, part: part}
		l.known[p], l.all = w, append(l.all, w)
	}
	if part == "" {
		w.part = "" // elsewhere it is whole
	}
	if place != "" {
		w.places = append(w.places, place)
	}
}

// sorted returns the list by new reference.
func (l *wishList) sorted() []*wanted {
	slices.SortStableFunc(l.all, func(a, b *wanted) int {
		return cmp.Or(strings.Compare(a.New, b.New), strings.Compare(a.Old, b.Old))
	})
	return l.all
}

// wantedOf reads what args name: a plan of files, or with - what is piped in.
// The presets in force are returned with it.
func wantedOf(ctx context.Context, s streams, f *flags, args []string) ([]*wanted, *setup, error) {
	l := &wishList{}
	if slices.Contains(args, "-") {
		if len(args) > 1 {
			return nil, nil, errors.New("- is standard input: expected as the only PATH\n  a file of that name is ./-")
		}
		set, err := prepare(f, nil, nil)
		if err != nil {
			return nil, nil, err
		}
		if err := l.read(s.in, set.options.Rules); err != nil {
			return nil, nil, fmt.Errorf("reading standard input: %w", err)
		}
		return l.sorted(), set, nil
	}
	set, err := prepare(f, args, nil)
	if err != nil {
		return nil, nil, err
	}
	plan, err := planOf(ctx, s, f, set)
	if err != nil {
		return nil, nil, err
	}
	l.plan(plan)
	return l.sorted(), set, nil
}

// planOf plans what would move, with charts rendered as the main command does.
func planOf(ctx context.Context, s streams, f *flags, set *setup) (*rewrite.Plan, error) {
	bar := newProgress(s.err, f.quiet)
	set.options.Progress = bar.files
	p, err := newProver(&f.render, 0, bar)
	if err != nil {
		return nil, err
	}
	defer p.close()
	if !f.noRender {
		set.options.Trace = p.trace(ctx, set.options.Walk.Root, set.options.Rules)
	}
	plan, err := rewrite.Make(ctx, set.options)
	bar.clear()
	if err != nil {
		return nil, stopped(ctx, err)
	}
	return plan, nil
}

// plan adds the references that would move.
func (l *wishList) plan(p *rewrite.Plan) {
	for i := range p.Files {
		file := &p.Files[i]
		for j := range file.Findings {
			if x := &file.Findings[j]; x.Status == rewrite.Rewritten && !x.Follows {
				l.add(x.Old, x.New, fmt.Sprintf("%s:%d", file.Path, x.Line), partOf(x.New, x.To, x.Place.Field))
			}
		}
	}
}

// partOf says why a text that moves is not a whole reference, "" when it is
// one. In a field such as `image` what has no tag is `latest`; elsewhere the
// tag stands beside it.
func partOf(text, to, field string) string {
	ref, err := image.Parse(text)
	switch {
	case text == to || image.IsHost(text):
		return "the name of a registry alone"
	case err == nil && ref.Tag == "" && ref.Digest == "" && field != "" && !strings.HasSuffix(field, "image"):
		return "its tag stands elsewhere"
	}
	return ""
}

// read adds what r has: the JSON of -o json, or lines `OLD NEW` or `REFERENCE`,
// of which the rules say what it becomes.
func (l *wishList) read(r io.Reader, set *rules.Set) error {
	src, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return err
	}
	if len(src) > maxInput {
		return fmt.Errorf("it is larger than %d MiB", maxInput>>20)
	}
	if text := bytes.TrimSpace(src); bytes.HasPrefix(text, []byte("{")) {
		return l.report(text)
	}
	lines := bufio.NewScanner(bytes.NewReader(src))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		switch f := strings.Fields(text); len(f) {
		case 0:
		case 1:
			l.reference(f[0], set)
		case 2:
			l.add(f[0], f[1], "", "")
		default:
			return fmt.Errorf("line %d: expected OLD NEW, or one reference", n)
		}
	}
	return lines.Err()
}

// reference adds what a reference becomes; one that no rule moves, as it is.
func (l *wishList) reference(text string, set *rules.Set) {
	if m, ok := set.Match(text, rules.ShortForm); ok && m.Keep == "" {
		l.add(text, m.New+text[m.Len:], "", "")
		return
	}
	l.add("", text, "", "")
}

// report adds the references of a JSON report that move.
func (l *wishList) report(src []byte) error {
	var r report.JSONReport
	if err := json.Unmarshal(src, &r); err != nil {
		return fmt.Errorf("as the JSON of -o json: %w", err)
	}
	if r.Files == nil {
		return errors.New("this JSON is no report of regmigrate -o json: it has no files")
	}
	to := map[string]string{}
	for _, x := range r.Rules {
		to[x.Name] = x.To
	}
	for _, file := range r.Files {
		for _, x := range file.Findings {
			if x.Status == rewrite.Rewritten.String() && !x.Follows {
				l.add(x.Old, x.New, fmt.Sprintf("%s:%d", file.Path, x.Line), partOf(x.New, to[x.Rule], x.Field))
			}
		}
	}
	return nil
}
