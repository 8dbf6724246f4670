package chart

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// keepBranches keeps the short names that the chart prints as images with other values
// than its own: in branches of conditions that its values do not select, and in sub-charts
// that they disable. They are likely images: another branch may print a registry before
// one. The parameter groups has the other groups of the chart.
func (c *chart) keepBranches(groups []link.Group, printed *printedRefs, move link.MoveFunc) []link.Group {
	if c.tree.TraceFurther == nil || c.tree.MayHaveShortName == nil {
		return nil
	}
	known := maps.Clone(printed.pieces)
	names := map[string]bool{}
	explain := func(o *format.Occurrence) {
		addPieces(known, []format.Occurrence{*o})
		names[normalName(o.Text())] = true
	}
	for i := range groups {
		for j := range groups[i].Occurrences {
			explain(&groups[i].Occurrences[j])
		}
	}
	for _, f := range c.files() {
		for i := range f.Scanned.Occurrences {
			if o := &f.Scanned.Occurrences[i]; len(o.Pieces) > 1 || o.Keep != "" || move.Moves(o) || o.LikelyImage && c.isLikely(o) {
				explain(o)
			}
		}
	}
	if !c.mayPrintFurther(names, known, move) {
		return nil
	}
	refs, err := c.tree.TraceFurther(c.dir, link.TraceRequest{Name: "branches", Branches: true})
	if failed := (*link.TraceError)(nil); errors.As(err, &failed) {
		c.tree.RenderFailures = append(c.tree.RenderFailures, failed.Failures...)
		return nil
	}
	registries := c.printedAfterRegistry()
	var out []link.Group
	words := map[string]*link.TracedRef{}
	for i := range refs {
		ref := &refs[i]
		short := shortOccurrence(ref.Ref)
		if key := normalName(ref.Ref); names[key] || registries[key] || !move.Moves(&short) {
			continue
		}
		ref.ValuesFile = ""
		if o, ok := c.branchValue(ref, move); ok {
			if !hasPiece(known, &o) {
				addPieces(known, []format.Occurrence{o})
				out = append(out, c.branchGroup(&o, ref))
			}
			continue
		}
		words[normalName(ref.Ref)] = ref
	}
	return append(out, c.branchTexts(words, known)...)
}

// branchGroup returns the group that keeps o, which the chart prints as ref.
func (c *chart) branchGroup(o *format.Occurrence, ref *link.TracedRef) link.Group {
	return link.Group{
		Occurrences: []format.Occurrence{*o}, Keep: format.LikelyImage,
		Why: "with other values, " + c.path(ref.Template) + " prints an image of this name",
	}
}

// branchValue returns the occurrence of the values that form ref, if all of its name is
// known to be values.
func (c *chart) branchValue(ref *link.TracedRef, move link.MoveFunc) (format.Occurrence, bool) {
	if len(ref.Parts) == 0 || ref.Parts[0].Value == nil {
		return format.Occurrence{}, false
	}
	n := len(c.unproven)
	defer func() { c.unproven = c.unproven[:n] }()
	c.tracedOccurrence(ref, "") // records a short name of a tolerant rendering
	if len(c.unproven) == n {
		return format.Occurrence{}, false
	}
	o := c.unproven[n]
	isOneWord := len(o.Pieces) == 1 && o.Tail == "" && !strings.Contains(o.Text(), "/")
	return o, move.Moves(&o) && (!isOneWord || c.isLikely(&o)) && c.whyNotOnDockerHub(&o) == ""
}

// branchTexts keeps the words in templates and values that are names in refs.
func (c *chart) branchTexts(refs map[string]*link.TracedRef, known map[link.PieceID]bool) []link.Group {
	if len(refs) == 0 {
		return nil
	}
	var out []link.Group
	for _, name := range c.textFiles() {
		f := c.tree.File(name)
		if f == nil {
			continue
		}
		for _, o := range namesIn(f, refs) {
			if isOneWord := !strings.Contains(o.Text(), "/"); isOneWord && !c.isLikely(&o) || overlapsKnown(f, &o, known) {
				continue
			}
			out = append(out, c.branchGroup(&o, refs[normalName(o.Text())]))
		}
	}
	return out
}

// overlapsKnown reports whether o, a word of f, is a part of a known piece, or of an
// occurrence with several.
func overlapsKnown(f *link.File, o *format.Occurrence, known map[link.PieceID]bool) bool {
	at := o.Pieces[0].Span
	for id := range known {
		if id.Path == f.Path && id.Span.Overlaps(at) {
			return true
		}
	}
	return false
}

// printedAfterRegistry returns the normal names of the short names that the chart prints
// after a registry with its own values.
func (c *chart) printedAfterRegistry() map[string]bool {
	out := map[string]bool{}
	for i := range c.refs {
		r, err := image.Parse(c.refs[i].Ref)
		if err != nil || r.Domain == "" {
			continue
		}
		for p := r.Path; p != ""; _, p, _ = strings.Cut(p, "/") {
			out[normalName(p)] = true
		}
	}
	return out
}

// apiWord matches a version of an API, such as apps/v1, and a media type.
var apiWord = regexp.MustCompile(`/v\d+((alpha|beta)\d+)?$|^(application|text|image|multipart|metrics|api|tmp|etc|var|usr|bin)/`)

// mayPrintFurther reports whether a template or a values file of the chart has a word
// that may be a short name which a rule selects, and which is neither in names nor in a
// known piece. Without one, the chart need not be rendered again.
func (c *chart) mayPrintFurther(names map[string]bool, known map[link.PieceID]bool, move link.MoveFunc) bool {
	hasImage := false
	var files []*link.File
	for _, name := range c.textFiles() {
		if src := c.tree.ReadFile(name); len(src) > 0 {
			hasImage = hasImage || imageAction.Match(src)
			files = append(files, &link.File{Path: name, Src: src})
		}
	}
	return hasImage && slices.ContainsFunc(files, func(f *link.File) bool { return hasFurtherName(f, names, known, c, move) })
}

// hasFurtherName does the work of mayPrintFurther for one file.
func hasFurtherName(f *link.File, names map[string]bool, known map[link.PieceID]bool, c *chart, move link.MoveFunc) bool {
	isAnother := func(text string, start, end int) bool {
		o := shortOccurrence(text)
		key := normalName(text)
		if names[key] || !strings.Contains(text, "/") && !c.isLikely(&o) || !move.Moves(&o) {
			return false
		}
		o.Pieces[0].Span.Start, o.Pieces[0].Span.End = start, end
		return !overlapsKnown(f, &o, known)
	}
	isValues := IsValuesFile(f.Path)
	for _, m := range nameWord.FindAllIndex(f.Src, -1) {
		text := string(f.Src[m[0]:m[1]])
		isPart := m[0] > 0 && isNameByte(f.Src[m[0]-1]) || m[1] < len(f.Src) && isNameByte(f.Src[m[1]])
		isName := strings.Contains(text, "/") || isQuoted(f.Src, m[0], m[1]) || isValues && m[0] > 1 && f.Src[m[0]-2] == ':'
		if !isPart && isName && len(text) > 2 && !apiWord.MatchString(text) && isAnother(text, m[0], m[1]) {
			return true
		}
	}
	return false
}
