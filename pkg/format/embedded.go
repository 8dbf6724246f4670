package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// maxDepth bounds the nesting of documents inside strings, such as a manifest in
// a ConfigMap that is itself in a string.
const maxDepth = 3

// longText reads the scalar at f, which is longer than a reference: a document
// in YAML, JSON or TOML, or words, some of them references.
func (d *detector) longText(f *frame) {
	n := f.node
	key := fold(f.effectiveKey())
	if d.imageNames(f, key) {
		d.words(f, Manifests, "")
		return
	}
	d.moduleArguments(f)
	if !d.interesting(n) || d.inlineDockerfile(f) || d.assignedName(f) {
		return
	}
	switch {
	case hasSuffix(key, patternKeys):
		d.contexts(f, n, Context{Reason: Pattern})
	case strings.Contains(n.Value, "container.image") || strings.HasSuffix(key, "rego"):
		// A condition of Falco, or a rule of Open Policy Agent.
		if !d.embeddedText(f) {
			d.contexts(f, n, Context{Reason: Policy, Note: "a condition on the image's name"})
		}
	case isCondition(f):
		d.contexts(f, n, Context{Reason: Compared, Note: "a condition"})
	default:
		if !d.embeddedTOML(f) && !d.embeddedText(f) {
			d.words(f, Manifests, "")
		}
	}
}

// embeddedText reads the scalar at f as YAML or JSON, and explains all its
// marks. It returns false if the scalar is neither, or is too deep.
func (d *detector) embeddedText(f *frame) bool {
	n := f.node
	docs := embeddedDocuments(n.Value)
	if f.depth >= maxDepth || docs == nil {
		return false
	}
	for _, doc := range docs {
		if doc.Root == nil {
			continue
		}
		moveToSource(doc.Root, n.Map)
		g := f.below(doc.Root)
		g.inner, g.depth = true, f.depth+1
		d.document(g)
	}
	for _, i := range d.marksIn(n.Span) {
		if d.explained[i] {
			continue
		}
		start, end, ok := n.Map.Decoded(d.in.Marks[i])
		c := Context{Mark: d.in.Marks[i], Reason: NotEditedSafely, Note: "escaped or folded over lines"}
		if ok {
			c = outsideYAML(n.Value, edit.Span{Start: start, End: end})
			c.Mark = d.in.Marks[i]
		}
		c.Place = f.place()
		d.recordReasonOutside(c, n.Value, n.Map, edit.Span{Start: start, End: end})
	}
	return true
}

// embeddedDocuments returns the documents of text, nil unless text is structured
// JSON or YAML: it begins with { or [, or has several lines.
func embeddedDocuments(text string) []*syntax.Document {
	if t := strings.TrimLeft(text, " \t\r\n"); strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[") {
		if file, err := syntax.ParseJSON([]byte(text)); err == nil && structured(file.Docs) {
			return file.Docs
		}
	}
	if !strings.Contains(text, "\n") || !strings.Contains(text, ":") {
		return nil
	}
	file, err := syntax.ParseYAML([]byte(text), nil)
	if err != nil || !structured(file.Docs) {
		return nil
	}
	return file.Docs
}

// structured reports whether every document is a mapping whose keys have no
// blanks, or a list of mappings. A sentence with a colon, and a list in prose,
// are not structured.
func structured(docs []*syntax.Document) bool {
	found := false
	for _, doc := range docs {
		n := doc.Root
		switch {
		case n == nil:
			continue
		case n.Kind == syntax.Mapping:
			for i := 0; i < len(n.Children); i += 2 {
				if k := n.Children[i]; k.Kind == syntax.Scalar && strings.ContainsAny(k.Value, " \t\n") {
					return false
				}
			}
		case n.Kind == syntax.Sequence:
			for _, c := range n.Children {
				if c.Kind != syntax.Mapping {
					return false
				}
			}
		default:
			return false
		}
		found = true
	}
	return found
}

// moveToSource changes the positions in the tree at n from a decoded text to the
// file. by maps the text to the file.
func moveToSource(n *syntax.Node, by edit.Map) {
	switch n.Kind {
	case syntax.Scalar:
		n.Map = n.Map.Compose(by)
		if s, ok := by.Enclosing(n.Span.Start, n.Span.End); ok {
			n.Span = s
		} else {
			n.Span = edit.Span{}
		}
	case syntax.Mapping, syntax.Sequence:
		if s, ok := by.Enclosing(n.Span.Start, n.Span.Start+1); ok {
			n.Span = edit.Span{Start: s.Start, End: s.Start}
		}
		for _, c := range n.Children {
			moveToSource(c, by)
		}
	}
}

// words adds the references among the words of the scalar at f, and explains
// the other marks in it. outOfScope is the reason of a reference if the run
// does not select scope.
func (d *detector) words(f *frame, scope Scope, outOfScope Reason) {
	n := f.node
	if scope == Manifests {
		d.noteScript(f)
		d.helmSets(f, scope, outOfScope)
		d.commandImages(f)
		eachHeredocImage(d.in, n.Value, func(o Occurrence) { d.addInner(f, o, n.Map) })
	}
	t := proseText{text: n.Value, hasComments: strings.Contains(n.Value, "\n") && scope == Manifests, kept: keptDocuments(n.Value)}
	if scope == Manifests {
		d.transportedImages(f, &t)
	}
	for _, found := range image.Find(n.Value) {
		if t.reason("", found.Span, found.Span) == "" {
			p := d.part(n, found.Span.Start, found.Span.End, roleIn(n.Value, found.Span), "")
			d.add(f, Occurrence{Kind: kindIn(n.Value, found.Span), Pieces: []Piece{p}, Scope: scope, OutOfScope: outOfScope})
		}
	}
	for _, i := range d.marksIn(n.Span) {
		if d.explained[i] {
			continue
		}
		c := Context{Mark: d.in.Marks[i], Place: f.place(), Scope: scope}
		start, end, ok := n.Map.Decoded(d.in.Marks[i])
		if !ok {
			c.Reason, c.Note = NotEditedSafely, "escaped or folded over lines"
			d.recordReason(i, c)
			continue
		}
		at := edit.Span{Start: start, End: end}
		r := classify(n.Value, at)
		kept := t.reason(r, at, image.WordAt(n.Value, at).Span)
		switch {
		case kept == Comment:
			c.Reason, c.Scope = Comment, Comments
			d.recordReasonOutside(c, n.Value, n.Map, at)
			continue
		case kept != "":
			c.Reason = kept
		case r == RegistryHost && IsRegistryKey(assigned(n.Value[:start])):
			p := d.part(n, start, end, Registry, "")
			d.add(f, Occurrence{Pieces: []Piece{p}, Scope: scope, OutOfScope: outOfScope, FoundByMark: true})
			continue
		case r == "" && outOfScope == "":
			c.Reason = DifferentName
		case r == "" || r == RegistryHost && outOfScope != "":
			c.Reason = outOfScope
		case r == RegistryHost && strings.Contains(lineBefore(n.Value, start), "mirror"):
			c.Reason = Mirror
		default:
			c.Reason = r
		}
		d.recordReason(i, c)
	}
}

// A proseText is a text with references among its words.
type proseText struct {
	text        string
	hasComments bool       // # begins a comment
	kept        []keptPart // documents in which nothing is changed
}

// reason returns why the reference or mark at is not changed, "" if its text
// decides. class is the result of classify, "" for a reference; word is the
// word around at.
func (t *proseText) reason(class Reason, at, word edit.Span) Reason {
	switch {
	case t.hasComments && inComment(t.text, at.Start):
		return Comment
	case ownRule(t.text, at):
		return OwnConfig
	}
	if r := reasonAt(t.kept, at); r != "" {
		return r
	}
	if class == "" && comparedAt(t.text, word) {
		return Compared
	}
	if class == "" || class == RegistryHost {
		return flagReason(t.text, at.Start)
	}
	return ""
}

// recordReason records the context c of the mark with index i.
func (d *detector) recordReason(i int, c Context) {
	d.explained[i] = true
	d.out.Contexts = append(d.out.Contexts, c)
}

// recordReasonOutside explains the mark of c, which is outside of all scalars. at is
// its span in text, and m maps text to the file. A reference in a comment is an
// occurrence of the scope [Comments].
func (d *detector) recordReasonOutside(c Context, text string, m edit.Map, at edit.Span) {
	i := d.markAt(c.Mark)
	if c.Reason != Comment {
		d.recordReason(i, c)
		return
	}
	line, in := lineAround(text, at)
	shift := at.Start - in.Start
	found := image.WordAt(line, in)
	role := Whole
	switch r := classify(line, in); {
	case r == "":
	case r == RegistryHost && IsRegistryKey(assigned(line[:in.Start])):
		role = Registry
	case r == URL || r == DifferentName:
		c.Reason = r
		d.recordReason(i, c)
		return
	default:
		d.recordReason(i, c)
		return
	}
	p := Piece{Path: d.in.Path, Text: line[found.Span.Start:found.Span.End], Role: role}
	if role == Registry {
		p.Text = line[in.Start:in.End]
		found.Span = in
	} else {
		p.Role = roleIn(line, found.Span)
	}
	s, ok := m.Span(found.Span.Start+shift, found.Span.End+shift)
	if !ok {
		d.recordReason(i, c)
		return
	}
	p.Span, p.Map = s, edit.Identity(s.Start, s.Len())
	d.explained[i] = true
	d.out.Occurrences = append(d.out.Occurrences, Occurrence{Kind: kindIn(line, found.Span), Pieces: []Piece{p}, Place: c.Place, Scope: Comments, OutOfScope: Comment, FoundByMark: true})
}

// flagBefore returns the name of the flag before the value at f in a list of
// arguments: registry for host in ["--registry", "host"].
func (d *detector) flagBefore(f *frame) string {
	if !f.item || f.index == 0 || f.up == nil || f.up.node.Kind != syntax.Sequence {
		return ""
	}
	before := f.up.node.Children[f.index-1].Value
	if !strings.HasPrefix(before, "-") || strings.Contains(before, "=") {
		return ""
	}
	return strings.TrimLeft(before, "-")
}
