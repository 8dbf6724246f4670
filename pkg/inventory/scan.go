package inventory

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A scanResult has the references of one text.
type scanResult struct {
	refs       []foundRef
	unresolved int
	err        error // set if the text may hold references and could not be read
}

// scan returns the references of src. The name determines the format. All uses
// have the origin and the path of base; base.Line is the line of the first byte
// of src, or 0 to omit positions.
func (v *Inventory) scan(name string, src []byte, base Use) scanResult {
	return v.scanAs(name, "", src, base)
}

// scanObject is scan for an object of a cluster. It returns the documents of src, nil if
// they cannot be parsed.
func (v *Inventory) scanObject(name string, src []byte, base Use) (scanResult, []*syntax.Document) {
	var docs []*syntax.Document
	return v.scanInput(format.Input{Path: name, Src: src, IsLive: true, Docs: &docs}, base), docs
}

// scanAs is scan for a file that is read as one with the name as too, if that is not
// empty. It then does not record charts, which scan has recorded.
func (v *Inventory) scanAs(name, as string, src []byte, base Use) scanResult {
	in := format.Input{Path: name, As: as, Src: src}
	if base.Origin == InFile {
		in.Files = v.files
	}
	return v.scanInput(in, base)
}

// scanInput sets the fields of in that do not depend on the file, and scans it.
func (v *Inventory) scanInput(in format.Input, base Use) scanResult {
	name, src := in.Path, in.Src
	if format.IsOwnFile(name, src) {
		return scanResult{}
	}
	f := format.Detect(name, src)
	in.Fields, in.ReadsTags = v.opts.Fields, v.opts.Rules.ReadsTags()
	if f == format.Text && !v.readsText(name) && !format.IsInTable(name, v.opts.Fields) {
		return scanResult{}
	}
	// A file that no parser reads is searched only around the marks.
	in.Marks = v.hostSpans(src)
	if in.Docs == nil {
		in.Docs = new([]*syntax.Document)
	}
	scanned, err := f.Read(in)
	if err != nil {
		if len(in.Marks) == 0 && !errors.As(err, new(*format.LimitError)) {
			return scanResult{}
		}
		return scanResult{err: err}
	}
	lines := edit.NewLines(src)
	out := v.foundRefs(scanned.Occurrences, lines, base)
	nameContainers(out.refs, *in.Docs)
	if in.As == "" {
		v.addChartUses(scanned, lines, base)
	}
	return out
}

// foundRefs returns the references of all, the occurrences of a text.
func (v *Inventory) foundRefs(all []format.Occurrence, lines *edit.Lines, base Use) (out scanResult) {
	for _, o := range v.selectOccurrences(all) {
		f, unresolved := v.newFoundRef(o)
		switch {
		case unresolved:
			out.unresolved++
		case f != nil:
			piece := imagePiece(o)
			f.use.IsLikely = account.ClassOf(o, v.opts.Rules) == account.Likely
			f.use.Origin, f.use.Path = base.Origin, base.Path
			f.use.Field, f.use.Object = o.Field(piece), o.Place.Object
			f.start = o.Pieces[piece].Span.Start
			if base.Line > 0 {
				f.use.Line, f.use.Column = lines.Position(o.Pieces[piece].Span.Start)
				f.use.Line += base.Line - 1
			}
			out.refs = append(out.refs, *f)
		}
	}
	return out
}

// readsText reports whether a file without a known format is scanned: if the
// scopes include more than manifests, or if the name indicates a Dockerfile.
func (v *Inventory) readsText(name string) bool {
	return v.opts.Scopes != 1<<format.Manifests || format.HasDockerfileWord(name)
}

// hostSpans returns the spans of the hosts of the references spelled out in src.
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

// selectOccurrences returns the occurrences in the scopes of the options, in the
// order of the text, without those that account.Joined has.
func (v *Inventory) selectOccurrences(all []format.Occurrence) []*format.Occurrence {
	joined := account.Joined(all)
	var out []*format.Occurrence
	for i := range all {
		o := &all[i]
		if !v.opts.Scopes.Has(o.Scope) || o.Keep != "" && o.Keep != format.Conflict || joined[o] {
			continue
		}
		out = append(out, o)
	}
	slices.SortStableFunc(out, func(a, b *format.Occurrence) int {
		return a.Pieces[imagePiece(a)].Span.Start - b.Pieces[imagePiece(b)].Span.Start
	})
	return out
}

// imagePiece returns the index of the first piece of o that is more than a
// registry.
func imagePiece(o *format.Occurrence) int {
	for i := range o.Pieces {
		if o.Pieces[i].Role != format.Registry {
			return i
		}
	}
	return 0
}

// newFoundRef returns the reference of o, or nil if o is not listed. The result
// unresolved says that o is an image whose host or path is a variable.
func (v *Inventory) newFoundRef(o *format.Occurrence) (f *foundRef, unresolved bool) {
	text := o.Text()
	r, err := parse(o)
	if err != nil || !v.isListed(o, r) {
		return nil, o.AfterVariable
	}
	if image.HasVariable(r.Domain) || r.Domain == "" && image.HasVariable(r.Path) {
		return nil, o.IsImage || o.LikelyImage
	}
	m := Image{Ref: text, Domain: r.Domain, Path: r.Path, Tag: r.Tag, Digest: r.Digest, Kind: o.Kind, IsSource: o.IsSource}
	addTagAndDigest(&m, o.Tag, withAlgorithm(o.Digest))
	m.HasVariable = image.HasVariable(m.Ref)
	m.Registry, m.Repository = image.Normalize(m.Domain, m.Path)
	if o.Kind != format.Image && m.Domain != "" {
		m.Repository = m.Path // it has no implicit library/
	}
	if match, ok := account.Match(o, v.opts.Rules); ok {
		if match.Rule != nil {
			m.Rule = match.Rule.Name
		}
		if m.Keep = match.Keep; m.Keep == "" {
			m.New = match.New + text[match.Len:]
			if len(m.Ref) > len(text) {
				after := Image{Ref: m.New}
				if p, err := image.Parse(m.New); err == nil {
					after.Domain, after.Path, after.Tag, after.Digest = p.Domain, p.Path, p.Tag, p.Digest
				}
				addTagAndDigest(&after, cmp.Or(match.NewTag, o.Tag), withAlgorithm(o.Digest))
				m.New = after.Ref
			}
		}
	}
	return &foundRef{image: m, mayHaveTag: o.InRepositoryKey || len(o.Pieces) > 1}, false
}

// parse splits the reference of o. The URL of a repository of charts is its host and
// its path.
func parse(o *format.Occurrence) (image.Ref, error) {
	text := o.Text()
	if o.Kind != format.ChartRepository {
		return image.Parse(text)
	}
	_, rest, _ := strings.Cut(text, "://")
	host, path, _ := strings.Cut(rest, "/")
	return image.Ref{Text: text, Domain: host, Path: path}, nil
}

// addTagAndDigest appends the tag and the digest of sibling keys to m, unless m
// has its own or the text is not a valid tag or digest.
func addTagAndDigest(m *Image, tag, digest string) {
	if m.Tag != "" {
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

// withAlgorithm returns the value of a digest key with the prefix sha256: if the
// value is a hash without an algorithm.
func withAlgorithm(text string) string {
	if len(text) == 64 && !strings.Contains(text, ":") {
		return "sha256:" + text
	}
	return text
}
