package inventory

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A scanResult is what one text came to.
type scanResult struct {
	refs       []foundRef
	unresolved int
	err        error // the text may hold a reference and could not be read
}

// scan lists the references of src, which is called name. Uses have Via and
// Path of as.
func (v *Inventory) scan(name string, src []byte, as Use) scanResult {
	if format.IsOwnFile(name, src) {
		return scanResult{}
	}
	f := format.Detect(name, src)
	in := format.Input{Path: name, Src: src, Fields: v.opts.Fields, FindLikely: true}
	if f == format.Text && !v.readsText(name) {
		return scanResult{}
	}
	// What no parser takes is searched at marks only.
	in.Marks = v.hostSpans(src)
	scanned, err := f.Read(in)
	if err != nil {
		if len(in.Marks) == 0 {
			return scanResult{}
		}
		return scanResult{err: err}
	}
	var out scanResult
	lines := edit.NewLines(src)
	for _, o := range v.selectOccurrences(scanned.Occurrences) {
		h, open := v.newFoundRef(o)
		switch {
		case open:
			out.unresolved++
		case h != nil:
			at := imagePiece(o)
			h.use.Origin, h.use.Path = as.Origin, as.Path
			h.use.Field, h.use.Object = o.Field(at), o.Place.Object
			if as.Line > 0 {
				h.use.Line, h.use.Column = lines.Position(o.Pieces[at].Span.Start)
				h.use.Line += as.Line - 1
			}
			out.refs = append(out.refs, *h)
		}
	}
	return out
}

// readsText reports whether files are looked at that no format but text takes:
// when scripts, docs or code are asked for, and those called like Dockerfiles.
func (v *Inventory) readsText(name string) bool {
	base := strings.ToLower(path.Base(name))
	return v.opts.Scopes != 1<<format.Manifests || strings.Contains(base, "dockerfile") || strings.Contains(base, "containerfile")
}

// hostSpans are the hosts of the references that src spells out.
func (v *Inventory) hostSpans(src []byte) []edit.Span {
	var out []edit.Span
	for _, f := range image.Find(string(src)) {
		if sourceHosts[f.Ref.Domain] || f.Ref.Tag == "" && f.Ref.Digest == "" && !v.servesImages(f.Ref.Domain) {
			continue
		}
		out = append(out, edit.Span{Start: f.Span.Start, End: f.Span.Start + len(f.Ref.Domain)})
	}
	return out
}

// selectOccurrences returns the occurrences of the scopes that are asked for. Where a name
// is read in two ways, by itself and joined with a registry further up, the
// joined one counts.
func (v *Inventory) selectOccurrences(all []format.Occurrence) []*format.Occurrence {
	joined := map[edit.Span]bool{}
	for i := range all {
		if o := &all[i]; o.Unconfirmed && o.LikelyImage {
			joined[o.Pieces[len(o.Pieces)-1].Span] = true
		}
	}
	var out []*format.Occurrence
	for i := range all {
		o := &all[i]
		if !v.opts.Scopes.Has(o.Scope) || o.Keep != "" || !o.Unconfirmed && len(o.Pieces) == 1 && joined[o.Pieces[0].Span] {
			continue
		}
		out = append(out, o)
	}
	slices.SortStableFunc(out, func(a, b *format.Occurrence) int {
		return a.Pieces[imagePiece(a)].Span.Start - b.Pieces[imagePiece(b)].Span.Start
	})
	return out
}

// imagePiece is the index of the first piece of o that names an image, not only
// its registry.
func imagePiece(o *format.Occurrence) int {
	for i := range o.Pieces {
		if o.Pieces[i].Role != format.Registry {
			return i
		}
	}
	return 0
}

// newFoundRef makes what there is to say of o, nil when it is not listed. It is open
// when a template has still to say which host or path it is.
func (v *Inventory) newFoundRef(o *format.Occurrence) (h *foundRef, open bool) {
	text := o.Text()
	r, err := image.Parse(text)
	if err != nil || !v.isListed(o, r) {
		return nil, false
	}
	if image.HasVariable(r.Domain) || r.Domain == "" && image.HasVariable(r.Path) {
		return nil, o.IsImage || o.LikelyImage
	}
	m := Image{Ref: text, Domain: r.Domain, Path: r.Path, Tag: r.Tag, Digest: r.Digest}
	addTagAndDigest(&m, o.Tag, withAlgorithm(o.Digest))
	m.HasVariable = image.HasVariable(m.Ref)
	m.Registry, m.Repository = resolve(m.Domain, m.Path)
	if match, ok := v.opts.Rules.Match(text, kindOf(o)); ok {
		if match.Rule != nil {
			m.Rule = match.Rule.Name
		}
		if m.Keep = match.Keep; m.Keep == "" {
			m.New = match.New + text[match.Len:]
			if len(m.Ref) > len(text) {
				now := Image{Ref: m.New}
				if p, err := image.Parse(m.New); err == nil {
					now.Domain, now.Path, now.Tag, now.Digest = p.Domain, p.Path, p.Tag, p.Digest
				}
				addTagAndDigest(&now, o.Tag, withAlgorithm(o.Digest))
				m.New = now.Ref
			}
		}
	}
	return &foundRef{image: m, mayHaveTag: o.InRepositoryKey || len(o.Pieces) > 1}, false
}

// addTagAndDigest adds a tag and a digest that stand beside a reference to it, when
// it has none of its own and they are ones.
func addTagAndDigest(m *Image, tag, digest string) {
	if tag == "null" || m.Tag != "" {
		tag = ""
	}
	if m.Digest != "" {
		digest = ""
	}
	for _, try := range [][2]string{{tag, digest}, {tag, ""}, {"", digest}} {
		ref := m.Ref[:len(m.Ref)-len(tagAndDigest(m.Tag, m.Digest))] + tagAndDigest(cmp.Or(m.Tag, try[0]), cmp.Or(m.Digest, try[1]))
		if r, err := image.Parse(ref); err == nil && r.Path == m.Path && r.Domain == m.Domain {
			m.Ref, m.Tag, m.Digest = ref, r.Tag, r.Digest
			return
		}
	}
}

func tagAndDigest(tag, digest string) string {
	s := ""
	if tag != "" {
		s = ":" + tag
	}
	if digest != "" {
		s += "@" + digest
	}
	return s
}

// withAlgorithm is what a key called sha or digest says, with its algorithm.
func withAlgorithm(text string) string {
	if len(text) == 64 && !strings.Contains(text, ":") {
		return "sha256:" + text
	}
	return text
}

// resolve is how a client reads domain and path.
// Source: github.com/distribution/reference, normalize.go.
func resolve(domain, path string) (registry, repository string) {
	switch domain {
	case "", "index.docker.io", "registry-1.docker.io":
		domain = "docker.io"
	}
	if domain == "docker.io" && !strings.Contains(path, "/") {
		path = "library/" + path
	}
	return domain, path
}

// kindOf says what the rules are asked about o, as package rewrite asks them.
func kindOf(o *format.Occurrence) rules.Kind {
	if o.IsImage && o.Pieces[0].Role != format.Registry {
		return rules.ShortForm
	}
	return rules.Reference
}
