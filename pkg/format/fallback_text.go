package format

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// scanFallbackText scans structured text that no parser accepts. It finds
// references by their grammar, and comments, keys and kinds by the form of the
// lines. The result is unverified.
func scanFallbackText(in Input) ScanResult {
	d := newDetector(in)
	all := edit.Span{Start: 0, End: len(in.Src)}
	d.fallbackText(all)
	d.fallbackImages(all)
	d.fallbackEscapedImages(all)
	d.out.Unverified = true
	d.out.Mappings = mappingsOfFile(Manifests, d.text(), in.Marks)
	return d.out
}

var (
	lineKey       = regexp.MustCompile(`^\s*(?:-\s+)*["']?([\w./-]+)["']?\s*[:=](?:\s|$)`)
	actionDefault = regexp.MustCompile("\\{\\{-?\\s*(?:[^{}]*\\|\\s*)?default\\s+[\"`]$")
	actionEnd     = regexp.MustCompile("^/?[\"`][^\"`{}|]*\\}\\}/")

	// escapedSlash matches what follows the host of a name in double quotes with \/ for a
	// slash. YAML 1.2 and JSON allow it.
	escapedSlash = regexp.MustCompile(`^\\/(?:[\w.:@/-]|\\/)+"`)

	lineHead = regexp.MustCompile(`(?m)^(apiVersion|kind):\s*["']?([\w./-]+)`)
)

// fallbackText explains the marks in the bytes at of the source that have no
// explanation yet.
func (d *detector) fallbackText(at edit.Span) {
	for _, i := range d.marksIn(at) {
		if !d.explained[i] {
			d.fallbackMark(i)
		}
	}
}

// fallbackMark explains the mark with index i by its line.
func (d *detector) fallbackMark(i int) {
	text, m := d.text(), d.in.Marks[i]
	c := outsideYAML(text, m)
	if c.Reason == Comment {
		d.recordReasonOutside(c, text, edit.Identity(0, len(text)), m)
		return
	}
	line, at := lineAround(text, m)
	shift := m.Start - at.Start
	f := &frame{}
	if k := lineKey.FindStringSubmatchIndex(line); k != nil {
		if k[2] <= at.Start && at.End <= k[3] {
			d.recordReason(i, Context{Mark: m, Reason: Key})
			return
		}
		f.key = line[k[2]:k[3]]
		d.readKey(f)
	}
	o := d.documentAround(m)
	r, note := o.reason()
	key := fold(f.key)
	c = Context{Mark: m, Place: Place{Field: f.key}}
	found := image.WordAt(line, at)
	source := decodedText{text, edit.Identity(0, len(text)), m}
	switch class := classify(line, at); {
	case r != "":
		c.Reason, c.Note = r, note
	case f.keep != "":
		c.Reason = f.keep
	case strings.Contains(line, "container.image"):
		c.Reason, c.Note = Policy, "a condition on the image's name"
	case f.prose:
		c.Reason, c.Scope = Prose, Docs
	case hasSuffix(key, patternKeys):
		c.Reason = Pattern
	case hasSuffix(key, pathKeys):
		c.Reason = Path
	case ownRule(line, at):
		c.Reason = OwnConfig
	case class == RegistryHost && (IsRegistryKey(f.key) || IsRegistryKey(assigned(line[:at.Start])) || defaultHost(line, at)):
		d.add(f, Occurrence{Pieces: []Piece{d.cut(source, m.Start, m.End, Registry)}, FoundByMark: true})
		return
	case class == "":
		d.add(f, Occurrence{Kind: kindIn(line, found.Span), Pieces: []Piece{d.cut(source, shift+found.Span.Start, shift+found.Span.End, roleIn(line, found.Span))}, FoundByMark: true})
		return
	case class == Pattern && strings.HasSuffix(line[:at.Start], `"`) && escapedSlash.MatchString(line[at.End:]):
		c.Reason = NotEditedSafely
	default:
		c.Reason = class
	}
	d.recordReason(i, c)
}

// defaultHost reports whether the host at of line is the default of an action
// before a name: {{ default "host" .Registry }}/name.
func defaultHost(line string, at edit.Span) bool {
	return actionDefault.MatchString(line[:at.Start]) && actionEnd.MatchString(line[at.End:])
}

// documentAround returns the type of the document around m.
func (d *detector) documentAround(m edit.Span) *object {
	if d.around != nil && d.aroundAt.Contains(m) {
		return d.around
	}
	src := d.in.Src
	start := max(0, bytes.LastIndex(src[:m.Start], []byte("\n---")))
	end := len(src)
	if i := bytes.Index(src[m.End:], []byte("\n---")); i >= 0 {
		end = m.End + i
	}
	d.around, d.aroundAt = headOf(string(src[start:end])), edit.Span{Start: start, End: end}
	return d.around
}

// headOf returns the type of a document by its lines apiVersion and kind.
func headOf(text string) *object {
	o := &object{}
	for _, x := range lineHead.FindAllStringSubmatch(text, -1) {
		if x[1] == "kind" && o.kind == "" {
			o.kind = x[2]
		} else if x[1] == "apiVersion" && o.version == "" {
			o.version = x[2]
		}
	}
	return o
}
