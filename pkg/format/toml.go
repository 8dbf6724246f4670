package format

import (
	"bytes"
	"errors"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// TOML is any TOML file: the configuration of containerd, CRI-O and Podman,
// and what else holds references in fields.
var TOML = &Format{
	Name:   "toml",
	Doc:    "TOML: containerd, CRI-O and any other",
	Detect: isTOML,
	Scan:   scanTOML,
	Verify: verifyTOML,
}

// isTOML takes a .conf file too when it is TOML with text in it, as those of
// CRI-O and Podman are.
func isTOML(name string, src []byte) bool {
	switch path.Ext(name) {
	case ".toml":
		return true
	case ".conf":
		if !bytes.ContainsAny(src, `"'`) {
			return false
		}
		file, err := parseTOML(src)
		return err == nil && slices.ContainsFunc(file.tokens, func(t tomlToken) bool { return t.text })
	}
	return false
}

func scanTOML(in Input) (ScanResult, error) {
	file, err := parseTOML(in.Src)
	switch wrong := (*syntax.ParseError)(nil); {
	case errors.As(err, &wrong):
		return scanFallbackText(in), nil
	case err != nil:
		return ScanResult{}, err
	}
	file.mirrors(in.Path)
	file.credentials(file.root.node, file.root.at, 0)
	sort.Slice(file.notes, func(i, j int) bool { return file.notes[i].span.Start < file.notes[j].span.Start })
	outside := func(_ string, mark edit.Span) Context {
		if x, ok := file.noteAt(mark); ok {
			return Context{Mark: mark, Reason: x.reason, Place: Place{Field: x.at.field()}}
		}
		return Context{Mark: mark, Reason: Comment, Scope: Comments}
	}
	return detect(in, []*syntax.Document{{Root: file.root.node, Span: edit.Span{End: len(in.Src)}}}, outside), nil
}

// A tomlNote says why whatever stands in span stays.
type tomlNote struct {
	span   edit.Span
	reason Reason
	at     *frame
}

// noteAt returns the note on the bytes m.
func (f *tomlFile) noteAt(m edit.Span) (tomlNote, bool) {
	i := sort.Search(len(f.notes), func(i int) bool { return f.notes[i].span.Start > m.Start }) - 1
	if i < 0 || !f.notes[i].span.Contains(m) {
		return tomlNote{}, false
	}
	return f.notes[i], true
}

// mirrors takes out of the tree what is a table of mirrors by its form, and
// leaves notes in its place: containers-registries.conf, and hosts.toml of
// containerd.
// Sources: https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md,
// https://github.com/containerd/containerd/blob/main/docs/hosts.md
func (f *tomlFile) mirrors(name string) {
	root := f.root.node
	if path.Base(name) == "hosts.toml" && (root.Field("server") != nil || root.Field("host") != nil) {
		f.noteNames("")
		f.note(root, &frame{}, Mirror)
		root.Children = nil
		return
	}
	list := root.Field("registry")
	if list == nil || list.Kind != syntax.Sequence {
		return
	}
	for _, item := range list.Children {
		if item.Field("location") == nil && item.Field("prefix") == nil {
			return
		}
	}
	f.noteNames(".registry[")
	f.note(list, &frame{up: f.root.at, key: "registry"}, Mirror)
	for i := 0; i+1 < len(root.Children); i += 2 {
		if root.Children[i+1] == list {
			root.Children = slices.Delete(root.Children, i, i+2)
			return
		}
	}
}

// credentials takes the registry.configs of containerd out of the tables below
// n, which stands at at: a host's credentials and certificates.
func (f *tomlFile) credentials(n *syntax.Node, at *frame, depth int) {
	if n.Kind != syntax.Mapping || depth > maxTOMLDepth {
		return
	}
	for i := 0; i+1 < len(n.Children); i += 2 {
		k, v := n.Children[i], n.Children[i+1]
		below := &frame{up: at, key: k.Value}
		if k.Value == "configs" && at.key == "registry" {
			f.note(v, below, Credentials)
			n.Children = slices.Delete(n.Children, i, i+2)
			return
		}
		f.credentials(v, below, depth+1)
	}
}

// note notes every scalar in n, which stands at at, as kept for r.
func (f *tomlFile) note(n *syntax.Node, at *frame, r Reason) {
	switch n.Kind {
	case syntax.Scalar:
		if n.Span.Len() > 0 {
			f.notes = append(f.notes, tomlNote{n.Span, r, at})
		}
	case syntax.Sequence:
		for i, c := range n.Children {
			f.note(c, &frame{up: at, index: i, item: true}, r)
		}
	case syntax.Mapping:
		for i := 0; i+1 < len(n.Children); i += 2 {
			f.note(n.Children[i+1], &frame{up: at, key: n.Children[i].Value}, r)
		}
	}
}

// noteNames notes the names in what stands at field as part of a mirror table.
func (f *tomlFile) noteNames(field string) {
	for i := range f.notes {
		if x := &f.notes[i]; x.reason == Key && strings.HasPrefix(x.at.field(), field) {
			x.reason = Mirror
		}
	}
}

// keyReason says why a name in a table stays: as part of what is kept below
// the names above it, else as a name.
func keyReason(at *frame) Reason {
	configs := false
	for ; at != nil && at.up != nil; at = at.up {
		switch k := fold(at.key); {
		case mirrorKeys[k]:
			return Mirror
		case credentialKeys[k], configs && k == "registry":
			// registry.configs."host".auth of containerd
			return Credentials
		case k == "configs":
			configs = true
		}
	}
	return Key
}

// tomlLine returns the 1-based line of a byte offset.
func tomlLine(src []byte, offset int) int {
	return 1 + strings.Count(string(src[:min(offset, len(src))]), "\n")
}
