package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

var (
	// actionString matches a string literal of an action. The groups are its text.
	actionString = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'`)

	// erbFallback matches what is before the last operand of || in an action of ERB.
	erbFallback = regexp.MustCompile(`^<%=\s*(?:[@$]?\w+(?:\.\w+|\[(?:"[^"]*"|'[^']*'|:?\w+)\])*\s*\|\|\s*)+$`)
	erbEnd      = regexp.MustCompile(`^\s*-?%>$`)

	// comparedBefore and comparedAfter match what is beside a literal of an action that is no
	// result of the action: a key, or text that the action compares.
	comparedBefore = regexp.MustCompile(`(?:==|!=|=~|\[|\b(?:in|is)[\s(]+|\b(?:eq|ne|contains|has|hasKey|index|get|dig|hasPrefix|hasSuffix|startswith|endswith|start_with\?|end_with\?|include\?|replace|gsub|sub|split|regex\w+|trim\w+)[\s(][^(){}|]*)\s*$`)
	comparedAfter  = regexp.MustCompile(`^\s*(?:==|!=|=~|\]|\bin\b|not\s+in\b)`)

	// conditionStart matches the start of an action of Go that prints nothing.
	conditionStart = regexp.MustCompile(`^\{\{-?\s*(?:if|else|with|range|define|template|block|include)\b`)
)

// maxActionLiterals is the number of literals of an action that are read.
const maxActionLiterals = 32

// An actionLiteral is the text of a string literal in an action that names an image, or its
// registry.
type actionLiteral struct {
	start, end int // in the text around the action
	text       string

	isDefault  bool // the action and a tag after it are the whole image, and the literal is its default
	isRegistry bool
	isTagged   bool
	tail       string // the name after the registry
	isOpen     bool   // see Occurrence.IsOpen
}

// literalsOfAction returns the names and the registries in the action of text, which names an
// image, between the offsets start and end.
func literalsOfAction(text string, start, end int) (out []actionLiteral) {
	rest := text[end:]
	hasTag := strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "@")
	if conditionStart.MatchString(text[start:end]) {
		return nil
	}
	for _, m := range actionString.FindAllStringSubmatchIndex(text[start:end], maxActionLiterals) {
		l := actionLiteral{start: start + max(m[2], m[4]), end: start + max(m[3], m[5])}
		l.text = text[l.start:l.end]
		before, after := text[start:l.start-1], text[l.end+1:end]
		switch {
		case l.text == "" || comparedBefore.MatchString(before) || comparedAfter.MatchString(after):
		case image.IsHost(strings.TrimSuffix(l.text, "/")) && strings.ContainsAny(l.text, "./["):
			if l.isRegistry = strings.HasPrefix(rest, "/") && start == 0; l.isRegistry {
				l.tail, l.isOpen = nameAfter(l.text, []byte(rest))
				out = append(out, l)
			}
		default:
			l.isTagged = hasTag
			l.isDefault = start == 0 && (hasTag || rest == "") &&
				(fallbackHead.MatchString(before) && fallbackTail.MatchString(after) || erbFallback.MatchString(before) && erbEnd.MatchString(after))
			if l.readName() {
				out = append(out, l)
			}
		}
	}
	return out
}

// readName completes a literal that may name an image. It returns false for other texts.
func (l *actionLiteral) readName() bool {
	if i := strings.IndexAny(l.text, "#%"); i > 0 { // #{…} of Ruby or %s of printf, in the tag
		j := strings.LastIndexByte(l.text[:i], ':')
		if j < 0 {
			return false
		}
		l.text, l.end, l.isDefault, l.isTagged = l.text[:j], l.start+j, false, true
	}
	r, err := image.Parse(l.text)
	if err != nil || !isAlnum(l.text[0]) {
		return false
	}
	l.isTagged = l.isTagged || r.Tag+r.Digest != ""
	return r.Domain != "" || l.isTagged || strings.Contains(r.Path, "/")
}

// occurrence returns the occurrence of l. The caller completes its only piece.
func (l *actionLiteral) occurrence() Occurrence {
	o := Occurrence{Pieces: []Piece{{Role: Whole}}}
	switch {
	case l.isRegistry:
		o.Pieces[0].Role, o.Pieces[0].Literal = Registry, true
		o.Tail, o.IsOpen = l.tail, l.isOpen
	case l.isDefault:
		o.IsImage = true
	case !hasDomain(l.text):
		o.LikelyImage, o.IsUntagged, o.Note = true, !l.isTagged, inFallback
	}
	return o
}

// erbImages adds the images in the actions of ERB in the value at f, whose field of the given
// kind is an image: <%= image || "acme/app:1" %>.
func (d *detector) erbImages(f *frame, kind fieldKind) {
	n := f.node
	if !strings.Contains(n.Value, "<%=") || !kind.isImage() && (kind != unknownField || !isImageKey(f)) {
		return
	}
	for at := 0; at < len(n.Value); {
		size := actionLength(n.Value[at:])
		if strings.HasPrefix(n.Value[at:], "<%=") {
			for _, l := range literalsOfAction(n.Value, at, at+size) {
				d.addERB(f, n, &l, kind)
			}
		}
		at += max(size, 1)
	}
}

// addERB adds l, a literal in the value n at f.
func (d *detector) addERB(f *frame, n *syntax.Node, l *actionLiteral, kind fieldKind) {
	o := l.occurrence()
	if o.IsImage && kind != imageField && !hasDomain(l.text) {
		o.IsImage, o.LikelyImage, o.IsUntagged, o.Note = false, true, !l.isTagged, inFallback
	}
	p := d.part(n, l.start, l.end, o.Pieces[0].Role, "")
	p.Literal = o.Pieces[0].Literal
	o.Pieces[0] = p
	d.add(f, o)
}

// isImageKey reports whether the key of f is one that names an image.
func isImageKey(f *frame) bool {
	part, _ := keyPart(f.effectiveKey())
	return part == namePart && fold(f.effectiveKey()) != "name"
}
