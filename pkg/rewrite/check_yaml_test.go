package rewrite_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// checkYAML parses the file before and after the edits with a YAML library,
// independently of the program's own parser, and checks that the nodes are the
// same except for the edited values.
func checkYAML(t testing.TB, f *rewrite.File) {
	t.Helper()
	a, errA := flatten(f.Before)
	b, errB := flatten(f.After())
	if without := withoutKeys(f.Before, f.Edits); len(without) < len(f.Edits) {
		// The file must parse with the inserted keys, and have the same nodes
		// without them.
		if errB != nil {
			t.Errorf("%s: does not parse with the inserted keys: %v", f.Path, errB)
		}
		after, err := edit.Apply(f.Before, without)
		if err != nil {
			t.Fatal(err)
		}
		b, errB = flatten(after)
	}
	if fmt.Sprint(errA) != fmt.Sprint(errB) || len(a) != len(b) {
		t.Errorf("%s: expected %d nodes and error %v after the edits, got %d and %v", f.Path, len(a), errA, len(b), errB)
		return
	}
	changed := 0
	for i := range a {
		if a[i] != b[i] {
			changed++
			isWhole := a[i].style == 0 && b[i].tag == "!!str" && slices.ContainsFunc(f.Edits, func(e edit.Edit) bool {
				return e.IsWhole && string(f.Before[e.Start:e.End]) == a[i].value && strings.Trim(e.New, `"`) == b[i].value
			})
			if a[i].kind != b[i].kind || !isWhole && (a[i].tag != b[i].tag || a[i].style != b[i].style) || a[i].comments != b[i].comments && !strings.Contains(a[i].comments, ".") && !strings.Contains(a[i].comments, "renovate:") {
				t.Errorf("%s: line %d: more than the value of a node changed: %+v, %+v", f.Path, a[i].line, a[i], b[i])
			}
		}
	}
	if changed > len(f.Edits) {
		t.Errorf("%s: expected at most %d changed values, one per edit, got %d", f.Path, len(f.Edits), changed)
	}
}

// withoutKeys returns the edits of before that insert no key, and replace no null by keys.
func withoutKeys(before []byte, edits []edit.Edit) []edit.Edit {
	var out []edit.Edit
	for _, e := range edits {
		old := string(before[e.Start:e.End])
		fillsNull := e.IsWhole && (old == "~" || old == "null") && e.New[0] == '{'
		if !fillsNull && e.Len() > 0 || !strings.Contains(e.New, ": ") {
			out = append(out, e)
		}
	}
	return out
}

type flatNode struct {
	kind                 yaml.Kind
	tag, value, comments string
	style                yaml.Style
	line                 int
}

func flatten(src []byte) (out []flatNode, err error) {
	d := yaml.NewDecoder(bytes.NewReader(src))
	var down func(n *yaml.Node)
	down = func(n *yaml.Node) {
		out = append(out, flatNode{n.Kind, n.ShortTag(), n.Value, n.HeadComment + n.LineComment + n.FootComment, n.Style, n.Line})
		for _, c := range n.Content {
			down(c)
		}
	}
	for {
		var n yaml.Node
		if err := d.Decode(&n); err == io.EOF {
			return out, nil
		} else if err != nil {
			return out, err
		}
		down(&n)
	}
}
