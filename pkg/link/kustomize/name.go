package kustomize

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// kustomize takes an entry's name for a regular expression and lets a tag and
// a digest follow. Source: IsImageMatched in internal/image/image.go of
// sigs.k8s.io/kustomize/api v0.21.2.
const afterName = `(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$`

var tagAndDigest = regexp.MustCompile("^" + afterName)

// metaChars are what makes a name more than a name. A dot is left out: it
// stands for any byte, and is meant as a dot.
const metaChars = `\+*?()|[]{}^$`

// A pattern is an entry's name, ready to be held against references.
type pattern struct {
	name string
	re   *regexp.Regexp // nil for a plain name
}

// patternOf returns the pattern of a name. An error says that it is no regular
// expression; kustomize then lets it select nothing.
func patternOf(name string) (*pattern, error) {
	if !strings.ContainsAny(name, metaChars) {
		return &pattern{name: name}, nil
	}
	re, err := regexp.Compile("^" + name + afterName)
	if err != nil {
		if _, own := regexp.Compile(name); own != nil {
			err = own // without what kustomize adds
		}
		return nil, err
	}
	return &pattern{name, re}, nil
}

// selects reports whether the entry selects ref.
func (p *pattern) selects(ref string) bool {
	if p == nil {
		return false
	}
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
	return rest == "" || (rest[0] == ':' || rest[0] == '@') && tagAndDigest.MatchString(rest)
}

// A renamed is what the rules make of an entry's name or newName.
type renamed struct {
	text string             // "" when no rule moves it
	occ  *format.Occurrence // what moves with its group; nil when edit does it
	edit link.FileEdit      // of a regular expression whose dots are escaped
}

// rename asks the rules about the scalar n. Of a regular expression, what is
// spelled out at its beginning may move.
func (g *Graph) rename(o origin, n *syntax.Node, key string) renamed {
	if n == nil || n.Value == "" {
		return renamed{}
	}
	if !strings.ContainsAny(n.Value, metaChars) {
		occ := g.occurrence(o.file, n, o.by, o.field(key))
		if occ == nil || occ.Keep != "" {
			return renamed{occ: occ}
		}
		if m, ok := g.move(occ); ok {
			return renamed{text: m.New + n.Value[m.Len:], occ: occ}
		}
		return renamed{occ: occ}
	}
	start := 0
	if n.Value[0] == '^' { // as kustomize begins it anyway
		start = 1
	}
	spelled, ends := spelledOut(n.Value[start:])
	some := "x"
	if strings.HasSuffix(spelled, "/") {
		some = "x/x" // no name that library/ is put before
	}
	probe := format.Occurrence{Pieces: []format.Piece{{Text: spelled + some}}}
	m, ok := g.move(&probe)
	if !ok || m.Len > len(spelled) || m.Len == 0 {
		return renamed{}
	}
	end := ends[m.Len-1]
	if end == m.Len { // nothing is escaped in what moves
		at := *n
		at.Value, at.Map = n.Value[start:], n.Map.Slice(start, len(n.Value))
		if o.by != nil {
			at.Map = at.Map.Compose(o.by)
		}
		p := format.ScalarPiece(o.file.Path, &at, o.field(key), format.Whole, "")
		occ := &format.Occurrence{Pieces: []format.Piece{p}, Place: format.Place{Field: o.field(key)}, FoundByMark: true}
		if same, ok := g.move(occ); !ok || same != m {
			return renamed{} // to the rules it is no reference: docker.io/.*
		}
		return renamed{text: n.Value[:start] + m.New + n.Value[start+end:], occ: occ}
	}
	by := n.Map
	if o.by != nil {
		by = by.Compose(o.by)
	}
	s, ok := by.Span(start, start+end)
	if !ok {
		return renamed{}
	}
	to := strings.ReplaceAll(m.New, ".", `\.`)
	return renamed{text: n.Value[:start] + to + n.Value[start+end:], edit: link.FileEdit{Path: o.file.Path, Edit: edit.Edit{Span: s, New: to}}}
}

// spelledOut returns what a regular expression spells out at its beginning,
// and for each byte of it where it ends in the expression.
func spelledOut(re string) (text string, ends []int) {
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
			break // as often as one likes
		}
		out, ends, i = append(out, c), append(ends, end), end
	}
	return string(out), ends
}

// split cuts a reference into its name, tag and digest as kustomize does.
// Source: Split in internal/image/image.go of sigs.k8s.io/kustomize/api.
func split(ref string) (name, tag, digest string) {
	name, digest, _ = strings.Cut(ref, "@")
	slash := max(strings.IndexByte(name, '/'), 0)
	if i := strings.IndexByte(name[slash:], ':'); i >= 0 {
		name, tag = name[:slash+i], name[slash+i+1:]
	}
	return name, tag, digest
}

// set returns ref as the entry n leaves it, with newName for its name if that
// is not empty. Source: SetImageValue in filters/imagetag/updater.go there.
func set(n *syntax.Node, ref, newName string) string {
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

// ImageName returns a reference without its tag and digest.
func ImageName(ref string) string {
	name, _, _ := split(ref)
	return name
}
