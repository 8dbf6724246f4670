package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

var (
	// earthlyArg matches an ARG with a value without quotes; group 1 is the name, group 2 the
	// value.
	earthlyArg = regexp.MustCompile(`(?m)^[ \t]*ARG[ \t]+(?:--\S+[ \t]+)*(\w+)=([^\s"'\\]+)[ \t]*$`)

	// earthlyFrom matches a FROM with a variable at the start of the name; group 1 is the name.
	earthlyFrom = regexp.MustCompile(`(?m)^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*(\$[^\s\\]+)[ \t]*$`)
)

// addEarthlyVariables adds the images that a FROM of an Earthfile gets from an ARG.
// Source: https://docs.earthly.dev/docs/earthfile#arg
func addEarthlyVariables(in Input, s *ScanResult) {
	if !isEarthfile(in.Path) {
		return
	}
	text := string(in.Src)
	d := &detector{in: in, explained: make([]bool, len(in.Marks)), pieces: map[*syntax.Node]bool{}}
	v := d.newResolver(composeVariables)
	at := func(start, end int) *frame {
		return &frame{node: &syntax.Node{Kind: syntax.Scalar, Value: text[start:end], Span: edit.Span{Start: start, End: end}, Map: edit.Identity(start, end-start)}}
	}
	isRead := map[int]bool{} // starts of lines
	for _, m := range earthlyArg.FindAllStringSubmatchIndex(text, -1) {
		f := at(m[4], m[5])
		isRead[m[0]] = true
		v.declare(&declaredVariable{names: []string{text[m[2]:m[3]]}, at: f})
		v.use(&variableUse{text: f.node.Value, at: f, place: "ARG " + text[m[2]:m[3]]})
	}
	for _, m := range earthlyFrom.FindAllStringSubmatchIndex(text, -1) {
		f := at(m[2], m[3])
		isRead[m[0]] = true
		v.use(&variableUse{text: f.node.Value, at: f, place: "FROM", kind: func(text string) fieldKind {
			if strings.Contains(text, "+") {
				return unknownField // a target
			}
			return imageField
		}})
	}
	for _, line := range edit.LineSpans(in.Src) {
		words := strings.Fields(text[line.Start:line.End])
		if len(words) == 0 || isRead[line.Start] || strings.HasPrefix(words[0], "#") {
			continue
		}
		f := at(line.Start, line.End)
		if words[0] == "SAVE" || strings.Contains(f.node.Value, "--load") {
			f.key = "push"
		}
		v.use(&variableUse{text: f.node.Value, at: f, place: words[0]})
	}
	v.resolve()
	d.replaceVariables([]*variableResolver{v})
	for i := range d.out.Occurrences {
		o := &d.out.Occurrences[i]
		o.Place = Place{Field: "ARG"}
		s.replace(*o)
	}
}
