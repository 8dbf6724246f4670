package format

import (
	"bytes"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/internal/template"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// YAML is any YAML file: Kubernetes manifests, Helm values, kustomizations,
// and any other file with references in fields.
var YAML = &Format{
	Name:   "yaml",
	Doc:    "YAML: Kubernetes manifests, Helm values, kustomizations and any other",
	Detect: func(path string, _ []byte) bool { return HasYAMLName(path) },
	Scan:   scanYAML,
	Verify: verifyYAML,
}

// HasYAMLName reports whether the name of the file is one of a YAML file.
func HasYAMLName(file string) bool {
	switch path.Ext(file) {
	case ".yaml", ".yml":
		return true
	}
	switch path.Base(file) {
	case "Kustomization", "Chart.lock", "requirements.lock":
		return true
	}
	return false
}

func scanYAML(in Input) (ScanResult, error) {
	file, err := in.Parsed.ParseYAML(in.Src, in.May)
	switch wrong := (*syntax.ParseError)(nil); {
	case errors.As(err, new(*LimitError)):
		return ScanResult{}, err
	case template.Sniff(in.Src) && (err != nil || bracesAreActions(in.Src, file.Docs)):
		return scanTemplate(in)
	case errors.As(err, &wrong):
		return scanYAMLParts(in)
	case err != nil:
		return ScanResult{}, err
	}
	in.editsEscapes = !template.Sniff(in.Src)
	in.setDocs(file.Docs)
	return detect(in, file.Docs, outsideYAML), nil
}

// verifyYAML verifies the edits as those of YAML, of a template or of text, as
// scanYAML reads the file.
func verifyYAML(c Change) error {
	err := c.Parsed.VerifyYAML(c.Before, c.Edits)
	if err == nil && !template.Sniff(c.Before) {
		return nil
	}
	// Find out whether the edits are wrong, or the file is not YAML: parse the
	// parts that contain edits.
	file, unread := c.Parsed.ParseYAML(c.Before, touchedBy(c.Before, c.Edits))
	switch {
	case errors.As(unread, new(*LimitError)):
		return unread
	case template.Sniff(c.Before) && (unread != nil || bracesAreActions(c.Before, file.Docs)):
		return verifyTemplate(c)
	case unread != nil:
		return verifyYAMLParts(c)
	}
	return err
}

// scanYAMLParts scans a file with a document that no parser accepts. It reads the other
// documents as YAML.
func scanYAMLParts(in Input) (ScanResult, error) {
	docs, unread, err := syntax.ParseYAMLParts(in.Src, in.May)
	if err != nil {
		return ScanResult{}, err
	}
	if len(docs) == 0 {
		return scanFallbackText(in), nil
	}
	d := newDetector(in)
	d.documents(docs)
	for _, part := range unread {
		d.fallbackText(part)
		d.fallbackImages(part)
		d.fallbackEscapedImages(part)
	}
	d.finish(outsideYAML)
	d.out.Unverified = true
	d.out.Mappings = append(d.out.Mappings, mappingsOfFile(Manifests, d.text(), in.Marks)...)
	return d.out, nil
}

// verifyYAMLParts verifies the edits in the documents that can be read. The parts that no
// parser accepts are edited as text: see scanFallbackText.
func verifyYAMLParts(c Change) error {
	_, unread, err := c.Parsed.ParseYAMLParts(c.Before, touchedBy(c.Before, c.Edits))
	if err != nil {
		return err
	}
	read := slices.DeleteFunc(slices.Clone(c.Edits), func(e edit.Edit) bool {
		return slices.ContainsFunc(unread, func(s edit.Span) bool { return s.Start <= e.Start && e.Start < s.End })
	})
	if len(read) == 0 {
		return nil
	}
	return c.Parsed.VerifyYAML(c.Before, read)
}

// maxDocumentCheck is the size in bytes of the largest file whose documents without an edit
// are parsed to find a broken one.
const maxDocumentCheck = 256 << 10

// HasUnreadDocument reports whether the file at path, of up to 256 KiB, is a stream of YAML
// documents of which one cannot be read. Parsed may be nil.
func HasUnreadDocument(path string, src []byte, parsed *syntax.Memo) bool {
	if !HasYAMLName(path) || len(src) > maxDocumentCheck || !bytes.Contains(src, []byte("\n---")) || template.Sniff(src) {
		return false
	}
	_, unread, err := parsed.ParseYAMLParts(src, nil)
	return err == nil && len(unread) > 0
}

// touchedBy returns a function that reports whether an edit touches a part of before. It
// must be called for the parts in their order.
func touchedBy(before []byte, edits []edit.Edit) func(part []byte) bool {
	at := 0
	return func(part []byte) bool {
		start := at + bytes.Index(before[at:], part)
		at = start + len(part)
		return slices.ContainsFunc(edits, func(e edit.Edit) bool { return e.Start >= start && e.Start <= at })
	}
}

// bracesAreActions reports whether the parser read `{{ x }}` as a mapping whose
// key is a mapping: the file is a template that is also YAML.
func bracesAreActions(src []byte, docs []*syntax.Document) bool {
	var in func(n *syntax.Node) bool
	in = func(n *syntax.Node) bool {
		for i, c := range n.Children {
			if n.Kind == syntax.Mapping && i%2 == 0 && c.Kind == syntax.Mapping && bytes.HasPrefix(src[n.Span.Start:], []byte("{{")) || in(c) {
				return true
			}
		}
		return false
	}
	for _, d := range docs {
		if d.Root != nil && in(d.Root) {
			return true
		}
	}
	return false
}

// outsideYAML explains a mark outside of all scalars: it is in a comment, a
// directive, or the name of an anchor or a tag.
func outsideYAML(text string, mark edit.Span) Context {
	line := lineBefore(text, mark.Start)
	line = line[strings.LastIndexByte(line, '\r')+1:]
	for i := 0; i < len(line); i++ {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return Context{Mark: mark, Reason: Comment, Scope: Comments}
		}
	}
	return Context{Mark: mark, Reason: Key, Note: "the name of an anchor, a tag or a directive"}
}
