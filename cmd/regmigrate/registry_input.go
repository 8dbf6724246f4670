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
	part   string   // why it is not asked about, "" when it is
}

// A wish list gathers references, each pair once: those that are asked about,
// and for each reason those that are not.
type wishList struct {
	all   []*wanted
	known map[wish]*wanted
}

type wish struct {
	registry.Pair
	part string
}

func (l *wishList) add(old, new, place, part string) {
	key := wish{registry.Pair{Old: old, New: new}, part}
	w := l.known[key]
	if w == nil {
		if l.known == nil {
			l.known = map[wish]*wanted{}
		}
		w = &wanted{Pair: key.Pair, part: part}
		l.known[key], l.all = w, append(l.all, w)
	}
	if place != "" && (len(w.places) == 0 || w.places[len(w.places)-1] != place) {
		w.places = append(w.places, place)
	}
}

// sorted returns the list by new reference.
func (l *wishList) sorted() []*wanted {
	slices.SortStableFunc(l.all, func(a, b *wanted) int {
		return cmp.Or(strings.Compare(a.New, b.New), strings.Compare(a.Old, b.Old), strings.Compare(a.part, b.part))
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
	c, err := compose(ctx, v, f, set, bar, f.wholly)
	bar.clear()
	if err != nil {
		return nil, nil, false, stopped(ctx, err)
	}
	l.inventory(v.Images(), c, all, f.wholly)
	if !f.wholly {
		v.Unrendered = nil // what of them matters is said with the names
	}
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

// inventory adds the references of an inventory. Of what is printed, only what
// a name stands for whose tag stands elsewhere, unless wholly is set.
func (l *wishList) inventory(images []inventory.Image, c *composer, all, wholly bool) {
	add := func(m *inventory.Image, place, part string) {
		switch {
		case m.New != "":
			l.add(m.Ref, m.New, place, part)
		case all:
			l.add("", m.Ref, place, part)
		}
	}
	for i := range images {
		m := &images[i]
		for k := range m.Uses {
			u := &m.Uses[k]
			if isRendered(*u) && !wholly {
				continue
			}
			place := u.Object
			if u.Via == inventory.File {
				place = fmt.Sprintf("%s:%d", u.Path, u.Line)
			} else if isRendered(*u) {
				place = u.Path + " (rendered)"
			}
			part := c.partOf(m, u)
			if part != elsewhere {
				add(m, place, part)
				continue
			}
			whole, why := c.whole(m, u.Path)
			for j := range whole {
				add(&whole[j], place, "")
			}
			if why != "" {
				add(m, place, why)
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
		return elsewhere
	}
	return ""
}

// read adds what standard input has: the JSON of images or of a plan, objects of
// a cluster, or lines `OLD NEW` or `REFERENCE`, of which the rules say what it
// becomes.
func (l *wishList) read(ctx context.Context, s streams, set *setup, all bool) (partial bool, err error) {
	in := bufio.NewReaderSize(s.in, 64<<10)
	head, err := in.Peek(4 << 10)
	if err != nil && err != io.EOF {
		return false, err
	}
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\uFEFF")))
	switch {
	case ours.Match(head):
		return l.json(in, s, all)
	// Nothing at all is no cluster without images: the program before failed.
	case len(head) == 0 || head[0] == '{' || head[0] == '[' || object.Match(head):
		v := newInventory(set, newProgress(nil, true))
		if err := v.AddObjects(ctx, in); err != nil {
			return false, err
		}
		l.inventory(v.Images(), newComposer(v, homes{}), all, true)
		return incomplete(v), tellProblems(s, v)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		switch f := strings.Fields(strings.TrimPrefix(text, "\uFEFF")); len(f) {
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

// ours matches what begins as the JSON of this program does.
var ours = regexp.MustCompile(`\A\{\s*"version":\s*\d`)

// json adds what the JSON of images or of a plan says, whose rules stand.
func (l *wishList) json(r io.Reader, s streams, all bool) (partial bool, err error) {
	src, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return false, err
	}
	if len(src) > maxInput {
		return false, fmt.Errorf("it is larger than %d MiB", maxInput>>20)
	}
	var is struct {
		Version int
		Images  *json.RawMessage
		Files   *json.RawMessage
	}
	if err := json.Unmarshal(src, &is); err != nil {
		return false, fmt.Errorf("the JSON of a plan or of images: %w", err)
	}
	switch {
	case is.Version != 1:
		return false, fmt.Errorf("its version is %d, and this program reads version 1: use the same regmigrate for both", is.Version)
	case is.Files != nil:
		return false, l.plan(src)
	case is.Images != nil:
		return l.listed(src, s, all)
	}
	return false, errors.New("it is neither a plan (regmigrate -o json) nor an inventory (regmigrate images -o json)")
}

// listed adds what an inventory in JSON has.
func (l *wishList) listed(src []byte, s streams, all bool) (partial bool, err error) {
	var r report.JSONInventory
	if err := json.Unmarshal(src, &r); err != nil {
		return false, fmt.Errorf("the JSON of images: %w", err)
	}
	images, v := r.Inventory()
	c := &composer{all: homesIn(images)}
	c.keep(images, v.Unrendered)
	l.inventory(images, c, all, true)
	return incomplete(v), tellProblems(s, v)
}

// homesIn are the folders that images were printed from.
func homesIn(images []inventory.Image) homes {
	var out homes
	for _, m := range images {
		for _, u := range m.Uses {
			if !isRendered(u) {
				continue
			}
			if chart, _, ok := strings.Cut("/"+u.Path, "/templates/"); ok {
				out.charts = append(out.charts, cmp.Or(strings.TrimPrefix(chart, "/"), "."))
				if i := strings.LastIndex(chart, "/charts/"); i > 0 { // a chart's own, or a folder of charts
					out.charts = append(out.charts, chart[1:i])
				}
			} else {
				out.layers = append(out.layers, u.Path)
			}
		}
	}
	return homes{unique(out.charts), unique(out.layers)}
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

// plan adds the references that move of a plan in JSON.
func (l *wishList) plan(src []byte) error {
	var r report.JSONReport
	if err := json.Unmarshal(src, &r); err != nil {
		return fmt.Errorf("the JSON of a plan: %w", err)
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
