package format

import (
	"bytes"
	"errors"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/internal/toml"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// TOML is any TOML file: the configuration of containerd, CRI-O and Podman,
// and any other file with references in fields.
var TOML = &Format{
	Name:   "toml",
	Doc:    "TOML: containerd, CRI-O and any other",
	Detect: isTOML,
	Scan:   scanTOML,
	Verify: verifyTOML,
}

// isTOML includes a .conf file that is TOML with strings, such as those of
// CRI-O and Podman.
func isTOML(name string, src []byte) bool {
	switch path.Ext(name) {
	case ".toml":
		return true
	case ".conf":
		if !bytes.ContainsAny(src, `"'`) {
			return false
		}
		file, err := toml.Parse(src)
		return err == nil && file.HasStrings()
	}
	return false
}

func scanTOML(in Input) (ScanResult, error) {
	file, err := toml.Parse(in.Src)
	switch wrong := (*syntax.ParseError)(nil); {
	case errors.As(err, &wrong):
		return scanFallbackText(in), nil
	case err != nil:
		return ScanResult{}, err
	}
	return newTOMLScan(file).scan(in), nil
}

func verifyTOML(c Change) error {
	_, err := toml.Parse(c.Before)
	if wrong := (*syntax.ParseError)(nil); errors.As(err, &wrong) {
		return nil // text that no parser accepts: see scanFallbackText
	}
	return toml.Verify(c.Before, c.Edits)
}

// A tomlScan holds the parts of a TOML file that are not changed
// because of the tables around them.
type tomlScan struct {
	file   *toml.File
	frames map[*toml.Path]*frame
	kept   []keptTOML // sorted by span once all are known
}

// A keptTOML is a key or a value that is not changed.
type keptTOML struct {
	span   edit.Span
	reason Reason
	at     *frame
}

func newTOMLScan(file *toml.File) *tomlScan {
	s := &tomlScan{file: file, frames: map[*toml.Path]*frame{}}
	for _, k := range file.Keys {
		s.kept = append(s.kept, keptTOML{k.Span, keyReason(s.frame(k.Path)), s.frame(k.Table)})
	}
	return s
}

// frame returns the frame of the value at p.
func (s *tomlScan) frame(p *toml.Path) *frame {
	if p == nil {
		return nil
	}
	f := s.frames[p]
	if f == nil {
		f = &frame{up: s.frame(p.Up), key: p.Key, index: p.Index, item: p.Item}
		s.frames[p] = f
	}
	return f
}

func (s *tomlScan) scan(in Input) ScanResult {
	s.keepMirrors(in.Path)
	s.keepCredentials(s.file.Root, &frame{}, 0)
	sort.Slice(s.kept, func(i, j int) bool { return s.kept[i].span.Start < s.kept[j].span.Start })
	outside := func(_ string, mark edit.Span) Context {
		if x, ok := s.keptAt(mark); ok {
			return Context{Mark: mark, Reason: x.reason, Place: Place{Field: x.at.field()}}
		}
		return Context{Mark: mark, Reason: Comment, Scope: Comments}
	}
	return detect(in, []*syntax.Document{{Root: s.file.Root, Span: edit.Span{End: len(in.Src)}}}, outside)
}

// keptAt returns the kept part that contains the bytes m.
func (s *tomlScan) keptAt(m edit.Span) (keptTOML, bool) {
	i := sort.Search(len(s.kept), func(i int) bool { return s.kept[i].span.Start > m.Start }) - 1
	if i < 0 || !s.kept[i].span.Contains(m) {
		return keptTOML{}, false
	}
	return s.kept[i], true
}

// keepMirrors keeps the mirror tables of containers-registries.conf and of
// containerd's hosts.toml, and removes them from the tree.
// Sources: https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md,
// https://github.com/containerd/containerd/blob/main/docs/hosts.md
func (s *tomlScan) keepMirrors(name string) {
	root := s.file.Root
	if path.Base(name) == "hosts.toml" && (root.Field("server") != nil || root.Field("host") != nil) {
		s.keepKeys("")
		s.keep(root, &frame{}, Mirror)
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
	s.keepKeys(".registry[")
	s.keep(list, &frame{up: &frame{}, key: "registry"}, Mirror)
	for i := 0; i+1 < len(root.Children); i += 2 {
		if root.Children[i+1] == list {
			root.Children = slices.Delete(root.Children, i, i+2)
			return
		}
	}
}

// keepCredentials keeps the tables registry.configs of containerd in n, which
// hold credentials and certificates by host, and removes them from the tree.
func (s *tomlScan) keepCredentials(n *syntax.Node, at *frame, depth int) {
	if n.Kind != syntax.Mapping || depth > toml.MaxDepth {
		return
	}
	for i := 0; i+1 < len(n.Children); i += 2 {
		k, v := n.Children[i], n.Children[i+1]
		below := &frame{up: at, key: k.Value}
		if k.Value == "configs" && at.key == "registry" {
			s.keep(v, below, Credentials)
			n.Children = slices.Delete(n.Children, i, i+2)
			return
		}
		s.keepCredentials(v, below, depth+1)
	}
}

// keep records that every scalar in n is kept for the reason r.
func (s *tomlScan) keep(n *syntax.Node, at *frame, r Reason) {
	switch n.Kind {
	case syntax.Scalar:
		if n.Span.Len() > 0 {
			s.kept = append(s.kept, keptTOML{n.Span, r, at})
		}
	case syntax.Sequence:
		for i, c := range n.Children {
			s.keep(c, &frame{up: at, index: i, item: true}, r)
		}
	case syntax.Mapping:
		for i := 0; i+1 < len(n.Children); i += 2 {
			s.keep(n.Children[i+1], &frame{up: at, key: n.Children[i].Value}, r)
		}
	}
}

// keepKeys keeps the keys below field as part of a mirror table.
func (s *tomlScan) keepKeys(field string) {
	for i := range s.kept {
		if x := &s.kept[i]; x.reason == Key && strings.HasPrefix(x.at.field(), field) {
			x.reason = Mirror
		}
	}
}

// keyReason returns the reason for which the key at the end of at is kept: that
// of a mirror table or of credentials if a key above it names one, else Key.
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
