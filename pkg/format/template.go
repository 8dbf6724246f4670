package format

import (
	"errors"
	"path"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/internal/template"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// Template is a template of YAML with the name of one: a chart's helpers,
// deploy.yaml.tmpl, pod.yml.j2. [YAML] recognizes templates that are named like
// plain YAML by their content. Files with any other name that begin with an object of
// Kubernetes are templates, too: pod.j2, pod.yaml.bak, manifests without an extension.
var Template = &Format{
	Name:   "template",
	Doc:    "YAML templates: Go templates (Helm and others), Jinja2",
	Detect: isTemplate,
	Scan:   scanTemplate,
	Verify: verifyTemplate,
}

var templateExt = set(".tpl", ".tmpl", ".gotmpl", ".template", ".j2", ".jinja", ".jinja2", ".in", ".erb", ".mustache", ".hbs", ".gtpl")

func isTemplate(name string, src []byte) bool {
	ext := path.Ext(name)
	if !templateExt[ext] {
		return beginsWithObject(src)
	}
	switch path.Ext(strings.TrimSuffix(name, ext)) {
	case ".yaml", ".yml", ".json":
		return true
	case "":
		if ext == ".tpl" && template.Sniff(src) && !isDockerfile(name, src) {
			return true
		}
	}
	return beginsWithObject(src)
}

// objectStart matches the begin of a file with an object of Kubernetes: its first key
// after comments, actions and blank lines. No key follows apiVersion and kind in a line.
var objectStart = regexp.MustCompile(`^(?:\xef\xbb\xbf)?(?:(?:[ \t]*(?:#.*|\{\{.*\}\}|\{%.*%\}|---.*)?[ \t]*)\r?\n)*(?:apiVersion|kind):[ \t]+["'\w{][^\n:]*\r?\n`)

// otherObjectKeys match a key at the begin of a line that is apiVersion or kind.
var otherObjectKeys = regexp.MustCompile(`(?m)^(apiVersion|kind):[ \t]`)

// beginsWithObject reports whether src begins with an object of Kubernetes.
func beginsWithObject(src []byte) bool {
	start := objectStart.FindIndex(src)
	if start == nil {
		return false
	}
	seen := map[string]bool{}
	for _, m := range otherObjectKeys.FindAllSubmatch(src[:min(len(src), start[1]+maxObjectHead)], 20) {
		seen[string(m[1])] = true
	}
	return len(seen) == 2
}

// maxObjectHead is the number of bytes after the first key of an object in which its other
// key must be.
const maxObjectHead = 4096

func scanTemplate(in Input) (ScanResult, error) {
	if err := checkParts("template", in.Src); err != nil {
		return ScanResult{}, err
	}
	file, err := template.Parse(in.Src, in.May)
	var wrong *syntax.ParseError
	if errors.As(err, &wrong) {
		return scanFallbackText(in), nil
	} else if err != nil {
		return ScanResult{}, err
	}
	if ext := path.Ext(in.Path); in.As == "" && templateExt[ext] {
		in.As = strings.TrimSuffix(in.Path, ext) // what the template makes
	}
	d := newDetector(in)
	d.frames = map[*syntax.Node]*frame{}
	// The detector reads actions as variables, so that their marks are left for
	// literal and recordReasonOutside.
	var reserved []int
	for _, l := range file.Literals {
		reserved = append(reserved, d.marksIn(l.Span)...)
	}
	for _, c := range file.Comments {
		reserved = append(reserved, d.marksIn(c)...)
	}
	for _, i := range reserved {
		d.explained[i] = true
	}
	d.documents(file.Docs)
	for _, i := range reserved {
		d.explained[i] = false
	}
	for i := range file.Literals {
		f := d.frames[file.Literals[i].Scalar]
		if f == nil {
			f = &frame{}
		}
		d.literal(&file.Literals[i], f)
	}
	for _, c := range file.Comments {
		for _, i := range d.marksIn(c) {
			if !d.explained[i] {
				d.recordReasonOutside(Context{Mark: in.Marks[i], Reason: Comment, Scope: Comments}, d.text(), edit.Identity(0, len(in.Src)), in.Marks[i])
			}
		}
	}
	for _, p := range file.Unparsed {
		d.fallbackText(p)
		d.fallbackImages(p)
	}
	d.finish(outsideYAML)
	d.out.Unverified = !file.Verified
	return d.out, nil
}

// actionLiterals reads the string literals of the actions in the value at f of a
// file that is not itself a template, such as one with variables of Ansible.
func (d *detector) actionLiterals(f *frame) {
	n := f.node
	file, err := template.Parse([]byte(n.Value), nil)
	if err != nil {
		return
	}
	for i := range file.Literals {
		l := &file.Literals[i]
		l.Map = l.Map.Compose(n.Map)
		span, ok1 := n.Map.Enclosing(l.Span.Start, l.Span.End)
		action, ok2 := n.Map.Enclosing(l.Action.Start, l.Action.End)
		if ok1 && ok2 {
			l.Span, l.Action = span, action
			d.literal(l, f)
		}
	}
}

// literal adds the references of l, a string literal of an action in the value
// at f, or explains its marks.
func (d *detector) literal(l *template.Literal, f *frame) {
	text, cut := image.TrimTransport(l.Text)
	literal := decodedText{l.Text, l.Map, l.Span}
	if c := d.literalContext(l, f); c.Reason != "" {
		for _, i := range d.marksIn(l.Span) {
			if !d.explained[i] {
				c.Mark, c.Place = d.in.Marks[i], f.place()
				d.recordReason(i, c)
			}
		}
		return
	}
	host := strings.TrimSuffix(text, "/")
	isHost := image.IsHost(host)
	isName := !isHost || !strings.ContainsAny(host, "./[") // redis:7 is a name with a tag
	switch {
	case d.kotsImage(l, f, literal):
	case isName && isReference(text) && d.isImageDefault(l, f):
		d.add(f, Occurrence{IsImage: true, Pieces: []Piece{d.cut(literal, cut, len(l.Text), Whole)}})
	case isName && d.isFallbackImage(l, f, text):
		d.add(f, Occurrence{LikelyImage: true, Note: inFallback, Pieces: []Piece{d.cut(literal, cut, len(l.Text), Whole)}})
	case isName && d.isFallbackImage(l, f, withoutFormat(text)):
		d.add(f, Occurrence{LikelyImage: true, Note: inFallback, Pieces: []Piece{d.cut(literal, cut, cut+strings.LastIndexByte(text, ':'), Whole)}})
	case isHost && (l.Default || d.beforeSlash(l) || f.node != nil && IsRegistryKey(f.effectiveKey())):
		o := Occurrence{Pieces: []Piece{d.cut(literal, cut, len(l.Text), Registry)}}
		o.Pieces[0].Literal = true
		o.Tail, o.IsOpen = d.textAfter(l, f)
		d.add(f, o)
	case hasDomain(text):
		d.add(f, Occurrence{Pieces: []Piece{d.cut(literal, cut, len(l.Text), Whole)}})
	default:
		d.literalWords(l, f)
	}
}

// literalContext returns the reason for which l is not changed, in the value
// at f. The reason is empty if the text of l decides.
func (d *detector) literalContext(l *template.Literal, f *frame) Context {
	switch {
	case f.keep != "":
		return Context{Reason: f.keep, Note: f.note, Scope: Manifests}
	case failAction.Match(d.in.Src[l.Action.Start:min(l.Action.End, len(d.in.Src))]):
		return Context{Reason: Prose, Note: "an error message of the template", Scope: Docs}
	case l.Compared:
		return Context{Reason: Compared, Scope: Manifests}
	case f.prose:
		return Context{Reason: Prose, Scope: Docs}
	}
	return Context{}
}

// literalWords adds the references among the words of l, and explains the
// other marks.
func (d *detector) literalWords(l *template.Literal, f *frame) {
	literal := decodedText{l.Text, l.Map, l.Span}
	for _, found := range image.Find(l.Text) {
		d.add(f, Occurrence{Kind: kindIn(l.Text, found.Span), Pieces: []Piece{d.cut(literal, found.Span.Start, found.Span.End, roleIn(l.Text, found.Span))}})
	}
	for _, i := range d.marksIn(l.Span) {
		if d.explained[i] {
			continue
		}
		c := Context{Mark: d.in.Marks[i], Reason: NotEditedSafely, Note: "escaped", Place: f.place()}
		if start, end, ok := l.Map.Decoded(c.Mark); ok {
			if c.Reason, c.Note = classify(l.Text, edit.Span{Start: start, End: end}), ""; c.Reason == "" {
				c.Reason = DifferentName
			}
		}
		d.recordReason(i, c)
	}
}

// failAction matches an action that ends the rendering with a message.
var failAction = regexp.MustCompile(`\b(?:fail|required)\s`)

var (
	fallbackHead = regexp.MustCompile(`^\{\{-?\s*(?:(?:\$?[.\w]+\s*\|\s*)?default\s+|[\w.]+\s*\|\s*default\(\s*)$`)
	fallbackTail = regexp.MustCompile(`^(?:(?:\s+\$?[.\w]+)?\s*(?:\|\s*quote\s*)?|\s*(?:,\s*[Tt]rue\s*)?\)\s*)-?\}\}$`)
)

// isImageDefault reports whether l is the default of an image field, alone or
// before a tag: image: {{ .Values.image | default "nginx" }}:{{ .Values.tag }}. A
// name without a domain is then an image too.
func (d *detector) isImageDefault(l *template.Literal, f *frame) bool {
	src := d.in.Src
	if f.node == nil || l.Scalar != f.node || l.Action.End > len(src) || !d.isImageField(f) {
		return false
	}
	first := f.node.Span.Start == l.Action.Start || f.node.Span.Start+1 == l.Action.Start && strings.IndexByte(`"'`, src[f.node.Span.Start]) >= 0
	return first && (l.Action.End == len(src) || strings.IndexByte("\"':@ \t\r\n", src[l.Action.End]) >= 0) &&
		fallbackHead.Match(src[l.Action.Start:l.Span.Start]) && fallbackTail.Match(src[l.Span.End:l.Action.End])
}

// textAfter returns the name that the template prints after the registry l, and
// whether there is text after it that is not known. The value of a key that names
// a registry ends with l.
func (d *detector) textAfter(l *template.Literal, f *frame) (name string, isOpen bool) {
	if !d.beforeSlash(l) {
		isValue := f.node != nil && IsRegistryKey(f.effectiveKey())
		return "", !isValue
	}
	return nameAfter(l.Text, d.in.Src[l.Action.End:])
}

// nameAfter returns the name at the start of rest, which follows registry and begins with a
// slash, and whether text that is not known follows it.
func nameAfter(registry string, rest []byte) (name string, isOpen bool) {
	n := 0
	for n < len(rest) && (isNameByte(rest[n])) {
		n++
	}
	switch {
	case n < len(rest) && (rest[n] == '{' || rest[n] == '$' || rest[n] == '<'):
		return "", true
	case n < 2 || !isReference(strings.TrimSuffix(registry, "/")+string(rest[:n])):
		return "", true
	}
	return string(rest[:n]), false
}

// isNameByte reports whether c may be in the path of a reference.
func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("/._-", c) >= 0
}

// beforeSlash reports whether a slash follows the action of l:
// {{ .registry | default "host" }}/name.
func (d *detector) beforeSlash(l *template.Literal) bool {
	return l.Action.End < len(d.in.Src) && d.in.Src[l.Action.End] == '/'
}

// verifyTemplate accepts edits of text that only looks like a template.
func verifyTemplate(c Change) error {
	_, err := template.Parse(c.Before, nil)
	var wrong *syntax.ParseError
	if errors.As(err, &wrong) {
		return nil // text that no parser accepts: see scanFallbackText
	}
	return template.Verify(c.Before, c.Edits)
}
