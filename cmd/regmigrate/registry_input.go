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
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/inventory"
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

// wantedOf reads what args name: the references of files, or with - what is
// piped in. Those that no rule moves are there only if all is asked for; they
// have no old name. What could not be read is said on standard error, and makes
// the list partial; an error has its exit code.
func wantedOf(ctx context.Context, s streams, f *flags, args []string, all bool) (list []*wanted, set *setup, partial bool, err error) {
	l := &wishList{}
	if slices.Contains(args, "-") {
		if len(args) > 1 {
			return nil, nil, false, errors.New("- is standard input: expected as the only PATH\n  a file of that name is ./-")
		}
		if set, err = prepare(f, nil, nil); err != nil {
			return nil, nil, false, err
		}
		if partial, err = l.read(ctx, s, set, all); err != nil {
			return nil, nil, false, fmt.Errorf("reading standard input: %w", err)
		}
		return l.sorted(), set, partial, nil
	}
	if set, err = prepare(f, args, nil); err != nil {
		return nil, nil, false, err
	}
	bar := newProgress(s.err, f.quiet)
	v := newInventory(set, bar)
	err = v.AddFiles(ctx)
	bar.clear()
	if err != nil {
		return nil, nil, false, stopped(ctx, err)
	}
	l.inventory(v, all)
	return l.sorted(), set, incomplete(v), tellProblems(s, v)
}

// tellProblems says on standard error what of an inventory could not be read.
func tellProblems(s streams, v *inventory.Inventory) error {
	problems := bufio.NewWriter(s.err)
	report.InventoryProblems(problems, v)
	return problems.Flush()
}

// unread is the outcome of a run that did all but what it could not read.
func unread() error {
	return &exit{exitFailed, errors.New("not all could be read, so that images may be missing here")}
}

func newInventory(set *setup, bar *progress) *inventory.Inventory {
	o := &set.options
	return inventory.New(inventory.Options{Rules: o.Rules, Walk: o.Walk, Fields: o.Fields, Scopes: o.Scopes, Progress: bar.files})
}

// inventory adds the references of an inventory.
func (l *wishList) inventory(v *inventory.Inventory, all bool) {
	for _, m := range v.Images() {
		old, new := m.Ref, m.New
		switch {
		case new == "" && !all:
			continue
		case new == "":
			old, new = "", m.Ref
		}
		for _, u := range m.Uses {
			place := ""
			if u.Via == inventory.File {
				place = fmt.Sprintf("%s:%d", u.Path, u.Line)
			} else if u.Object != "" {
				place = u.Object
			}
			l.add(old, new, place, partOf(new, "", u.Field))
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

// read adds what r has: the JSON of -o json, objects of a cluster, or lines
// `OLD NEW` or `REFERENCE`, of which the rules say what it becomes.
func (l *wishList) read(ctx context.Context, s streams, set *setup, all bool) (partial bool, err error) {
	src, err := io.ReadAll(io.LimitReader(s.in, maxInput+1))
	if err != nil {
		return false, err
	}
	if len(src) > maxInput {
		return false, fmt.Errorf("it is larger than %d MiB", maxInput>>20)
	}
	text := bytes.TrimSpace(src)
	if l.report(text) {
		return false, nil
	}
	// Nothing at all is no cluster without images: the program before failed.
	if len(text) == 0 || text[0] == '{' || object.Match(text) {
		v := newInventory(set, newProgress(nil, true))
		if err := v.AddObjects(ctx, bytes.NewReader(src)); err != nil {
			return false, err
		}
		l.inventory(v, all)
		return incomplete(v), tellProblems(s, v)
	}
	lines := bufio.NewScanner(bytes.NewReader(src))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		switch f := strings.Fields(text); len(f) {
		case 0:
		case 1:
			l.reference(f[0], set.options.Rules)
		case 2:
			l.add(f[0], f[1], "", "")
		default:
			return false, fmt.Errorf("line %d: expected OLD NEW, or one reference", n)
		}
	}
	return false, lines.Err()
}

// object matches what begins as objects of a cluster in YAML do.
var object = regexp.MustCompile(`\A(---|[a-zA-Z]+:(\s|$))`)

// reference adds what a reference becomes; one that no rule moves, as it is.
func (l *wishList) reference(text string, set *rules.Set) {
	if m, ok := set.Match(text, rules.ShortForm); ok && m.Keep == "" {
		l.add(text, m.New+text[m.Len:], "", "")
		return
	}
	l.add("", text, "", "")
}

// report adds the references that move of a JSON report; false if src is none.
func (l *wishList) report(src []byte) bool {
	var r report.JSONReport
	if !bytes.HasPrefix(src, []byte("{")) {
		return false
	}
	// What is cut short, or one object after another, is for who reads objects.
	if err := json.Unmarshal(src, &r); err != nil || r.Version == 0 || r.Files == nil {
		return false
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
	return true
}
