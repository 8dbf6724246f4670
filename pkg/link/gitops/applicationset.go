package gitops

import (
	"path"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// linkGenerators decides the values of the generators of an ApplicationSet that
// select images: the template has {{image}}:1 in kustomize.images. If the value
// is only a part of the selecting name, all images that the name may select are
// kept.
func (g *gitopsLinker) linkGenerators(a *application) {
	if a.generators == nil {
		return
	}
	for _, s := range a.sources() {
		dir := folderOf(s)
		for _, n := range link.Items(s.Field("kustomize").Field("images")) {
			old, _, _ := strings.Cut(n.Value, "=")
			if !parameterRE.MatchString(old) {
				continue
			}
			deployed, known := g.sourceImages(dir)
			name := templateName(old)
			if parameter := parameterRE.FindString(name); parameter == name {
				for _, o := range g.generatorValues(a, parameter) {
					g.linkGeneratorValue(a, o, deployed, known, dir)
				}
				continue
			}
			for _, parameter := range parameterRE.FindAllString(old, -1) {
				for _, o := range g.generatorValues(a, parameter) {
					g.keep(o, format.Conflict, "the template selects images with it, and these images are not known")
				}
			}
			g.keepMatching(deployed, name)
		}
	}
}

// linkGeneratorValue decides the value o of a generator, which is the whole name
// that selects.
func (g *gitopsLinker) linkGeneratorValue(a *application, o *format.Occurrence, deployed *imageSet, known bool, dir string) {
	a.selectors = append(a.selectors, o)
	sel := imageSelector{file: a.file, occ: o}
	if !known || !g.followEntry(sel, dir) {
		g.decideSelector(sel, deployed, known, "the folders of the template")
	}
}

// templateName returns a text with parameters without its tag and digest.
func templateName(text string) string {
	masked := parameterRE.ReplaceAllStringFunc(text, func(m string) string { return strings.Repeat("x", len(m)) })
	return text[:len(kustomize.ImageName(masked))]
}

// generatorValues returns the values of generators that the template has as
// parameter, {{.image}} or {{ values.image }}, and that a rule moves.
func (g *gitopsLinker) generatorValues(a *application, parameter string) []*format.Occurrence {
	var out []*format.Occurrence
	key := strings.Trim(parameter, "{}- ")
	key = key[strings.LastIndexByte(key, '.')+1:]
	for _, o := range g.occurrencesIn(a.file, a.generators) {
		if len(o.Pieces) == 1 && strings.TrimPrefix(path.Ext(o.Place.Field), ".") == key && g.move.Moves(o) {
			out = append(out, o)
		}
	}
	return out
}

// keepMatching keeps the images that a name with parameters may select before or
// after the move.
func (g *gitopsLinker) keepMatching(deployed *imageSet, name string) {
	re := filled(name, ".*")
	if re == nil {
		return
	}
	for i := range deployed.images {
		a := &deployed.images[i]
		if a.Before != a.After && (re.MatchString(a.Before) || re.MatchString(a.After)) {
			g.keepImage(a, "an ApplicationSet may select it with "+name)
		}
	}
}

// filled returns a pattern that matches text with each of its parameters
// replaced by a text that the pattern blank matches. It returns nil if the
// pattern is not valid.
func filled(text, blank string) *regexp.Regexp {
	var pattern strings.Builder
	at := 0
	for _, m := range parameterRE.FindAllStringIndex(text, -1) {
		pattern.WriteString(regexp.QuoteMeta(text[at:m[0]]) + blank)
		at = m[1]
	}
	re, err := regexp.Compile("^" + pattern.String() + regexp.QuoteMeta(text[at:]) + "$")
	if err != nil {
		return nil
	}
	return re
}
