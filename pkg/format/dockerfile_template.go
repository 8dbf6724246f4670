package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// templateActions are the delimiters of actions in the templates of Dockerfiles: those of
// Go templates and Jinja, of Jinja's statements, and of ERB.
var templateActions = []struct{ open, end string }{{"{{", "}}"}, {"{%", "%}"}, {"<%", "%>"}}

// statementStart matches the start of an action that prints nothing.
var statementStart = regexp.MustCompile(`^(?:\{%|\{\{-?\s*(?:if|else|with|range|end)\b|<%[^=])`)

// computedStage matches what may make the name of a stage in a template of a Dockerfile: an
// action after AS, and an action that includes another template.
var computedStage = regexp.MustCompile(`(?i)[ \t]as[ \t]+[^ \t\n]*(?:\{\{|\{%|<%)|\{%-?[ \t]*(?:include|extends|import|from)\b|\{\{-?[ \t]*(?:template|include|partial|block)\b`)

// stageOrImage returns o as a likely image, if an action of the template may name a stage like
// it, and else as it is.
func (s *dockerScan) stageOrImage(o Occurrence) Occurrence {
	if !strings.ContainsAny(o.Text(), "/:@") && s.mayComputeStages() {
		o.Keep, o.Note = LikelyImage, "an action of the template may name a stage like it"
	}
	return o
}

// mayComputeStages reports whether an action of the template may name a stage.
func (s *dockerScan) mayComputeStages() bool {
	if s.computesStages == nil {
		found := computedStage.Match(s.in.Src)
		s.computesStages = &found
	}
	return *s.computesStages
}

// templatedImage returns the name of the image of a FROM in the template of a Dockerfile, if
// it begins with text, and an action with blanks follows: acme/app:{{ version }}. Without an
// action it returns false.
func templatedImage(in *dockerfile.Instruction) (name dockerfile.Fragment, ok bool) {
	word, ok := in.Image()
	if !ok {
		return name, false
	}
	name, hasAction := templateWord(in, word.Start)
	return name, hasAction && word.Start+len(name.Text) > word.End && !strings.Contains(name.Text, "$")
}

// templateTexts adds the short names among the texts between the actions of name: a branch
// of the template, {% if a %}acme/app:1{% endif %}, or a name after a registry that an
// action may print, {{ registry }}acme/app:1. They are likely images.
func (s *dockerScan) templateTexts(name dockerfile.Fragment, place Place) {
	isStatement := false // of an action that prints nothing
	for at := 0; at < len(name.Text); {
		if n := actionLength(name.Text[at:]); n > 0 {
			isStatement = statementStart.MatchString(name.Text[at : at+n])
			at += n
			continue
		}
		end := at + 1
		for end < len(name.Text) && actionLength(name.Text[end:]) == 0 {
			end++
		}
		text := name.Slice(at, end)
		r, err := image.Parse(text.Text)
		if err == nil && r.Domain == "" && strings.Contains(text.Text, "/") && isAlnum(text.Text[0]) {
			o := Occurrence{Pieces: []Piece{{Text: text.Text, Map: text.Map, Role: Whole}}, Place: place, LikelyImage: true, IsUntagged: r.Tag == "" && r.Digest == ""}
			if o.Note = "a branch of the template is this name"; !isStatement {
				o.AfterVariable, o.Note = true, "an action of the template may print a registry before it"
			}
			s.add(o)
		}
		at = end
	}
}

// maxAction is the length in bytes of the longest action that is read.
const maxAction = 4096

// actionLength returns the length in bytes of the action at the start of text, 0 if there is
// none.
func actionLength(text string) int {
	text = text[:min(len(text), maxAction)]
	for _, a := range templateActions {
		if strings.HasPrefix(text, a.open) {
			if i := strings.Index(text, a.end); i >= 0 {
				return i + len(a.end)
			}
		}
	}
	return 0
}
