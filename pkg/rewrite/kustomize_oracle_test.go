package rewrite_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// TestKustomizeTrees generates random trees of kustomizations and builds each with
// kustomize before and after a run. Each image must be the same as before, or the
// one that the rules produce; an image that a rule matches and that is not changed
// must have a finding. TREES=FROM-TO selects other seeds.
//
// Of the seeds 1–1500 and 2000–4400, two fail: in 2376, a replacement produces a
// text that is not a reference and contains a part of a remote base, which is
// classified wrongly; in 1140, a second run has edits. Therefore no fuzz target
// generates such trees.
func TestKustomizeTrees(t *testing.T) {
	from, to := uint64(1), uint64(60)
	if s := os.Getenv("TREES"); s != "" {
		if _, err := fmt.Sscanf(s, "%d-%d", &from, &to); err != nil {
			t.Fatalf("TREES=%s: %v", s, err)
		}
	}
	sum := buildCounts{}
	for seed := from; seed <= to; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { checkKustomizeTree(t, treeBytes(seed), sum) })
	}
	t.Logf("%v", sum)
	if n := int(to - from + 1); sum["rewritten"] < n || sum["not changed"] < n || sum["built"] < 2*n {
		t.Errorf("%d trees have too few builds or images to check: %v", n, sum)
	}
}

// treeBytes returns random bytes for the choices of one tree.
func treeBytes(seed uint64) []byte {
	data := make([]byte, 600)
	rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)}).Read(data)
	return data
}

// buildCounts counts builds and the results of comparing them.
type buildCounts map[string]int

// checkKustomizeTree generates a tree from data, runs over the tree or one of its
// folders, and compares the builds before and after the run.
func checkKustomizeTree(t *testing.T, data []byte, sum buildCounts) {
	c := &choices{data}
	x := newKustomizeTree(c)
	if c.in(25) {
		x.only = pick(c, x.dirs...)
	}
	root := t.TempDir()
	for name, text := range x.files {
		write(t, filepath.Join(root, name), []byte(text))
	}
	var list []rules.Rule
	for _, r := range x.rules {
		p, err := rules.ParseRuleFlag(r)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	o := rewrite.Options{Rules: set}
	if x.only != "" {
		o.Walk.Paths = []string{filepath.Join(root, x.only)}
	}
	before := map[string][]value{}
	for _, dir := range x.dirs {
		if before[dir], err = x.build(x.files, dir); err != nil {
			sum["not built"]++
		}
	}
	plan := makePlan(t, root, o)
	ledger := ledgerText(plan)
	if _, err := plan.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for name := range x.files {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(data)
		if x.only != "" && !strings.HasPrefix(name, x.only+"/") && files[name] != x.files[name] {
			t.Errorf("%s is outside of %s and was written", name, x.only)
		}
	}
	// Files outside of the given folder and remote files have no findings.
	explained := x.only != "" || strings.Contains(x.archive(), remoteBase) || strings.Contains(ledger, " not changed ")
	for _, dir := range x.dirs {
		if before[dir] != nil {
			after, err := x.build(files, dir)
			if err != nil {
				t.Errorf("%s does not build after the run: %v", dir, err)
				continue
			}
			compareBuilds(t, set, dir, before[dir], after, explained, sum)
		}
	}
	again := makePlan(t, root, o)
	for i := range again.Files {
		if f := &again.Files[i]; len(f.Edits) > 0 {
			t.Errorf("%s: a second run has edits: %+v", f.Path, f.Edits)
		}
	}
	if t.Failed() {
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if files[name] != x.files[name] {
				fmt.Fprintf(&b, "-- after: %s --\n%s", name, files[name])
			}
		}
		t.Logf("rules %q, PATH %q\n%s%s-- ledger --\n%s-- remote base --\n%s", x.rules, x.only, x.archive(), b.String(), ledger, x.remotePods)
	}
}

// compareBuilds compares the builds of dir before and after the run.
func compareBuilds(t *testing.T, set *rules.Set, dir string, before, after []value, explained bool, sum buildCounts) {
	sum["built"]++
	if len(after) != len(before) {
		t.Errorf("%s: expected %d values, got %d", dir, len(before), len(after))
		return
	}
	for i, b := range before {
		a := after[i]
		moved := newImages(set, b.text)
		image := strings.Contains(a.at, "ontainers[") && strings.HasSuffix(a.at, ".image")
		switch {
		case a.at != b.at:
			t.Errorf("%s: expected the field %s, got %s", dir, b.at, a.at)
		case a.text == b.text && image && len(moved) > 0:
			sum["not changed"]++
			if !explained {
				t.Errorf("%s: %s: %s is not changed and has no finding", dir, b.at, b.text)
			}
		case a.text == b.text:
			sum["same"]++
		case slices.Contains(moved, a.text) || !image && slices.Contains(newRegistries(set, b.text), a.text):
			sum["rewritten"]++
		default:
			t.Errorf("%s: %s: unexpected change from %s to %s", dir, b.at, b.text, a.text)
		}
	}
}

// newImages returns the new references of an image in an image field and in other
// fields.
func newImages(set *rules.Set, text string) (out []string) {
	for _, k := range []rules.Kind{rules.ShortForm, rules.Reference} {
		if m, ok := set.Match(text, k); ok {
			out = append(out, m.New+text[m.Len:])
		}
	}
	return out
}

// newRegistries returns the new name of a registry.
func newRegistries(set *rules.Set, text string) []string {
	if m, ok := set.Match(text, rules.Registry); ok {
		return []string{m.New + text[m.Len:]}
	}
	return nil
}

// A value is a scalar in the output of a kustomization.
type value struct{ at, text string }

// build returns the scalars of the output of kustomize for the folder dir. The
// remote base is replaced by a local copy.
func (t *kustomizeTree) build(files map[string]string, dir string) ([]value, error) {
	fs := filesys.MakeFsInMemory()
	put := func(name, text string) {
		if err := fs.WriteFile(path.Join("/r", name), []byte(text)); err != nil {
			panic(err) // cannot happen: the file system is in memory
		}
	}
	put("remote/kustomization.yaml", "resources: [pods.yaml]\n")
	put("remote/pods.yaml", t.remotePods)
	for name, text := range files {
		put(name, strings.ReplaceAll(text, remoteBase, relative(path.Dir(name), "remote")))
	}
	o := krusty.MakeDefaultOptions()
	o.LoadRestrictions = types.LoadRestrictionsNone
	m, err := krusty.MakeKustomizer(o).Run(fs, path.Join("/r", dir))
	if err != nil {
		return nil, err
	}
	var out []value
	for _, r := range m.Resources() {
		var down func(n *yaml.Node, at string)
		down = func(n *yaml.Node, at string) {
			switch n.Kind {
			case yaml.ScalarNode:
				out = append(out, value{at, n.Value})
			case yaml.MappingNode:
				for i := 0; i+1 < len(n.Content); i += 2 {
					down(n.Content[i+1], at+"."+n.Content[i].Value)
				}
			default:
				for i, c := range n.Content {
					down(c, at+fmt.Sprintf("[%d]", i))
				}
			}
		}
		down(r.YNode(), r.CurId().String())
	}
	return out, nil
}
