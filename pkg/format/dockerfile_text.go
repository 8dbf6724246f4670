package format

import (
	"bytes"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A setting is the part of a context that depends on the place of a word alone.
type setting struct {
	place      Place
	keep       Reason // the reason for which the word is not changed, "" if its text decides
	scope      Scope
	outOfScope Reason // see Occurrence.OutOfScope
}

var inComments = setting{scope: Comments, outOfScope: Comment}

// references adds the references that are spelled out in the values of in.
func (s *dockerScan) references(in *dockerfile.Instruction) {
	if !in.HasArgs() || s.in.May != nil && !s.in.May([]byte(in.Text)) {
		return
	}
	text := dockerfile.Fragment{Text: in.Text, Map: in.Map}
	for _, span := range spelledOut(in.Text) {
		if span.Start >= in.Args {
			s.found(text, span, s.setting(in, span))
		}
	}
	s.commandImages(in)
	s.assignedImages(in)
}

// commandImages adds the images without a registry in the commands of in.
func (s *dockerScan) commandImages(in *dockerfile.Instruction) {
	switch in.Cmd {
	case "run", "cmd", "entrypoint":
	default:
		return
	}
	args := in.Text[in.Args:]
	if !mayHaveCommandImages(args) {
		return
	}
	text := dockerfile.Fragment{Text: in.Text, Map: in.Map}
	for _, words := range commandsOf(args) {
		for _, x := range imagesOfCommand(wordTexts(words)) {
			at, ok := spanOfImage(args, words[x.word], x.start)
			if !ok {
				continue
			}
			at.Start, at.End = at.Start+in.Args, at.End+in.Args
			place := s.setting(in, at)
			if place.keep != "" {
				continue
			}
			if s.builtHere == nil {
				s.builtHere = builtIn(string(s.in.Src))
			}
			o, name := x.occurrence(in.Text[at.Start:at.End]), text.Slice(at.Start, at.End)
			o.Pieces = []Piece{{Text: name.Text, Map: name.Map, Role: Whole}}
			o.Place, o.Scope, o.OutOfScope = place.place, place.scope, place.outOfScope
			if s.builtHere[withTag(name.Text)] {
				o.Keep = Built
			}
			s.add(o)
		}
	}
}

// heredoc adds the references that are spelled out in a line of a here-document.
func (s *dockerScan) heredoc(line edit.Span) {
	src := s.in.Src[line.Start:line.End]
	if s.in.May != nil && !s.in.May(src) {
		return
	}
	text := dockerfile.Fragment{Text: string(src), Map: edit.Identity(line.Start, line.Len())}
	for _, span := range spelledOut(text.Text) {
		s.found(text, span, inHeredoc(text.Text, span))
	}
}

// spelledOut returns the spans of the references in text that have a domain,
// defaults of variables included: ${IMAGE:-host/name}.
func spelledOut(text string) []edit.Span {
	var out []edit.Span
	for _, f := range image.Find(text) {
		out = append(out, f.Span)
	}
	for at := 0; ; {
		i := strings.Index(text[at:], "${")
		if i < 0 {
			return out
		}
		at += i + len("${")
		name := at
		for name < len(text) && dockerfile.IsNameByte(text[name]) {
			name++
		}
		end := dockerfile.ClosingBrace(text, at)
		if end < 0 || name == end || strings.IndexByte(":-+=", text[name]) < 0 {
			continue
		}
		for _, f := range image.Find(text[name:end]) {
			out = append(out, edit.Span{Start: name + f.Span.Start, End: name + f.Span.End})
		}
	}
}

// found adds the reference at the bytes at of text. It returns false if x or the
// text around the reference is a reason not to change it.
func (s *dockerScan) found(text dockerfile.Fragment, at edit.Span, x setting) bool {
	if x.keep != "" || inAction(lineBefore(text.Text, at.Start)) || ownRule(text.Text, at) {
		return false
	}
	if at.Start > 0 && text.Text[at.Start-1] == '$' {
		return false // $REGISTRY/name
	}
	word := text.Slice(at.Start, at.End)
	if span, ok := word.Map.Enclosing(0, at.Len()); ok {
		if _, same := s.pieceAt(span); same {
			return true // a piece of an image that an ARG contributes to
		}
	}
	return s.add(Occurrence{Kind: kindIn(text.Text, at), Pieces: []Piece{{Text: word.Text, Map: word.Map, Role: roleIn(text.Text, at)}}, Place: x.place, Scope: x.scope, OutOfScope: x.outOfScope})
}

// mark explains the mark with index i, which is in no occurrence but in an
// instruction, a here-document or a comment.
func (s *dockerScan) mark(i int) {
	m := s.in.Marks[i]
	list := s.d.Instructions
	at := sort.Search(len(list), func(j int) bool { return list[j].Start > m.Start }) - 1
	if at >= 0 {
		in := &list[at]
		if start, end, ok := in.Map.Decoded(m); ok {
			span := edit.Span{Start: start, End: end}
			s.word(i, dockerfile.Fragment{Text: in.Text, Map: in.Map}, span, s.setting(in, span))
			return
		}
	}
	here := s.d.Heredocs
	j := sort.Search(len(here), func(j int) bool { return here[j].End > m.Start })
	if j < len(here) && here[j].Contains(m) {
		line := dockerfile.Fragment{Text: string(s.in.Src[here[j].Start:here[j].End]), Map: edit.Identity(here[j].Start, here[j].Len())}
		span := edit.Span{Start: m.Start - here[j].Start, End: m.End - here[j].Start}
		s.word(i, line, span, inHeredoc(line.Text, span))
		return
	}
	start := max(bytes.LastIndexByte(s.in.Src[:m.Start], '\n')+1, m.Start-far)
	end := min(len(s.in.Src), m.End+far)
	if j := bytes.IndexByte(s.in.Src[m.End:end], '\n'); j >= 0 {
		end = m.End + j
	}
	line := dockerfile.Fragment{Text: string(s.in.Src[start:end]), Map: edit.Identity(start, end-start)}
	s.word(i, line, edit.Span{Start: m.Start - start, End: m.End - start}, inComments)
}

// word adds the reference around the mark with index i, or explains the mark. The
// mark is text.Text[at.Start:at.End].
func (s *dockerScan) word(i int, text dockerfile.Fragment, at edit.Span, x setting) {
	line, in := lineAround(text.Text, at)
	c := Context{Place: x.place, Scope: x.scope}
	switch r := classify(line, in); {
	case r == URL || r == DifferentName:
		c.Reason = r
	case x.keep != "":
		c.Reason = x.keep
	case inAction(line[:in.Start]):
		c.Reason, c.Note = NotEditedSafely, "inside a template action"
	case ownRule(line, in):
		c.Reason = OwnConfig
	case r == RegistryHost && strings.Contains(line[:in.Start], "mirror"):
		c.Reason = Mirror
	case r == "":
		span, shift := image.WordAt(line, in).Span, at.Start-in.Start
		if s.found(text, edit.Span{Start: span.Start + shift, End: span.End + shift}, x) {
			return
		}
		c.Reason, c.Note = NotEditedSafely, "part of a larger name, or with comments between its lines"
		if strings.Contains(text.Text[span.Start+shift:min(span.End+shift, len(text.Text))], "$") {
			c.Note = "the file sets a variable that is a part of the name"
		}
	case x.outOfScope != "":
		c.Reason = x.outOfScope
	default:
		c.Reason = r
	}
	s.context(i, c)
}

// setting returns the setting of the bytes at of in.Text.
func (s *dockerScan) setting(in *dockerfile.Instruction, at edit.Span) setting {
	x := setting{place: placeOf(in, strings.ToUpper(in.Cmd))}
	if at.Start < in.NameEnd {
		x.keep = DifferentName // in place of the name of an instruction
		return x
	}
	switch in.Cmd {
	case "run", "cmd", "entrypoint", "healthcheck":
		if s.commentAt(in) <= at.Start {
			x.scope, x.outOfScope = Comments, Comment
		}
	case "workdir", "volume":
		x.keep = Path
	case "shell", "user", "expose", "stopsignal":
		x.keep = DifferentName // none of them can be an image
	case "maintainer":
		x.scope, x.outOfScope = Docs, Prose
	case "copy", "add":
		if at.Start >= in.Args {
			x.keep = Path
		}
	case "arg", "env", "label":
		key, isKey := in.KeyAt(at.Start)
		if key != "" {
			x.place.Field += " " + key
		}
		if isKey {
			x.keep = Key
		} else {
			x.byName(key)
		}
	default:
		if strings.HasPrefix(in.Text, "{#") { // of a template engine
			return inComments
		}
	}
	return x
}

// inHeredoc returns the setting of the bytes at of a line of a here-document.
func inHeredoc(line string, at edit.Span) setting {
	x := setting{place: Place{Field: "<<"}}
	if shellComment(line) <= at.Start {
		x.scope, x.outOfScope = Comments, Comment
	}
	return x
}

// byName sets the reason and the scope by the name key of an ARG, ENV or LABEL.
// Of a label such as org.opencontainers.image.description, only the last word
// decides about prose and changelogs.
func (x *setting) byName(key string) {
	k, last := fold(key), fold(key[strings.LastIndexAny(key, "./")+1:])
	switch {
	case historyKeys[last]:
		x.keep = Changelog
	case mirrorKeys[k]:
		x.keep = Mirror
	case allowKeys[k]:
		x.keep = AllowList
	case credentialKeys[k]:
		x.keep = Credentials
	case hasSuffix(k, pathKeys):
		x.keep = Path
	case hasSuffix(k, patternKeys):
		x.keep = Pattern
	case proseKeys[last]:
		x.scope, x.outOfScope = Docs, Prose
	}
}

// inAction reports whether before ends inside an action of a template.
func inAction(before string) bool {
	return strings.LastIndex(before, "{{") > strings.LastIndex(before, "}}") || strings.LastIndex(before, "{%") > strings.LastIndex(before, "%}")
}

// commentAt returns the offset in in.Text of a comment of the shell, or
// the length of the text.
func (s *dockerScan) commentAt(in *dockerfile.Instruction) int {
	at, known := s.comments[in]
	if !known {
		at = shellComment(in.Text)
		s.comments[in] = at
	}
	return at
}

// shellComment returns the offset in line of a comment of the shell, or the
// length of line. A # outside of quotes that begins a word begins a
// comment.
func shellComment(line string) int {
	var quote byte
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && quote != '\'':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#' && (i == 0 || isBlank(line[i-1]) || line[i-1] == ';'):
			return i
		}
	}
	return len(line)
}
