package kustomize

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// kustomize reads the name of an entry as a regular expression, and allows a tag
// and a digest after it. Source: IsImageMatched in internal/image/image.go of
// sigs.k8s.io/kustomize/api v0.21.2.
const tagAndDigest = `(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$`

var tagAndDigestRE = regexp.MustCompile("^" + tagAndDigest)

// metaChars are the characters that make a name a regular expression. The dot
// is left out: it matches any character, but is meant as a dot.
const metaChars = `\+*?()|[]{}^$`

// A pattern is the name of an entry, ready to be compared with references.
type pattern struct {
	name string
	re   *regexp.Regexp // nil for a name without metaChars
}

// parsePattern returns the pattern of a name. It returns an error if the name is
// not a valid regular expression; kustomize then selects nothing.
func parsePattern(name string) (*pattern, error) {
	if !strings.ContainsAny(name, metaChars) {
		return &pattern{name: name}, nil
	}
	re, err := regexp.Compile("^" + name + tagAndDigest)
	if err != nil {
		if _, nameErr := regexp.Compile(name); nameErr != nil {
			err = nameErr // does not show tagAndDigest
		}
		return nil, err
	}
	return &pattern{name, re}, nil
}

// matches reports whether the entry selects ref.
func (p *pattern) matches(ref string) bool {
	if p.re != nil {
		return p.re.MatchString(ref)
	}
	if len(ref) < len(p.name) {
		return false
	}
	for i := range len(p.name) {
		if p.name[i] != ref[i] && p.name[i] != '.' {
			return false
		}
	}
	rest := ref[len(p.name):]
	return rest == "" || (rest[0] == ':' || rest[0] == '@') && tagAndDigestRE.MatchString(rest)
}

// A renamedKey is the name or newName of an entry after the move.
type renamedKey struct {
	text string             // "" if no rule moves the value
	occ  *format.Occurrence // the value, which moves with its group; nil if edit replaces it
	edit link.FileEdit      // of a regular expression with escaped dots

	byTag bool // the tag decides about the name
}

// rename applies the rules to the scalar n of the entry at p.
func (g *Graph) rename(p entryPlace, n *syntax.Node, key string) renamedKey {
	if n == nil || n.Value == "" {
		return renamedKey{}
	}
	if strings.ContainsAny(n.Value, metaChars) {
		return g.renamePattern(p, n, key)
	}
	occ := g.occurrence(p.text, n, p.field(key))
	if occ == nil || occ.Keep != "" {
		return renamedKey{occ: occ}
	}
	if m, ok := g.move(occ); ok {
		return renamedKey{text: m.New + n.Value[m.Len:], occ: occ, byTag: m.ByTag}
	}
	return renamedKey{occ: occ}
}

// renamePattern applies the rules to a regular expression: the literal text at
// its beginning may move.
func (g *Graph) renamePattern(p entryPlace, n *syntax.Node, key string) renamedKey {
	start := 0
	if n.Value[0] == '^' { // kustomize adds it anyway
		start = 1
	}
	literal, ends := literalPrefix(n.Value[start:])
	name := "x"
	if strings.HasSuffix(literal, "/") {
		name = "x/x" // Docker Hub does not put library/ before it
	}
	probe := format.Occurrence{Pieces: []format.Piece{{Text: literal + name}}}
	m, ok := g.move(&probe)
	if !ok || m.Len > len(literal) || m.Len == 0 {
		return renamedKey{}
	}
	end := ends[m.Len-1]
	if end == m.Len { // the replaced text has no escapes
		at := *n
		at.Value, at.Map = n.Value[start:], n.Map.Slice(start, len(n.Value))
		at.Map = p.text.mapOf(&at)
		piece := format.ScalarPiece(p.text.file.Path, &at, p.field(key), format.Whole, "")
		occ := &format.Occurrence{Pieces: []format.Piece{piece}, Place: format.Place{Field: p.field(key)}, FoundByMark: true}
		if same, ok := g.move(occ); !ok || same != m {
			return renamedKey{} // the rules do not read it as a reference: docker.io/.*
		}
		return renamedKey{text: n.Value[:start] + m.New + n.Value[start+end:], occ: occ}
	}
	span, ok := p.text.mapOf(n).Span(start, start+end)
	if !ok {
		return renamedKey{}
	}
	to := strings.ReplaceAll(m.New, ".", `\.`)
	return renamedKey{
		text: n.Value[:start] + to + n.Value[start+end:],
		edit: link.FileEdit{Path: p.text.file.Path, Edit: edit.Edit{Span: span, New: to}},
	}
}

// literalPrefix returns the literal text at the beginning of a regular
// expression, and for each byte of it the end of that byte in the expression.
func literalPrefix(re string) (text string, ends []int) {
	var out []byte
	i := 0
	for i < len(re) {
		c, end := re[i], i+1
		switch {
		case c == '\\' && end < len(re) && strings.IndexByte(`.-_/`, re[end]) >= 0:
			c, end = re[end], end+1
		case c != '.' && strings.IndexByte(metaChars, c) >= 0:
			return string(out), ends
		}
		if end < len(re) && strings.IndexByte("*+?{", re[end]) >= 0 {
			break // the byte is repeated or optional
		}
		out, ends, i = append(out, c), append(ends, end), end
	}
	return string(out), ends
}

// split returns the name, tag and digest of a reference as kustomize does.
// Source: Split in internal/image/image.go of sigs.k8s.io/kustomize/api.
func split(ref string) (name, tag, digest string) {
	name, digest, _ = strings.Cut(ref, "@")
	slash := max(strings.IndexByte(name, '/'), 0)
	if i := strings.IndexByte(name[slash:], ':'); i >= 0 {
		name, tag = name[:slash+i], name[slash+i+1:]
	}
	return name, tag, digest
}

// ImageName returns a reference without its tag and digest.
func ImageName(ref string) string {
	name, _, _ := split(ref)
	return name
}

// hasDomain reports whether a reference begins with a registry host.
func hasDomain(ref string) bool {
	first, _, ok := strings.Cut(ref, "/")
	return ok && (strings.ContainsAny(first, ".:") || first == "localhost")
}

// setImage returns ref after the entry n, with the name newName unless newName
// is empty. Source: SetImageValue in filters/imagetag/updater.go of
// sigs.k8s.io/kustomize/api.
func setImage(n *syntax.Node, ref, newName string) string {
	name, tag, digest := split(ref)
	if newName != "" {
		name = newName
	}
	newTag, newDigest, suffix := n.Str("newTag"), n.Str("digest"), n.Str("tagSuffix")
	switch {
	case newTag != "" || newDigest != "":
		tag, digest = newTag, newDigest
	case suffix != "":
		tag, digest = tag+suffix, ""
	}
	if tag != "" {
		name += ":" + tag
	}
	if digest != "" {
		name += "@" + digest
	}
	return name
}
