package format

import (
	"path"
	"sort"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A detector finds the references in the trees of one file of any syntax.
type detector struct {
	in        Input
	out       ScanResult
	explained []bool                // by mark: it is in an occurrence or has a context
	pieces    map[*syntax.Node]bool // scalars that are pieces
	aliased   aliasedValues
	likely    map[*syntax.Node]int    // indexes of occurrences of likely images
	frames    map[*syntax.Node]*frame // of each scalar, recorded for templates only

	siblings   map[*syntax.Node]*siblingKeys               // results of siblingKeysOf
	registries map[*syntax.Node]*syntax.Node               // results of registryOf
	splits     map[*syntax.Node]map[string]*splitReference // results of splitReferences
	listTags   map[*syntax.Node]map[string]string          // results of tagInList: tags by prefix

	logins      []login
	loginValues map[edit.Span]string // values that logins use through a variable, and their registry
	builds      []buildTags
	builtHere   map[string]bool // see addCommandImage

	roots       []*syntax.Node        // of the documents
	scripts     []scriptGroup         // parts with commands
	scriptNodes map[*syntax.Node]bool // their nodes

	fields       *selectedFields // of tools, objects and the configuration
	formatFields formatFields    // of the format, nil if it has none

	isEnv bool // the pairs of the file are an environment, or settings of any program

	source string // in.Src; see text

	around   *object // the last result of documentAround
	aroundAt edit.Span
}

func newDetector(in Input) *detector {
	d := &detector{in: in, explained: make([]bool, len(in.Marks)), pieces: map[*syntax.Node]bool{},
		siblings: map[*syntax.Node]*siblingKeys{}, registries: map[*syntax.Node]*syntax.Node{}}
	d.fields = selectFields(&d.in)
	return d
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
			d.roots = append(d.roots, doc.Root)
			d.document(&frame{node: doc.Root})
		}
	}
	d.addAliased()
	d.addVariables()
	d.addBuildArgs()
	d.findSharedTags()
}

// finish explains the marks outside of every scalar, and sorts the contexts.
func (d *detector) finish(outside func(text string, mark edit.Span) Context) {
	for i, m := range d.in.Marks {
		if !d.explained[i] {
			d.recordReasonOutside(outside(d.text(), m), d.text(), edit.Identity(0, len(d.in.Src)), m)
		}
	}
	d.scriptPushes()
	d.keepPushed()
	for _, root := range d.roots {
		d.keepBuilt(root)
		d.keepComposeBuilt(root)
	}
	d.dropExplained()
	d.scriptMappings()
	d.scriptSearches()
	sort.Slice(d.out.Contexts, func(i, j int) bool { return d.out.Contexts[i].Mark.Start < d.out.Contexts[j].Mark.Start })
}

// dropExplained removes the contexts of marks that are in a confirmed
// occurrence. The detector reads an anchored value at its anchor, and can find
// that the value is a piece of a split reference at a later alias. If the reason
// at the anchor has advice, such as a policy, the occurrence gets that reason.
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

// resetTag is the tag of a value that removes the same field of an earlier Compose
// file; the value itself is not read.
// Source: https://github.com/compose-spec/compose-spec/blob/main/13-merge.md#reset-value
const resetTag = "!reset"

// node reads the node at f and everything below it.
func (d *detector) node(f *frame) {
	if f.node.Tag == resetTag {
		f.keep, f.note = UnusedValue, "Compose removes what has the tag !reset"
	}
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
		d.listImages(f)
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
	d.keyMappings(f)
	list := f.up == nil && isResourceList(f.object)
	d.chartUse(f)
	keys := d.keyField(f)
	for i := 0; i+1 < len(n.Children); i += 2 {
		k, v := n.Children[i], n.Children[i+1]
		if k.Kind == syntax.Scalar {
			r := Key
			if f.keep.Advice() != "" { // such as the keys of a mirror table
				r = f.keep
			}
			if !d.keyReference(f, k, keys) {
				d.contexts(f, k, Context{Reason: r})
			}
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
		switch {
		case d.in.IsLive && isCopy(g):
			d.explain(v)
		case split[v] && g.keep == "":
		case g.keep == "" && isBuildTags(g) && d.buildTags(g):
		default:
			d.node(g)
		}
	}
}

// explain makes the marks in the tree n need no explanation.
func (d *detector) explain(n *syntax.Node) {
	if len(d.in.Marks) == 0 {
		return
	}
	if n.Kind == syntax.Scalar {
		for _, i := range d.marksIn(n.Span) {
			d.explained[i] = true
		}
	}
	for _, c := range n.Children {
		d.explain(c)
	}
}

// isCopy reports whether f is what a cluster records about its object: the status, or
// the annotation in which kubectl apply stores the manifest.
func isCopy(f *frame) bool {
	return isStatus(f) || f.key == "kubectl.kubernetes.io/last-applied-configuration" && f.up.key == "annotations"
}

// isStatus reports whether f is the status of a Kubernetes object.
func isStatus(f *frame) bool {
	return f.key == "status" && f.up.object != nil && f.up.node.Field("kind") != nil
}

// readKey sets the reason of f, and f.prose, by the key of f alone.
func (d *detector) readKey(f *frame) {
	if f.keep != "" {
		return
	}
	k := fold(f.key)
	switch {
	case historyKeys[k], isStatus(f):
		f.keep = Changelog // the status that a cluster records in an object
	case k == "default" && (f.up.node.Field("enum") != nil || isSchemaConst(f.up)):
		f.keep, f.note = AllowList, "the schema lists the values that are allowed"
	case k == "sourcerepos" && f.up.object.group() == argo:
		f.keep, f.note = AllowList, "the repositories that a project allows"
	case k == "enum", k == "const" && isSchemaConst(f.up):
		f.keep = AllowList
	case policyKeys[k]:
		f.keep = Policy
	case hasSuffix(k, apiKeys):
		f.keep, f.note = Key, "the group of an API of Kubernetes"
	case keptListReason(k) != "":
		f.keep = keptListReason(k)
	case valueKeys[k] && keptListReason(fold(f.effectiveKey())) != "": // of a variable or a parameter
		f.keep = keptListReason(fold(f.effectiveKey()))
	case proseKeys[k], docsExt[path.Ext(f.key)]:
		f.prose = true
	}
}

// isSchemaConst reports whether f is a part of a JSON schema that allows one
// value.
func isSchemaConst(f *frame) bool {
	return f.node.Field("const") != nil && f.up != nil && (f.up.key == "properties" || f.node.Field("type") != nil)
}
