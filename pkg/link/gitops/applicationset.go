package gitops

import (
	"path"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// generated decides the values of generators by which a template selects
// images, {{image}}:1, with what the template deploys. Where a name is only a
// part of what selects, what it may select stays.
func (d *gitopsLinker) generated(a *application) {
	if a.set == nil {
		return
	}
	for _, s := range a.sources() {
		dir := ""
		if p := s.Str("path"); p != "" {
			dir = local(p)
		}
		for _, n := range Items(s.Field("kustomize").Field("images")) {
			left, _, _ := strings.Cut(n.Value, "=")
			if !templated.MatchString(left) {
				continue
			}
			l, known := d.sourceFolder(s, dir)
			selects := templatedName(left)
			m := templated.FindString(selects)
			if m == selects {
				d.byElements(a, l, known, m, dir)
				continue
			}
			for _, x := range templated.FindAllString(left, -1) {
				d.keepElements(a, x)
			}
			d.keepSelected(l, selects)
		}
	}
}

// templatedName returns a text without its tag and digest, of which templates may
// be a part.
func templatedName(text string) string {
	masked := templated.ReplaceAllStringFunc(text, func(m string) string { return strings.Repeat("x", len(m)) })
	return text[:len(kustomize.ImageName(masked))]
}

// elements returns the values of generators that a template has under m,
// {{.image}} or {{ values.image }}, and that a rule moves.
func (d *gitopsLinker) elements(a *application, m string) []*format.Occurrence {
	var out []*format.Occurrence
	key := strings.Trim(m, "{}- ")
	key = key[strings.LastIndexByte(key, '.')+1:]
	for _, o := range d.within(a.file, a.set) {
		if len(o.Pieces) == 1 && strings.TrimPrefix(path.Ext(o.Place.Field), ".") == key && d.move.Moves(o) {
			out = append(out, o)
		}
	}
	return out
}

// byElements decides the values under m as names that select among what l
// brings.
func (d *gitopsLinker) byElements(a *application, l *imageSet, known bool, m, dir string) {
	for _, o := range d.elements(a, m) {
		a.selected = append(a.selected, o)
		if p := (imageSelector{file: a.file, occ: o}); !known || !d.follow(p, dir) {
			d.choose(p, l, known, "what the template deploys")
		}
	}
}

// keepElements keeps the values under m.
func (d *gitopsLinker) keepElements(a *application, m string) {
	for _, o := range d.elements(a, m) {
		d.found = append(d.found, link.Group{Occurrences: []format.Occurrence{*o}, Keep: format.Conflict, Why: "the template selects images by it, and what it selects cannot be known"})
	}
}

// keepSelected keeps the images of l that a text with templates in it may be the
// name of.
func (d *gitopsLinker) keepSelected(l *imageSet, text string) {
	re := filled(text, ".*")
	if re == nil {
		return
	}
	for i := range l.images {
		x := &l.images[i]
		if x.Before == x.After || !re.MatchString(x.Before) && !re.MatchString(x.After) {
			continue
		}
		d.keepArrival(x, "an ApplicationSet may select it by "+text)
	}
}

// filled matches what text may be once its templates are filled in, each with
// what the pattern blank matches; nil when that is no pattern.
func filled(text, blank string) *regexp.Regexp {
	var pattern strings.Builder
	at := 0
	for _, m := range templated.FindAllStringIndex(text, -1) {
		pattern.WriteString(regexp.QuoteMeta(text[at:m[0]]) + blank)
		at = m[1]
	}
	re, err := regexp.Compile("^" + pattern.String() + regexp.QuoteMeta(text[at:]) + "$")
	if err != nil {
		return nil
	}
	return re
}
