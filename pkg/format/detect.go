package format

import (
	"path"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A detector finds the references in the trees of one file, whatever their
// syntax.
type detector struct {
	in        Input
	out       ScanResult
	explained []bool                  // by mark: it is in an occurrence or has a context
	pieces    map[*syntax.Node]bool   // scalars that are pieces
	aliased   map[*syntax.Node]bool   // anchored scalars that are images because of an alias
	frames    map[*syntax.Node]*frame // of each scalar, recorded for templates only

	siblings   map[*syntax.Node]*siblingKeys               // results of siblingKeysOf
	registries map[*syntax.Node]*syntax.Node               // results of registryOf
	compose    map[*syntax.Node]bool                       // results of isComposeRoot
	splits     map[*syntax.Node]map[string]*splitReference // results of splitReferences

	fields fieldTable // of the format or the tool, nil if it has none

	source string // in.Src; see text

	around   *object // the last result of documentAround
	aroundAt edit.Span
}

func newDetector(in Input) *detector {
	return &detector{in: in, explained: make([]bool, len(in.Marks)), pieces: map[*syntax.Node]bool{}, aliased: map[*syntax.Node]bool{},
		siblings: map[*syntax.Node]*siblingKeys{}, registries: map[*syntax.Node]*syntax.Node{}, compose: map[*syntax.Node]bool{}, fields: toolFields(in.Path)}
}

// text returns the source as text.
func (d *detector) text() string {
	if d.source == "" {
		d.source = string(d.in.Src)
	}
	return d.source
}

// detect finds the occurrences in docs and explains every mark. Marks outside
// of every scalar are explained by outside.
func detect(in Input, docs []*syntax.Document, outside func(text string, mark edit.Span) Context) ScanResult {
	d := newDetector(in)
	d.documents(docs)
	d.finish(outside)
	return d.out
}

func (d *detector) documents(docs []*syntax.Document) {
	for _, doc := range docs {
		if doc.Root != nil {
			d.document(&frame{node: doc.Root})
		}
	}
}

// finish explains the marks that are left, which stand outside of every
// scalar, and puts the contexts in order.
func (d *detector) finish(outside func(text string, mark edit.Span) Context) {
	for i, m := range d.in.Marks {
		if !d.explained[i] {
			d.explainOutside(outside(d.text(), m), d.text(), edit.Identity(0, len(d.in.Src)), m)
		}
	}
	d.dropExplained()
	sort.Slice(d.out.Contexts, func(i, j int) bool { return d.out.Contexts[i].Mark.Start < d.out.Contexts[j].Mark.Start })
}

// dropExplained drops the contexts of marks that an occurrence explains after all: an
// anchored value is seen under its own key first and as a piece of a split
// reference later. Where the first was in a policy or the like, that counts.
func (d *detector) dropExplained() {
	of := map[edit.Span]*Occurrence{}
	var spans []edit.Span
	for i := range d.out.Occurrences {
		o := &d.out.Occurrences[i]
		for _, p := range o.Pieces {
			if !o.Unconfirmed {
				of[p.Span] = o
				spans = append(spans, p.Span)
			}
		}
	}
	sort.Slice(spans, func(i, j int) bool { return spans[i].Start < spans[j].Start })
	left := d.out.Contexts[:0]
	for _, c := range d.out.Contexts {
		i := sort.Search(len(spans), func(i int) bool { return spans[i].Start > c.Mark.Start }) - 1
		if i < 0 || !spans[i].Contains(c.Mark) {
			left = append(left, c)
		} else if o := of[spans[i]]; o.Keep == "" && c.Reason.Advice() != "" {
			o.Keep, o.Note = c.Reason, c.Note
		}
	}
	d.out.Contexts = left
}

// document reads a tree from its root f.
func (d *detector) document(f *frame) {
	if root := f.node; root.Kind == syntax.Sequence {
		for _, item := range root.Children {
			if isFalcoEntry(item) {
				f.keep, f.note = Policy, "a Falco rule"
			}
		}
	}
	d.node(f)
}

// node reads the node at f and everything below it.
func (d *detector) node(f *frame) {
	switch n := f.node; n.Kind {
	case syntax.Mapping:
		if o := objectOf(n); o != nil {
			f.object = o
			if r, note := o.reason(); r != "" {
				f.keep, f.note = r, note
			}
		}
		d.mapping(f)
	case syntax.Sequence:
		d.splitList(f)
		for i, item := range n.Children {
			g := f.below(item)
			g.index, g.item, g.prose = i, true, f.prose
			if i > 0 && n.Children[i-1].Value == "--rule" {
				g.keep = OwnConfig
			}
			d.node(g)
		}
	case syntax.Alias:
		d.alias(f)
	case syntax.Scalar:
		d.scalar(f)
	}
}

func (d *detector) mapping(f *frame) {
	n := f.node
	split := d.split(f)
	list := f.up == nil && isResourceList(f.object)
	for i := 0; i+1 < len(n.Children); i += 2 {
		k, v := n.Children[i], n.Children[i+1]
		if k.Kind == syntax.Scalar {
			r := Key
			if f.keep.Advice() != "" { // the names of a mirror table, say
				r = f.keep
			}
			d.contexts(f, k, Context{Reason: r})
		} else {
			g := f.below(k)
			g.key, g.keep = "?", Key
			d.node(g)
		}
		g := f.below(v)
		g.key = k.Value
		d.readKey(g)
		if list && g.key != "items" {
			g.keep, g.note = OwnConfig, "the input of the function itself"
		}
		if !split[v] || g.keep != "" {
			d.node(g)
		}
	}
}

// readKey sets what the key of f alone decides about what stands below it.
func (d *detector) readKey(f *frame) {
	if f.keep != "" {
		return
	}
	k := fold(f.key)
	switch {
	case historyKeys[k], f.key == "status" && f.up.object != nil && f.up.node.Field("kind") != nil:
		f.keep = Changelog // what a cluster reports of an object
	case k == "default" && f.up.node.Field("enum") != nil:
		f.keep, f.note = AllowList, "the schema lists the values that are allowed"
	case k == "enum":
		f.keep = AllowList
	case policyKeys[k]:
		f.keep = Policy
	case keptListReason(k) != "":
		f.keep = keptListReason(k)
	case valueKeys[k] && keptListReason(fold(f.effectiveKey())) != "": // of a variable, a parameter
		f.keep = keptListReason(fold(f.effectiveKey()))
	case proseKeys[k], docsExt[path.Ext(f.key)]:
		f.prose = true
	}
}

// alias looks at an alias as a value: of what it stands for, only the
// certainty that it is an image is new here; all else was said at its anchor.
func (d *detector) alias(f *frame) {
	t := f.node.Target
	if t == nil || t.Kind != syntax.Scalar || d.pieces[t] || f.keep != "" || !d.isImageField(f) || d.aliased[t] {
		return
	}
	d.aliased[t] = true
	if text, _ := image.TrimTransport(t.Value); isReference(text) {
		g := *f
		g.node = t
		d.addWhole(&g, true)
	}
}

// scalar reads a value.
func (d *detector) scalar(f *frame) {
	n := f.node
	if d.frames != nil {
		d.frames[n] = f
	}
	if n.Value == "" || n.Span.Len() == 0 || d.pieces[n] {
		return
	}
	if f.keep != "" {
		// What is kept as a whole still tells a host that only looks like it
		// apart from one that is meant; the reason is the object's all the same.
		d.contexts(f, n, Context{Reason: f.keep, Note: f.note})
		return
	}
	if f.prose {
		d.words(f, Docs, Prose)
		return
	}
	if d.frames == nil && strings.Contains(n.Value, "{{") && d.interesting(n) {
		d.actionLiterals(f)
	}
	if !d.gitops(f) {
		d.value(f)
	}
}

// value reads a value that its place alone does not decide.
func (d *detector) value(f *frame) {
	n := f.node
	text, _ := image.TrimTransport(n.Value)
	if text == "" {
		return
	}
	key := fold(f.effectiveKey())
	isPath, isPattern := hasSuffix(key, pathKeys), hasSuffix(key, patternKeys)
	switch kind, flagReason := d.fieldKind(f), keptListReason(fold(d.flagBefore(f))); {
	case flagReason != "":
		d.contexts(f, n, Context{Reason: flagReason})
	case kind == pathField:
		d.contexts(f, n, Context{Reason: Path})
	case kind == unitField:
		d.contexts(f, n, Context{Reason: DifferentName, Note: "the name of another unit"})
	case image.IsHost(strings.TrimSuffix(text, "/")) && !d.isNumericTag(f, text):
		d.host(f)
	case strings.HasPrefix(text, "${") && !isPath && !isPattern && d.variableDefault(f):
	case !isReference(text):
		d.longText(f)
	case isPath:
		d.contexts(f, n, Context{Reason: Path})
	case isPattern:
		d.contexts(f, n, Context{Reason: Pattern})
	case IsRegistryKey(f.effectiveKey()):
		d.add(f, Occurrence{Pieces: []Piece{d.piece(n, Registry, "")}})
	default:
		d.addWhole(f, d.isImageField(f))
	}
}

// host adds the registry host at f, or explains why it is not changed.
func (d *detector) host(f *frame) {
	if IsRegistryKey(f.effectiveKey()) || IsRegistryKey(d.flagBefore(f)) || d.hasImageSiblings(f) {
		d.add(f, Occurrence{Pieces: []Piece{d.piece(f.node, Registry, "")}})
		return
	}
	d.contexts(f, f.node, Context{Reason: RegistryHost})
}

// isNumericTag reports whether text, which could be a host and a port, is an image
// and a tag that is a number, redis:7, because of where it stands.
func (d *detector) isNumericTag(f *frame, text string) bool {
	if strings.ContainsAny(text, "./[") || !isReference(text) {
		return false
	}
	part, _ := keyPart(f.effectiveKey())
	return d.isImageField(f) || d.fieldKind(f) == unqualifiedField || d.in.FindLikely && part == namePart && fold(f.effectiveKey()) != "name"
}

// isReference reports whether text is a reference from end to end.
func isReference(text string) bool {
	_, err := image.Parse(text)
	return err == nil
}

// interesting reports whether the scalar n has a mark or may have an occurrence.
func (d *detector) interesting(n *syntax.Node) bool {
	return len(d.marksIn(n.Span)) > 0 || d.in.May == nil || d.in.May([]byte(n.Value))
}

// addWhole adds the scalar at f as a whole reference.
func (d *detector) addWhole(f *frame, certain bool) {
	r, _ := image.Parse(f.node.Value[transportLen(f.node.Value):])
	o := Occurrence{IsImage: certain}
	if d.fieldKind(f) == unqualifiedField {
		o.IsImage, o.LikelyImage = r.Domain != "", true
	} else {
		d.readSiblings(f, r, &o)
	}
	if r.Domain == "" && !certain && !(o.LikelyImage && d.in.FindLikely) {
		// Plain text: report it only if it contains an old registry name.
		d.contexts(f, f.node, Context{Reason: DifferentName})
		return
	}
	role := Whole
	if strings.HasPrefix(f.node.Value, "oci://") || !certain && sourceURLs[fold(f.effectiveKey())] {
		role = Registry // of charts and other artifacts: no library/ is implied
	}
	o.Pieces = []Piece{d.piece(f.node, role, "")}
	d.add(f, o)
}

// sourceURLs are keys for where charts come from, which name a registry of
// charts without a transport too: repoURL: registry-1.docker.io/bitnamicharts.
// Sources: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/,
// https://helmfile.readthedocs.io/en/latest/#oci-registries
var sourceURLs = set("repourl", "url", "chart", "remotechart")

func transportLen(s string) int {
	_, n := image.TrimTransport(s)
	return n
}
