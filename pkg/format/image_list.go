package format

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// ImageList is a file with one reference in each line, such as the list of
// images that scripts copy for an installation without network. Text after a
// blank or a comma is not read.
// Source: https://ranchermanager.docs.rancher.com/getting-started/installation-and-upgrade/other-installation-methods/air-gapped-helm-cli-install/publish-images
var ImageList = &Format{
	Name:   "image-list",
	Doc:    "lists of images, one in each line: images.txt, rancher-images.txt",
	Detect: isImageList,
	Scan:   scanImageList,
	Verify: verifyImageList,
}

// A listLine is a line of an image list.
type listLine struct {
	word      edit.Span // the reference; empty for a line without one
	isComment bool
}

// isImageList decides by the name and by the content: all lines are references,
// and most of them have a registry, a path, a tag or a digest.
func isImageList(name string, src []byte) bool {
	if !hasImageListName(name) || bytes.IndexByte(src, 0) >= 0 {
		return false
	}
	lines := listLines(src)
	words, complete := 0, 0
	for _, l := range lines {
		if l.word.Len() == 0 {
			continue
		}
		text, _ := image.TrimTransport(string(src[l.word.Start:l.word.End]))
		r, err := image.Parse(text)
		if err != nil || hasSuffix(strings.ToLower(r.Path), pictures) {
			return false
		}
		words++
		if r.Tag != "" || r.Digest != "" || r.Domain != "" {
			complete++
		}
	}
	return words > 0 && 2*complete >= words
}

// hasImageListName reports whether name is one of a list of images.
func hasImageListName(name string) bool {
	base := strings.ToLower(path.Base(name))
	switch path.Ext(base) {
	case ".txt", ".lst", ".list", ".csv":
		return strings.Contains(base, "image")
	}
	return false
}

func listLines(src []byte) []listLine {
	var out []listLine
	at := 0
	for line := range bytes.Lines(src) {
		text := string(line)
		start := len(text) - len(strings.TrimLeft(text, " \t\ufeff"))
		l := listLine{isComment: strings.HasPrefix(text[start:], "#")}
		if end := strings.IndexAny(text[start:], " \t\r\n,;"); !l.isComment {
			if end < 0 {
				end = len(text) - start
			}
			l.word = edit.Span{Start: at + start, End: at + start + end}
		}
		out = append(out, l)
		at += len(line)
	}
	return out
}

func scanImageList(in Input) (ScanResult, error) {
	root := &syntax.Node{Kind: syntax.Sequence}
	for _, l := range listLines(in.Src) {
		if n := l.word.Len(); n > 0 {
			root.Children = append(root.Children, &syntax.Node{Kind: syntax.Scalar, Value: string(in.Src[l.word.Start:l.word.End]), Span: l.word, Map: edit.Identity(l.word.Start, n)})
		}
	}
	d := newDetector(in)
	d.formatFields = func(f *frame) fieldKind {
		if f.item && f.up.up == nil {
			return imageField
		}
		return unknownField
	}
	d.documents([]*syntax.Document{{Root: root, Span: edit.Span{End: len(in.Src)}}})
	d.finish(func(text string, mark edit.Span) Context {
		line, at := lineAround(text, mark)
		if strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") {
			return Context{Mark: mark, Reason: Comment, Scope: Comments}
		}
		c := Context{Mark: mark, Reason: classify(line, at)}
		if c.Reason == "" {
			c.Reason, c.Note = NotEditedSafely, "not the first word of the line"
		}
		return c
	})
	return d.out, nil
}

// verifyImageList accepts edits inside the references and the comments.
func verifyImageList(c Change) error {
	after, err := edit.Apply(c.Before, c.Edits)
	if err != nil {
		return err
	}
	b, a := listLines(c.Before), listLines(after)
	if len(b) != len(a) {
		return fmt.Errorf("expected %d lines, got %d", len(b), len(a))
	}
	for i, l := range b {
		if l.isComment != a[i].isComment || (l.word.Len() > 0) != (a[i].word.Len() > 0) || !isReference(string(after[a[i].word.Start:a[i].word.End])) && isReference(string(c.Before[l.word.Start:l.word.End])) {
			return fmt.Errorf("line %d: the edits change the form of the line", i+1)
		}
	}
	return nil
}
