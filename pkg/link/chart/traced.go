package chart

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// linkTraced returns the groups of the rendered references: those that move, and
// those that share a value with them.
func (c *chart) linkTraced(printed *printedRefs, move link.MoveFunc) []link.Group {
	x := printed.of[c]
	t := c.groupTraced(x.all, printed.moving)
	c.addKeyNamed(t, printed.pieces, move)
	c.addAnnotations(t.groups)
	c.keepReused(t, printed, move)
	return slices.Concat(t.groups, x.doubled, x.kept, c.linkSharedValues(t, x.all, move), c.keepPrefixed(t, printed, move), c.keepUnshown(printed.pieces, move), c.keepUnproven(printed.pieces, move))
}

// printedRefs are the rendered references of all charts. Charts that use the same
// sub-chart share its values.
type printedRefs struct {
	of     map[*chart]*chartRefs
	pieces map[link.PieceID]bool // of all references
	moving map[link.PieceID]bool // of the references that move
}

// chartRefs are the rendered references of a chart.
type chartRefs struct {
	files   []string            // the values files that the chart can be rendered with, and values of tests
	all     []format.Occurrence // the references
	doubled []link.Group        // of references with two registries
	kept    []link.Group        // of values that stand for a registry
}

func newPrintedRefs(charts []*chart, move link.MoveFunc) *printedRefs {
	out := &printedRefs{map[*chart]*chartRefs{}, map[link.PieceID]bool{}, map[link.PieceID]bool{}}
	for _, c := range charts {
		if c.backstop != nil || len(c.refs) == 0 {
			continue
		}
		x := &chartRefs{files: append(append(c.valuesFileNames(c.refs), c.testFiles...), c.testNames...)}
		x.all, x.kept = c.splitPlaceholders(c.tracedOccurrences(x.files, move), move)
		x.all, x.doubled = splitDoubled(x.all, move)
		out.of[c] = x
		addPieces(out.pieces, x.all)
		addPieces(out.moving, slices.DeleteFunc(slices.Clone(x.all), func(o format.Occurrence) bool { return !move.Moves(&o) }))
	}
	return out
}

// splitPlaceholders returns the occurrences without those that are one word in a
// registry key and no official image, such as registry: test where the chart prints no
// name after it, and groups that keep these.
func (c *chart) splitPlaceholders(all []format.Occurrence, move link.MoveFunc) (out []format.Occurrence, kept []link.Group) {
	for i := range all {
		o := &all[i]
		key := o.Field(0)[strings.LastIndexByte(o.Field(0), '.')+1:]
		if len(o.Pieces) > 1 || o.Tail != "" || strings.Contains(o.Text(), "/") || !isPath(o.Text()) || !namesRegistry.MatchString(key) || !move.Moves(o) || c.isLikely(o) {
			out = append(out, *o)
			continue
		}
		kept = append(kept, link.Group{Occurrences: []format.Occurrence{*o}, Keep: format.DifferentName, Why: "the chart prints no name after this registry"})
	}
	return out, kept
}

// tracedGroups are groups of rendered references.
type tracedGroups struct {
	chart   string // folder of the chart
	groups  []link.Group
	groupOf map[link.PieceID]int // index of the group that has a piece
}

// has reports whether a group has the piece p.
func (t *tracedGroups) has(p *format.Piece) bool {
	_, ok := t.groupOf[link.IDOf(p)]
	return ok
}

// add adds o to the last group that has one of its pieces, or to a new group.
func (t *tracedGroups) add(o *format.Occurrence, why string) {
	at := len(t.groups)
	for k := range o.Pieces {
		if g, ok := t.groupOf[link.IDOf(&o.Pieces[k])]; ok {
			at = g
		}
	}
	if at == len(t.groups) {
		t.groups = append(t.groups, link.Group{Why: why, Chart: t.chart})
	}
	t.groups[at].Occurrences = append(t.groups[at].Occurrences, *o)
	for k := range o.Pieces {
		if !t.has(&o.Pieces[k]) {
			t.groupOf[link.IDOf(&o.Pieces[k])] = at
		}
	}
}

// groupTraced groups the occurrences that have one of the pieces moving.
func (c *chart) groupTraced(all []format.Occurrence, moving map[link.PieceID]bool) *tracedGroups {
	t := &tracedGroups{chart: c.dir, groupOf: map[link.PieceID]int{}}
	for i := range all {
		for k := range all[i].Pieces {
			if moving[link.IDOf(&all[i].Pieces[k])] {
				t.add(&all[i], "rendered by "+c.path(c.refs[0].Template))
				break
			}
		}
	}
	return t
}

// addPieces adds the pieces of occurrences to out.
func addPieces(out map[link.PieceID]bool, all []format.Occurrence) {
	for i := range all {
		for k := range all[i].Pieces {
			out[link.IDOf(&all[i].Pieces[k])] = true
		}
	}
}

// valuesFileNames returns the values files that the chart can be rendered with, as
// paths in the chart: "" for the defaults alone, those of refs, and those in the
// chart's folder.
func (c *chart) valuesFileNames(refs []link.TracedRef) []string {
	files := []string{""}
	seen := map[string]bool{"": true, "values.yaml": true}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			files = append(files, name)
		}
	}
	for i := range refs {
		add(refs[i].ValuesFile)
	}
	for i := range c.failures {
		add(c.failures[i].ValuesFile)
	}
	for _, name := range c.tree.NamesUnder(c.dir) {
		if path.Dir(name) == c.dir && IsValuesFile(name) {
			add(path.Base(name))
		}
	}
	return files
}

// tracedOccurrences returns the occurrences of the rendered references with each
// of the values files, without duplicates. Of those that only tests use, those
// that move count.
func (c *chart) tracedOccurrences(files []string, move link.MoveFunc) []format.Occurrence {
	var all []format.Occurrence
	seen := map[string]bool{}
	for i := range c.refs {
		for _, file := range files {
			o, ok := c.tracedOccurrence(&c.refs[i], file)
			if !ok {
				continue
			}
			if c.isTest(file) && !move.Moves(&o) { // a test may use any other name
				c.tested = append(c.tested, o)
				continue
			}
			id := identity(&o)
			if c.tree.ReadsTags {
				id += tagIdentity(&o)
			}
			if !seen[id] {
				seen[id] = true
				all = append(all, o)
			}
		}
	}
	return all
}

// isTest reports whether file is values that only test suites use.
func (c *chart) isTest(file string) bool {
	if v := c.tests[file]; v != nil {
		return !v.isDeployed
	}
	return slices.Contains(c.testFiles, file)
}

// identity returns a text that is equal for occurrences of the same pieces.
func identity(o *format.Occurrence) string {
	id := o.Tail
	for i := range o.Pieces {
		id += fmt.Sprintf("|%s:%d%s", o.Pieces[i].Path, o.Pieces[i].Span.Start, o.Pieces[i].Sep)
	}
	return id
}

// tracedOccurrence returns the occurrence of a rendered reference, with the
// values of file over those of the chart. It returns false if file has none of
// these values, if a value cannot be found in a file, if the reference begins
// with the text of a template, or if it may be another one: a part of it is
// missing, or its registry is implicit and only a tolerant rendering shows it. A
// reference with an implicit registry is then added to c.unproven.
func (c *chart) tracedOccurrence(ref *link.TracedRef, file string) (format.Occurrence, bool) {
	if ref.Incomplete && !isPath(ref.Ref) || ref.IsRegistry && (len(ref.Parts) != 1 || ref.Parts[0].Value == nil) {
		return format.Occurrence{}, false
	}
	if o, ok := c.shortText(ref); ok {
		return o, true
	}
	b := &refBuilder{chart: c, ref: ref, file: file, fromFile: file == ""}
	if len(ref.Parts) > 0 && ref.Parts[0].File != "" {
		if file != ref.ValuesFile && c.isTraced(file) {
			return format.Occurrence{}, false // the values of file may come before the text
		}
		b.fromFile = b.fromFile || file == ref.ValuesFile
	} else if ref.IsFallback {
		return format.Occurrence{}, false
	}
	b.occ.IsImage, b.occ.FoundByMark = !ref.IsRegistry, true
	if r, err := image.Parse(ref.Ref); err == nil && ref.ValuesFile == file {
		b.occ.Tag, b.occ.Digest = r.Tag, r.Digest
	}
	if !b.setTag() {
		return format.Occurrence{}, false
	}
	for i := range ref.Parts {
		add := b.addLiteral
		if ref.Parts[i].Value != nil {
			add = b.addValue
		}
		switch add(i) {
		case failed:
			return format.Occurrence{}, false
		case complete:
			return b.finish()
		}
	}
	return b.finish()
}

// A refBuilder makes an occurrence of the parts of a rendered reference.
type refBuilder struct {
	chart    *chart
	ref      *link.TracedRef
	file     string // the values file over the values of the chart
	fromFile bool   // a value is from file, or file is ""
	consumed int    // bytes of the part 1 that belong to the text of a template before it
	occ      format.Occurrence
}

// A buildState says what happens after a part was added.
type buildState uint8

const (
	incomplete buildState = iota // the next part follows
	complete                     // the remaining parts are not needed: a tag, a digest, text of a template
	failed                       // the reference has no occurrence
)

// addLiteral adds the part i, a text of a template.
func (b *refBuilder) addLiteral(i int) buildState {
	if i == 0 {
		return b.addTemplateText()
	}
	text := b.ref.Parts[i].Text
	if i == 1 {
		text = text[b.consumed:]
	}
	if text == "" {
		return incomplete
	}
	if tag := strings.IndexAny(text, ":@"); tag >= 0 && !strings.Contains(text[tag:], "/") {
		b.occ.Tail = text[:tag]
		return complete
	}
	isWhole := strings.HasPrefix(text, "/") && strings.HasSuffix(text, "/") // components between two pieces
	if i+1 == len(b.ref.Parts) || len(b.occ.Pieces) == 0 || !isWhole {
		b.occ.Tail = b.restOfPath(i)
		return complete
	}
	b.occ.Pieces[len(b.occ.Pieces)-1].Sep = text
	return incomplete
}

// addValue adds the part i, a value.
func (b *refBuilder) addValue(i int) buildState {
	part := &b.ref.Parts[i]
	piece, from, ok := b.chart.value(part.Value, b.file)
	if !ok || !part.Whole || piece.Text != part.Text && from == "" {
		if len(b.occ.Pieces) == 1 && b.occ.Pieces[0].Literal {
			b.occ.Tail = b.restOfPath(i) // the value does not change with the text before it
			return complete
		}
		return failed
	}
	b.fromFile = b.fromFile || from == b.file
	if n := len(b.occ.Pieces); n > 0 && !strings.HasSuffix(b.occ.Pieces[n-1].Sep, "/") && !strings.HasSuffix(b.occ.Pieces[n-1].Text, "/") {
		return complete // the value is a tag
	}
	switch {
	case i > 0:
		piece.Role = format.Repository
	case (len(b.ref.Parts) > 1 || b.ref.IsRegistry) && image.IsHost(strings.TrimSuffix(piece.Text, "/")): // alone, redis:7 is a name and a tag
		piece.Role = format.Registry
	}
	b.occ.Pieces = append(b.occ.Pieces, piece)
	return incomplete
}

// finish returns the occurrence; false if it has no pieces, or none from the
// values file.
func (b *refBuilder) finish() (format.Occurrence, bool) {
	o := b.occ
	if len(o.Pieces) == 0 || !b.fromFile {
		return format.Occurrence{}, false
	}
	if len(o.Pieces) > 1 && o.Pieces[0].Role == format.Whole {
		o.Pieces[0].Role = format.Registry // with a path
		if r, err := image.Parse(o.Text()); err == nil && r.Domain == "" {
			o.Pieces[0].Role = format.Repository // a namespace of Docker Hub
		}
	}
	o.Place.Field = o.Pieces[0].Field
	if r, err := image.Parse(o.Text()); b.ref.Tolerant && !b.ref.IsRegistry && (err != nil || r.Domain == "") {
		if err == nil && !b.chart.isTest(b.file) {
			b.chart.unproven = append(b.chart.unproven, o)
		}
		return format.Occurrence{}, false
	} else if b.ref.Incomplete {
		return format.Occurrence{}, false
	}
	return o, true
}
