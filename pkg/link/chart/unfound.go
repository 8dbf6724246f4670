package chart

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// keepUnfound keeps the short names that the chart prints as images and that no file
// shows to be one: a helper is the name, or an action joins several texts. Where a
// template or a values file has such a name as a word, it is a likely image. A name that
// no file has is a conflict where the chart prints it, unless only a rendering without what
// is missing shows it: then a registry may be missing. The parameter groups has the
// other groups of the chart, and printed the references of all charts.
func (c *chart) keepUnfound(groups []link.Group, printed *printedRefs, move link.MoveFunc) []link.Group {
	refs := c.unfound(groups, printed.of[c], move)
	if len(refs) == 0 {
		return nil
	}
	var out []link.Group
	isFound := map[string]bool{}
	for _, name := range c.textFiles() {
		f := c.tree.File(name)
		if f == nil {
			continue
		}
		for _, o := range namesIn(f, refs) {
			key := normalName(o.Text())
			isFound[key] = true
			out = append(out, link.Group{
				Occurrences: []format.Occurrence{o}, Keep: format.LikelyImage,
				Why: c.whyPrinted(refs[key]),
			})
		}
	}
	places := map[string]printedPlace{} // by template
	for _, key := range slices.Sorted(maps.Keys(refs)) {
		ref := refs[key]
		if isFound[key] || ref.Tolerant || ref.Incomplete {
			continue
		}
		place, ok := places[ref.Template]
		if !ok {
			place = c.placeOf(ref.Template)
			places[ref.Template] = place
		}
		if place.path != "" {
			o := shortOccurrence(ref.Ref)
			o.Pieces[0].Path, o.Pieces[0].Span = place.path, place.span
			out = append(out, link.Group{Occurrences: []format.Occurrence{o}, Keep: format.Conflict, Why: place.printer + " prints " + ref.Ref + ", and " + place.texts + " is this name"})
		}
	}
	return out
}

// whyPrinted says where the chart prints a name, and with which certainty.
func (c *chart) whyPrinted(ref *link.TracedRef) string {
	if ref.Tolerant {
		return "the chart does not render; without what is missing, " + c.path(ref.Template) + " prints an image of this name"
	}
	return c.path(ref.Template) + " prints an image of this name"
}

// unfound returns the rendered references that are short names which a rule selects, and
// which no occurrence of the chart or finding in a packed sub-chart explains, by their
// normal names.
func (c *chart) unfound(groups []link.Group, traced *chartRefs, move link.MoveFunc) map[string]*link.TracedRef {
	refs := c.printedNames(move)
	if len(refs) == 0 {
		return nil
	}
	index := c.newNameIndex(refs)
	explain := func(o *format.Occurrence) {
		delete(refs, normalName(o.Text()))
		if f := c.tree.File(o.Pieces[0].Path); f != nil && !o.Unconfirmed && isTemplate(f.Path) {
			if p, ok := patternOf(f, o); ok {
				index.printed(p, func(key string) { delete(refs, key) })
			}
		}
	}
	if traced != nil {
		for i := range traced.all { // also those of groups that are kept
			explain(&traced.all[i])
		}
	}
	for i := range groups {
		for j := range groups[i].Occurrences {
			explain(&groups[i].Occurrences[j])
		}
	}
	for _, f := range c.files() {
		for i := range f.Scanned.Occurrences {
			if o := &f.Scanned.Occurrences[i]; !o.Unconfirmed || o.LikelyImage && c.isLikely(o) {
				explain(o)
			}
		}
	}
	for archive, found := range c.tree.PackedRefs {
		if isBelow(archive, c.path("charts")) {
			for _, text := range found {
				delete(refs, normalName(text))
			}
		}
	}
	return refs
}

// printedNames returns the rendered references that are short names which a rule selects,
// by their normal names.
func (c *chart) printedNames(move link.MoveFunc) map[string]*link.TracedRef {
	refs := map[string]*link.TracedRef{}
	for i := range c.refs {
		ref := &c.refs[i]
		r, err := image.Parse(ref.Ref)
		if err != nil || r.Domain != "" || ref.IsRegistry || ref.IsFallback || ref.Tolerant && !strings.Contains(r.Path, "/") {
			continue
		}
		key, o := normalName(ref.Ref), shortOccurrence(ref.Ref)
		if known := refs[key]; move.Moves(&o) && (known == nil || known.Tolerant) {
			refs[key] = ref
		}
	}
	return refs
}

// shortOccurrence returns an occurrence of the short name text, which is an image.
func shortOccurrence(text string) format.Occurrence {
	o := format.Occurrence{IsImage: true, Pieces: []format.Piece{{Text: text}}}
	if r, err := image.Parse(text); err == nil {
		o.Tag, o.Digest = r.Tag, r.Digest
	}
	return o
}

// normalName returns the registry and the repository of a reference, as a client
// completes them. Text that is no reference is returned as it is.
func normalName(text string) string {
	r, err := image.Parse(text)
	if err != nil {
		return text
	}
	registry, repository := image.Normalize(r.Domain, r.Path)
	return registry + "/" + repository
}

// textFiles returns the paths of the templates and the values files of the chart and
// of its sub-charts.
func (c *chart) textFiles() []string {
	var out []string
	for _, dir := range slices.Concat([]string{c.dir}, slices.Sorted(maps.Values(c.outside))) {
		for _, name := range c.tree.NamesUnder(dir) {
			if isTemplate(name) || IsValuesFile(name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var (
	// nameWord matches a word that may be a short name, with its tag or digest.
	nameWord = regexp.MustCompile(`[a-z0-9][a-z0-9._/-]*(?::\w[\w.-]*)?(?:@sha256:[0-9a-f]{64})?`)

	templateComment = regexp.MustCompile(`(?s)\{\{-?\s*/\*.*?\*/\s*-?\}\}|(?:^|[\s])#[^\n]*`)

	// imageAction matches a line whose key names an image and whose value has an action.
	// Group 1 is the key.
	imageAction = regexp.MustCompile(`(?m)^[ \t-]*["']?(\w*[iI]mage)["']?:[ \t]+.*\{\{`)
)

// namesIn returns the words of the file that are names in refs, outside of comments.
func namesIn(f *link.File, refs map[string]*link.TracedRef) []format.Occurrence {
	var out []format.Occurrence
	comments := templateComment.FindAllIndex(f.Src, -1)
	for _, m := range nameWord.FindAllIndex(f.Src, -1) {
		for len(comments) > 0 && comments[0][1] <= m[0] {
			comments = comments[1:]
		}
		text := string(f.Src[m[0]:m[1]])
		isPart := m[0] > 0 && isNameByte(f.Src[m[0]-1]) || m[1] < len(f.Src) && isNameByte(f.Src[m[1]])
		isPart = isPart || !strings.ContainsAny(text, "/:@") && !isQuoted(f.Src, m[0], m[1])
		if isPart || len(comments) > 0 && comments[0][0] <= m[0] || refs[normalName(text)] == nil {
			continue
		}
		o := shortOccurrence(text)
		at := edit.Span{Start: m[0], End: m[1]}
		o.Pieces[0].Path, o.Pieces[0].Span, o.Pieces[0].Map = f.Path, at, edit.Identity(at.Start, at.Len())
		out = append(out, o)
	}
	return out
}

// isQuoted reports whether src[start:end] is all of a text in quotes, such as the name
// nginx of an image. The word alone may be anything.
func isQuoted(src []byte, start, end int) bool {
	return start > 0 && end < len(src) && src[start-1] == src[end] && strings.IndexByte("\"'`", src[end]) >= 0
}

// isNameByte reports whether a word next to c is a part of a longer name.
func isNameByte(c byte) bool {
	return c == '/' || c == '.' || c == '_' || c == '-' || c == '@' || c == '$' ||
		c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// A printedPlace is the place of what prints a name of which no part may be in a file.
type printedPlace struct {
	path    string
	span    edit.Span
	printer string // what prints it, for a person
	texts   string // where the name is not, for a person
}

// placeOf returns the place that prints names with a template: the first image key with an
// action in it, or the entry of a packed sub-chart among the dependencies. Its path is ""
// if no such file can be read.
func (c *chart) placeOf(template string) printedPlace {
	if f := c.tree.File(c.path(template)); f != nil && len(f.Src) > 0 {
		at := edit.Span{Start: 0, End: 1}
		if m := imageAction.FindSubmatchIndex(f.Src); m != nil {
			at = edit.Span{Start: m[2], End: m[3]}
		}
		return printedPlace{f.Path, at, "this template", "no text of the chart"}
	}
	sub, _, _ := strings.Cut(strings.TrimPrefix(template, "charts/"), "/")
	for _, file := range DependencyFiles {
		for _, d := range c.dependencies(c.path(file)) {
			if n := d.Field("name"); d.Str("name") == sub && n != nil && n.Kind == syntax.Scalar {
				return printedPlace{c.path(file), n.Span, "the packed sub-chart " + sub, "no text of it"}
			}
		}
	}
	if f := c.tree.File(c.path("Chart.yaml")); f != nil && sub != "" && len(f.Src) > 0 {
		at := edit.Span{Start: 0, End: 1}
		if n := c.parse(f.Path).Field("name"); n != nil && n.Kind == syntax.Scalar && n.Span.Len() > 0 {
			at = n.Span
		}
		return printedPlace{f.Path, at, "the packed sub-chart " + sub, "no text that is edited"}
	}
	return printedPlace{}
}
