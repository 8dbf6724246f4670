package format

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// renovateComment matches a comment with which Renovate finds the image of the
// version in the next line. The first group is the comment from `renovate:`.
// Source: https://docs.renovatebot.com/modules/manager/regex/
var renovateComment = regexp.MustCompile(`(?:#|//|/\*|<!--|--|;)[ \t]*(renovate:[^\n]*)`)

// renovateName matches the name of the image in such a comment.
var renovateName = regexp.MustCompile(`\b(depName|packageName|lookupName)\s*=\s*["']?([^\s"',]+)`)

// ratchetComment matches the comment in which ratchet keeps the reference that a
// digest replaces, at the end of the line.
// Source: https://github.com/sethvargo/ratchet#readme
var ratchetComment = regexp.MustCompile(`#[ \t]*ratchet:([^\s#]+)`)

// addTextImages adds the references that tables find in the text of the file.
func addTextImages(in Input, s *ScanResult) {
	all := entries().files
	for _, f := range in.Fields {
		all = append(slices.Clip(all), f.entry)
	}
	for _, e := range all {
		if len(e.text) == 0 || !e.matchesFile(&in) {
			continue
		}
		src := in.Src
		if blank := blankComments[e.Comments]; blank != nil {
			src = blank(src)
		}
		for _, x := range e.text {
			for _, m := range x.FindAllSubmatchIndex(src, -1) {
				span := edit.Span{Start: m[2], End: m[3]}
				switch {
				case m[2] < 0:
				case x.SubexpNames()[1] == likelyGroup:
					addLikely(in, s, span, e.scope)
				default:
					addReference(in, s, span, e.scope)
				}
			}
		}
		addImageLines(in, s, e.scope)
	}
}

// likelyGroup is the name of the group of a regular expression that finds likely images.
const likelyGroup = "likely"

// addLikely adds the name at span, which is only likely an image, unless something is found
// there already. Names with a domain are found without it. A tag may be made of variables: then it follows the span.
func addLikely(in Input, s *ScanResult, span edit.Span, scope Scope) {
	name := string(in.Src[span.Start:span.End])
	isKnown := s.hasNear(span, func(o *Occurrence) bool {
		return slices.ContainsFunc(o.Pieces, func(p Piece) bool { return p.Span.Start < span.End && span.Start < p.Span.End })
	})
	if isKnown || !isReference(name) || hasDomain(name) || hasSuffix(name, pictures) {
		return
	}
	isUntagged := !strings.ContainsAny(name, ":@") && !bytes.HasPrefix(in.Src[span.End:], []byte(":"))
	s.replace(Occurrence{LikelyImage: true, IsUntagged: isUntagged, Scope: scope,
		Pieces: []Piece{{Path: in.Path, Text: name, Span: span, Map: edit.Identity(span.Start, len(name))}}})
}

// addImageLines adds the short names that lines of YAML with the key image have in a
// here-document or a text in quotes: a manifest, or values of a chart. They are likely
// images.
func addImageLines(in Input, s *ScanResult, scope Scope) {
	for _, m := range imageLine.FindAllSubmatchIndex(in.Src, -1) {
		span := edit.Span{Start: m[2], End: m[3]}
		name := string(in.Src[span.Start:span.End])
		if !isReference(name) || hasDomain(name) || hasSuffix(name, pictures) {
			continue
		}
		s.replace(Occurrence{LikelyImage: true, IsUntagged: !strings.ContainsAny(name, ":@"), Scope: scope,
			Pieces: []Piece{{Path: in.Path, Text: name, Span: span, Map: edit.Identity(span.Start, len(name))}}, Place: Place{Field: "image"}})
	}
}

// addRepositoryLines adds the short names that lines of YAML have as the repository of an
// image, in a here-document with the values of a chart. They are likely images.
func addRepositoryLines(in Input, s *ScanResult, scope Scope) {
	for _, m := range imageRepositoryLines.FindAllSubmatchIndex(in.Src, -1) {
		span := edit.Span{Start: m[2], End: m[3]}
		name := string(in.Src[span.Start:span.End])
		if !isReference(name) || hasDomain(name) {
			continue
		}
		o := Occurrence{LikelyImage: true, InRepositoryKey: true, IsUntagged: m[4] < 0, Scope: scope,
			Pieces: []Piece{{Path: in.Path, Text: name, Span: span, Map: edit.Identity(span.Start, len(name))}}, Place: Place{Field: "repository"}}
		if m[4] >= 0 {
			o.Tag = string(in.Src[m[4]:m[5]])
		}
		s.replace(o)
	}
}

// addToolComments adds the references in comments that tools read. They move with
// what they describe, whatever scopes the run selects.
func addToolComments(in Input, s *ScanResult) {
	if bytes.Contains(in.Src, []byte("renovate:")) {
		for _, m := range renovateComment.FindAllSubmatchIndex(in.Src, -1) {
			if name, ok := renovateImage(in.Src[m[2]:m[3]]); ok {
				addReference(in, s, edit.Span{Start: m[2] + name.Start, End: m[2] + name.End}, Manifests)
			}
		}
	}
	if bytes.Contains(in.Src, []byte("ratchet:")) {
		for _, m := range ratchetComment.FindAllSubmatchIndex(in.Src, -1) {
			if followsImage(in.Src, s, m[0]) {
				addReference(in, s, edit.Span{Start: m[2], End: m[3]}, Manifests)
			}
		}
	}
}

// renovateImage returns the span of the name of the image in comment. It is false
// if the comment is about something else, or names a registry of its own.
func renovateImage(comment []byte) (edit.Span, bool) {
	if !bytes.Contains(comment, []byte("datasource=docker")) || bytes.Contains(comment, []byte("registryUrl")) {
		return edit.Span{}, false
	}
	var found edit.Span
	for _, m := range renovateName.FindAllSubmatchIndex(comment, -1) {
		if found.Len() == 0 || string(comment[m[2]:m[3]]) != "depName" { // packageName is the name if both exist
			found = edit.Span{Start: m[4], End: m[5]}
		}
	}
	return found, found.Len() > 0
}

// followsImage reports whether the line of the comment at offset at has, before
// the comment, one image that may move.
func followsImage(src []byte, s *ScanResult, at int) bool {
	start := bytes.LastIndexByte(src[:at], '\n') + 1
	return s.hasNear(edit.Span{Start: start, End: at}, func(o *Occurrence) bool {
		p := o.Pieces[len(o.Pieces)-1].Span
		return p.Start >= start && p.End <= at && o.Keep == "" && o.OutOfScope == ""
	})
}

// addReference adds the reference at span, and removes what the scan found there.
func addReference(in Input, s *ScanResult, span edit.Span, scope Scope) {
	text, n := image.TrimTransport(string(in.Src[span.Start:span.End]))
	span.Start += n
	if start, isUntagged, ok := nameAfterVariable(text, true); ok {
		span.Start += start
		s.replace(Occurrence{LikelyImage: true, IsUntagged: isUntagged, AfterVariable: true, Note: mayHoldRegistry, Scope: scope,
			Pieces: []Piece{{Path: in.Path, Text: text[start:], Span: span, Map: edit.Identity(span.Start, span.Len())}}})
		return
	}
	if !isReference(text) || text == "scratch" {
		return
	}
	s.replace(Occurrence{IsImage: true, LikelyImage: true, Scope: scope, InRepositoryKey: !strings.ContainsAny(text, ":@"),
		Pieces: []Piece{{Path: in.Path, Text: text, Span: span, Map: edit.Identity(span.Start, len(text))}}})
}
