package release

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// pair compares the release called id in the two trees. It returns nil if the change does not
// concern the release. With onlyFind, it only finds this out.
func (x *verifier) pair(id objectName, onlyFind bool) *job {
	found := [2][]*object{x.before.find(id), x.after.find(id)}
	j := &job{verdict: render.Verdict{Dir: firstPath(found), Object: id.String(), Kind: render.Release}}
	b, whyB := x.before.only(id)
	a, whyA := x.after.only(id)
	switch {
	case len(found[0]) == 0:
		j.unknown("the object is new, and nothing is known of it before the change")
		return j
	case len(found[1]) == 0 && whyB == "" && x.after.problem == "" && x.after.mayBeBroken(id) == "":
		j.differs("the object is gone after the change")
		return j
	case len(found[1]) == 0:
		j.unknown("the object is gone after the change")
		return j
	case len(found[0]) > 1 || len(found[1]) > 1 || b == nil && !isOdd(found[0]) || a == nil && !isOdd(found[1]):
		if x.isSameList(found) {
			return nil
		}
		j.unknown(orElse(whyB, whyA))
		return j
	}
	j.before = (&reader{x.ctx, x.before, &x.options.Repository}).release(found[0][0])
	j.after = (&reader{x.ctx, x.after, &x.options.Repository}).release(found[1][0])
	for i, r := range []*release{j.before, j.after} {
		if why := [2]string{whyB, whyA}[i]; why != "" {
			r.unknown(why)
		}
	}
	if x.isUnchanged(j) {
		return nil
	}
	if !onlyFind {
		x.compare(j)
	}
	return j
}

// firstPath returns the first of the files of objects.
func firstPath(found [2][]*object) string {
	return slices.MinFunc(slices.Concat(found[0], found[1]), func(a, b *object) int { return strings.Compare(a.path, b.path) }).path
}

// isOdd reports whether a list is one object of its own document: it is read, and unknown.
func isOdd(list []*object) bool { return len(list) == 1 && list[0].isTop && list[0].namespace != "" }

// isSameList reports whether objects that may be a release are the same texts, and their charts
// do not change.
func (x *verifier) isSameList(found [2][]*object) bool {
	return slices.EqualFunc(found[0], found[1], func(b, a *object) bool {
		if b.path != a.path || b.isTop != a.isTop || !bytes.Equal(b.text, a.text) {
			return false
		}
		r := (&reader{x.ctx, x.before, &x.options.Repository}).release(b)
		return r.chart == "" || x.charts.change(r.chart).same
	})
}

// isUnchanged reports whether nothing of a release changes.
func (x *verifier) isUnchanged(j *job) bool {
	b, a := j.before, j.after
	if b.chart != a.chart || b.reason != a.reason || !slices.Equal(b.files, a.files) ||
		!slices.EqualFunc(b.parts, a.parts, func(p, q *object) bool { return p.path == q.path && bytes.Equal(p.text, q.text) }) {
		return false
	}
	if !slices.EqualFunc(b.values.Files, a.values.Files, bytes.Equal) || !slices.Equal(b.values.Set, a.values.Set) {
		return false
	}
	return b.chart == "" || x.charts.change(b.chart).same
}

// compare compares the objects, the values files and the chart of a release.
func (x *verifier) compare(j *job) {
	b, a := j.before, j.after
	if b.object.path != a.object.path {
		j.unknown(fmt.Sprintf("the object is in the file %s after the change", a.object.path))
		return
	}
	x.compareObjects(j, b.object, a.object)
	if why := orElse(b.reason, a.reason); why != "" {
		j.doubts = nil // this one is the cause
		j.unknown(why)
		return
	}
	if b.name != a.name || b.targetNamespace != a.targetNamespace || b.chart != a.chart || b.needsVersion != a.needsVersion {
		j.differs("the name, the namespace or the chart of the release changes")
	}
	if b.chart == "" {
		j.unknown("its chart is not known")
		return
	}
	if len(b.parts) != len(a.parts) || !slices.Equal(b.files, a.files) {
		j.differs("the release has other objects or values files after the change")
		return
	}
	for i := range b.parts {
		p, q := b.parts[i], a.parts[i]
		switch {
		case p.objectName != q.objectName:
			j.differs(fmt.Sprintf("the %s is used in the place of the %s", q, p))
			return
		case p.path != q.path:
			j.unknown(fmt.Sprintf("the %s is in the file %s after the change", p, q.path))
			return
		case i > 0:
			x.compareObjects(j, p, q)
		}
	}
	for _, name := range b.files {
		x.compareFile(j, name, false)
	}
	x.compareLayers(j)
	x.compareChart(j)
}

// compareLayers finds what may change the objects of a release between the files and the
// cluster.
func (x *verifier) compareLayers(j *job) {
	for i := range j.before.parts {
		b, why := x.before.reaching(j.before.parts[i])
		a, whyA := x.after.reaching(j.after.parts[i])
		switch {
		case why != "" || whyA != "":
			j.unknown(orElse(why, whyA))
			return
		case !sameLayers(b, a):
			j.unknown(fmt.Sprintf("a kustomization or an object that deploys the %s changes", j.before.parts[i]))
			return
		}
		if why := orElse(x.before.twin(j.before.parts[i]), x.after.twin(j.after.parts[i])); why != "" {
			j.unknown(why)
			return
		}
	}
}

// compareChart compares the files of the chart.
func (x *verifier) compareChart(j *job) {
	c := x.charts.change(j.before.chart)
	for _, name := range c.changed {
		if name == "" {
			j.doubt("the chart has a file that is new, gone, or not in its folder")
			continue
		}
		x.compareFile(j, name, true)
	}
	if !c.same && j.before.needsVersion && c.sameVersion {
		j.doubt("Flux deploys the changed chart only after its version changes, unless reconcileStrategy is Revision")
	}
}

// compareFile compares a file that must be as regmigrate would write it. A wrong change of a
// file of a chart is a failure only if the rendering shows it.
func (x *verifier) compareFile(j *job, name string, ofChart bool) {
	b, err1 := render.ReadFile(x.before.files, name, maxFileSize)
	a, err2 := render.ReadFile(x.after.files, name, maxFileSize)
	switch {
	case err1 != nil || err2 != nil:
		j.unknown(name + " cannot be read")
	case bytes.Equal(b, a):
	case isAsPlanned(string(b), string(a), string(x.plan(name))):
	case ofChart || render.SameLines(string(b), string(a), x.options.Rewrite):
		j.doubt(name + " changed, and regmigrate itself would change it otherwise")
	default:
		j.differs(name + " changed, which no rule requires")
	}
}

// isAsPlanned reports whether a text changed as regmigrate would change it, but for comments.
func isAsPlanned(before, after, planned string) bool {
	if after == planned {
		return true
	}
	b, a, p := strings.Split(before, "\n"), strings.Split(after, "\n"), strings.Split(planned, "\n")
	if len(b) != len(a) || len(p) != len(a) {
		return false
	}
	for i := range a {
		if a[i] != p[i] && (a[i] != b[i] || !strings.HasPrefix(strings.TrimSpace(a[i]), "#")) {
			return false
		}
	}
	return true
}

// plan returns a file as regmigrate would write it, or as it is.
func (x *verifier) plan(name string) []byte {
	if src, ok := x.planned[name]; ok {
		return src
	}
	src, err := render.ReadFile(x.before.files, name, maxFileSize)
	if err == nil {
		if out, err := x.options.Plan(x.ctx, name, src); err == nil {
			src = out
		}
	}
	x.planned[name] = src
	return src
}

// compareObjects compares an object. Only its values may change.
func (x *verifier) compareObjects(j *job, before, after *object) {
	if bytes.Equal(before.text, after.text) {
		return
	}
	c := objectComparer{job: j, move: x.options.Rewrite, object: before, mayChange: valuesOf(before.kind)}
	c.compare(nil, before.root, after.root, x.plannedRoot(before), 0)
}

// plannedRoot returns an object as regmigrate would write it, or as it is.
func (x *verifier) plannedRoot(o *object) *syntax.Node {
	t := x.plannedTrees[o.path]
	if t == nil {
		t = newTree(nil)
		t.readFile(o.path, x.plan(o.path), func([]byte) bool { return true }, func(kind) bool { return true })
		x.plannedTrees[o.path] = t
	}
	if all := t.exact[o.objectName]; len(all) == 1 && len(t.broken) == 0 {
		return all[0].root
	}
	return o.root
}

// valuesOf returns which fields of an object have values of charts.
func valuesOf(k kind) func(at []string) bool {
	below := func(prefix ...string) func(at []string) bool {
		return func(at []string) bool { return len(at) >= len(prefix) && slices.Equal(at[:len(prefix)], prefix) }
	}
	switch k {
	case helmRelease:
		return below("spec", "values")
	case configMap:
		return below("data")
	case application:
		values, object, parameters := below("spec", "source", "helm", "values"), below("spec", "source", "helm", "valuesObject"), below("spec", "source", "helm", "parameters")
		return func(at []string) bool {
			return values(at) || object(at) || parameters(at) && at[len(at)-1] == "value"
		}
	}
	return func([]string) bool { return false }
}

// An objectComparer compares the trees of an object.
type objectComparer struct {
	job       *job
	object    *object
	move      render.RewriteFunc
	mayChange func(at []string) bool
}

// maxObjectDepth bounds the fields that are compared; deeper ones are unproven.
const maxObjectDepth = 200

func (c *objectComparer) compare(at []string, b, a, planned *syntax.Node, depth int) {
	if depth > maxObjectDepth {
		c.job.unknown("the object is nested too deeply")
		return
	}
	if b.Kind != a.Kind || b.Tag != a.Tag || b.Anchor != a.Anchor || len(b.Children) != len(a.Children) {
		if c.mayChange(at) && isEqual(planned, a, 0) {
			return
		}
		if hasKey(a, insecureKey) && !hasKey(b, insecureKey) {
			c.job.unknown("the values have the new key " + insecureKey)
			return
		}
		c.differs(at, shapeChange(b, a))
		return
	}
	if planned.Kind != b.Kind || len(planned.Children) != len(b.Children) {
		planned = b
	}
	switch b.Kind {
	case syntax.Mapping:
		for i := 0; i+1 < len(b.Children); i += 2 {
			key := b.Children[i]
			if key.Kind != a.Children[i].Kind || key.Value != a.Children[i].Value || key.Tag != a.Children[i].Tag || len(key.Children) > 0 {
				c.differs(at, fmt.Sprintf("the key %q became %q", key.Value, a.Children[i].Value))
				continue
			}
			c.compare(append(slices.Clone(at), key.Value), b.Children[i+1], a.Children[i+1], planned.Children[i+1], depth+1)
		}
	case syntax.Sequence:
		for i := range b.Children {
			c.compare(append(slices.Clone(at), "[]"), b.Children[i], a.Children[i], planned.Children[i], depth+1)
		}
	default:
		c.scalar(at, b, a, planned)
	}
}

// insecureKey is a key that regmigrate itself adds, with --allow-insecure-images.
const insecureKey = "allowInsecureImages"

// hasKey reports whether a mapping of the tree n has the key.
func hasKey(n *syntax.Node, key string) bool {
	return n.Field(key) != nil || slices.ContainsFunc(n.Children, func(c *syntax.Node) bool { return hasKey(c, key) })
}

// shapeChange describes how two nodes differ that are not compared further.
func shapeChange(b, a *syntax.Node) string {
	if b.Kind == syntax.Mapping && a.Kind == syntax.Mapping {
		for i := 0; i+1 < len(a.Children); i += 2 {
			if b.Field(a.Children[i].Value) == nil {
				return fmt.Sprintf("the key %q is new", clip(a.Children[i].Value))
			}
		}
		for i := 0; i+1 < len(b.Children); i += 2 {
			if a.Field(b.Children[i].Value) == nil {
				return fmt.Sprintf("the key %q is gone", clip(b.Children[i].Value))
			}
		}
	}
	if b.Kind == a.Kind && len(b.Children) != len(a.Children) {
		return fmt.Sprintf("%d items became %d", len(b.Children), len(a.Children))
	}
	return fmt.Sprintf("%q became %q, of another type", clip(b.Value), clip(a.Value))
}

func (c *objectComparer) scalar(at []string, b, a, planned *syntax.Node) {
	isPlanned := planned.Kind == a.Kind && planned.Tag == a.Tag && isAsPlanned(b.Value, a.Value, planned.Value)
	switch {
	case b.Value == a.Value:
	case b.Kind == syntax.Alias:
		c.differs(at, "another alias after the change")
	case isPlanned && c.mayChange(at): // it moves
	case isPlanned || render.CompareText(b.Value, a.Value, c.move) != render.WrongChange:
		c.job.doubt(fmt.Sprintf("%s of the %s became %q: regmigrate does not make this change, or not in this field", strings.Join(at, "."), c.object, clip(a.Value)))
	default:
		c.differs(at, fmt.Sprintf("%q became %q", clip(b.Value), clip(a.Value)))
	}
}

func (c *objectComparer) differs(at []string, why string) {
	c.job.differs(fmt.Sprintf("%s of the %s: %s", orElse(strings.Join(at, "."), "the object"), c.object, why))
}

// isEqual reports whether two trees are the same.
func isEqual(b, a *syntax.Node, depth int) bool {
	return depth <= maxObjectDepth && b.Kind == a.Kind && b.Tag == a.Tag && b.Value == a.Value && b.Anchor == a.Anchor &&
		slices.EqualFunc(b.Children, a.Children, func(x, y *syntax.Node) bool { return isEqual(x, y, depth+1) })
}

// clip shortens a text for a message.
func clip(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}
