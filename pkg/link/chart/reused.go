package chart

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// keepReused makes conflicts of the groups that change a value which the chart also prints
// after a text of a template, as in quay.io/{{ .repository }}, where the reference would get
// two registries, or as something else than an image.
func (c *chart) keepReused(t *tracedGroups, printed *printedRefs, move link.MoveFunc) {
	known := c.surroundings(printed.of[c].files)
	for i := range t.groups {
		g := &t.groups[i]
		for j := range g.Occurrences {
			o := &g.Occurrences[j]
			if g.Keep != "" || len(o.Pieces) != 1 || !move.Moves(o) {
				continue
			}
			if use := c.otherUse(o); use != "" {
				g.Keep, g.Why = format.Conflict, use
				continue
			}
			for k := range known[link.IDOf(&o.Pieces[0])] {
				if s := &known[link.IDOf(&o.Pieces[0])][k]; s.literal && !s.incomplete && s.preventsMove(o, move) {
					g.Keep, g.Why = format.Conflict, c.printsBefore(o, s)+" before this value, too"
					break
				}
			}
		}
	}
}

var (
	// imageWord matches a key or a name that may be about an image.
	imageWord = regexp.MustCompile(`(?i)image|repo|registry|container`)

	// lineKey matches the key at the start of a line of a template.
	lineKey = regexp.MustCompile(`^[ \t]*(?:-[ \t]+)*["']?([A-Za-z_][\w./-]*)["']?:[ \t]`)

	// plainUse matches an action that prints a value as it is.
	plainUse = regexp.MustCompile(`^\$?\.Values(?:\.\w+)+(?:[ \t]*\|[ \t]*quote)?$`)
)

// otherUse says where a template prints the value o, whose keys do not name an image, in a
// field that does not either: the name of the container in name: {{ .Values.name }}. It
// returns "" if no template does.
func (c *chart) otherUse(o *format.Occurrence) string {
	field, isValue := strings.CutPrefix(o.Pieces[0].Field, ".")
	if !isValue || imageWord.MatchString(field) || strings.ContainsAny(field, `["`) || !strings.HasPrefix(o.Pieces[0].Path, c.path("values")) {
		return ""
	}
	at := strings.Split(field, ".")
	uses := valueUse(at)
	for _, name := range c.tree.NamesUnder(path.Join(c.dir, "templates")) {
		src := c.templateSource(name)
		if !strings.Contains(src, at[len(at)-1]) {
			continue
		}
		for _, m := range templateAction.FindAllStringSubmatchIndex(src, -1) {
			body := src[m[2]:m[3]]
			if !plainUse.MatchString(body) || !uses.MatchString(body) {
				continue
			}
			start := strings.LastIndexByte(src[:m[0]], '\n') + 1
			key := lineKey.FindStringSubmatch(src[start:m[0]])
			if key == nil || imageWord.MatchString(key[1]) || key[1] == "value" && imageWord.MatchString(lineAbove(src, start)) {
				continue
			}
			line, _ := edit.NewLines([]byte(src)).Position(m[0])
			return name + ":" + strconv.Itoa(line) + " also prints this value as " + key[1]
		}
	}
	return ""
}

// lineAbove returns the line of src before the one that begins at start.
func lineAbove(src string, start int) string {
	above := strings.TrimSuffix(src[:start], "\n")
	return above[strings.LastIndexByte(above, '\n')+1:]
}
