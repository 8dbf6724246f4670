package chart

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A testValues is a `set` of a test suite of helm-unittest: values that a test
// gives the chart.
// Source: https://github.com/helm-unittest/helm-unittest/blob/main/DOCUMENT.md
type testValues struct {
	path   string // of the suite
	field  string // of the set in the suite: .tests[0].set
	node   *syntax.Node
	common *testValues // the set of the whole suite, which a test overrides; may be nil

	// isDeployed says that the values are not those of a test, but of an entry of
	// helmCharts in a kustomization.
	isDeployed bool
}

// testFolders are the folders in which charts have test suites.
var testFolders = map[string]bool{"tests": true, "test": true, "unittests": true, "unit-tests": true, "unittest": true}

// isTestSuite reports whether the file at name has the name of a test suite of a
// chart.
func isTestSuite(name string) bool {
	ext := path.Ext(name)
	if ext != ".yaml" && ext != ".yml" {
		return false
	}
	if strings.HasSuffix(strings.TrimSuffix(path.Base(name), ext), "_test") {
		return true
	}
	for _, dir := range strings.Split(path.Dir(name), "/") {
		if testFolders[dir] {
			return true
		}
	}
	return false
}

// isSnapshot reports whether the file at name has snapshots of helm-unittest.
func isSnapshot(name string) bool {
	return strings.HasSuffix(name, ".snap") && path.Base(path.Dir(name)) == "__snapshot__"
}

// findTestValues finds the values that test suites give the chart.
func (c *chart) findTestValues() {
	c.tests = map[string]*testValues{}
	for _, f := range c.tree.FilesUnder(c.dir) {
		if !isTestSuite(f.Path) || strings.HasPrefix(f.Path, c.path("charts")+"/") {
			continue
		}
		file, err := f.ParseYAML(nil)
		if err != nil {
			continue
		}
		for i, doc := range file.Docs {
			c.addSuite(f.Path, i, doc.Root)
		}
	}
}

// addSuite adds the values of the suite n, the document with the index doc.
func (c *chart) addSuite(name string, doc int, n *syntax.Node) {
	tests := link.Items(n.Field("tests"))
	if len(tests) == 0 {
		return
	}
	add := func(field string, set *syntax.Node, common *testValues) *testValues {
		if set == nil || set.Kind != syntax.Mapping {
			return common
		}
		v := &testValues{path: name, field: field, node: set, common: common}
		id := fmt.Sprintf("%s#%d%s", name, doc, field)
		c.tests[id] = v
		c.testNames = append(c.testNames, id)
		return v
	}
	common := add(".set", n.Field("set"), nil)
	c.addTestFiles(name, n)
	for i, test := range tests {
		add(".tests["+strconv.Itoa(i)+"].set", test.Field("set"), common)
		c.addTestFiles(name, test)
	}
}

// addTestFiles adds the values files that a suite or a test of the suite at name
// lists.
func (c *chart) addTestFiles(name string, n *syntax.Node) {
	for _, item := range link.Items(n.Field("values")) {
		at, inside := c.tree.Resolve(path.Dir(name), item.Value)
		if file, ok := strings.CutPrefix(at, strings.TrimPrefix(c.dir+"/", "./")); inside && ok && !IsValuesFile(at) {
			c.testFiles = append(c.testFiles, file)
		}
	}
}

// scalar returns the scalar at a path of values. A key may hold several steps of
// the path: image.repository.
func (v *testValues) scalar(at []string) (format.Piece, bool) {
	for ; v != nil; v = v.common {
		if n, field := findValue(v.node, v.field, at); n != nil && n.Kind == syntax.Scalar && n.Span.Len() > 0 {
			return format.ScalarPiece(v.path, n, field, format.Whole, ""), true
		}
	}
	return format.Piece{}, false
}

// findValue returns the node at a path of values in n, and its field.
func findValue(n *syntax.Node, field string, at []string) (*syntax.Node, string) {
	if len(at) == 0 {
		return n, field
	}
	if n == nil {
		return nil, ""
	}
	if n.Kind == syntax.Sequence {
		i, err := strconv.Atoi(strings.Trim(at[0], "[]"))
		if err != nil || i < 0 || i >= len(n.Children) {
			return nil, ""
		}
		return findValue(n.Children[i].Resolve(), field+at[0], at[1:])
	}
	key := ""
	for k, step := range at {
		if k > 0 && !strings.HasPrefix(step, "[") {
			key += "."
		}
		key += step
		child := n.Field(key)
		if child == nil {
			continue
		}
		step := "." + key
		if strings.ContainsAny(key, ".[]") {
			step = "[" + strconv.Quote(key) + "]"
		}
		if found, at := findValue(child, field+step, at[k+1:]); found != nil {
			return found, at
		}
	}
	return nil, ""
}

// eachTestValue calls do for each occurrence in the values that tests give the
// chart. The names of the keys show these occurrences.
func (c *chart) eachTestValue(do func(o *format.Occurrence)) {
	for _, f := range c.tree.FilesUnder(c.dir) {
		if !isTestSuite(f.Path) {
			continue
		}
		for i := range f.Scanned.Occurrences {
			o := &f.Scanned.Occurrences[i]
			if field := o.Field(0); strings.HasPrefix(field, ".set") || strings.HasPrefix(field, ".tests[") && strings.Contains(field, "].set") || c.isTestFile(f.Path) {
				do(o)
			}
		}
	}
}

func (c *chart) isTestFile(name string) bool {
	for _, file := range c.testFiles {
		if c.path(file) == name {
			return true
		}
	}
	return false
}

// adviseSnapshots advises to make the snapshots anew that show a value that
// moves.
func adviseSnapshots(t *link.Tree, moved []link.MovedPiece) {
	for _, dir := range TreeDirs(t) {
		for _, name := range t.NamesUnder(dir) {
			if !isSnapshot(name) || t.ReadFile == nil {
				continue
			}
			text := string(t.ReadFile(name))
			for _, m := range moved {
				if dir != "." && !strings.HasPrefix(m.Path, dir+"/") || isSnapshot(m.Path) {
					continue
				}
				if at := strings.Index(text, m.Old); at >= 0 && len(m.Old) > 1 {
					made, _ := format.RegeneratedFile(name)
					command := strings.Replace(made.Command, "CHART", dir, 1)
					t.Advice = append(t.Advice, link.Advice{Path: name, At: at, Text: "This snapshot shows " + m.Old + ", which moves. Make it anew: " + command, Command: command})
					break
				}
			}
		}
	}
}

// adviseTests advises to look at the tests that give the chart another part of a
// reference than its values do, if the rest of that reference moves.
func adviseTests(t *link.Tree, tested []format.Occurrence, moved []link.MovedPiece) {
	type place struct{ path, field string }
	texts := map[place]string{} // after the move
	for _, m := range moved {
		texts[place{m.Path, m.Field}] = m.New
	}
	seen := map[link.PieceID]bool{}
	for i := range tested {
		o := &tested[i]
		var own *format.Piece
		after := ""
		changes := false
		for k := range o.Pieces {
			p := &o.Pieces[k]
			text, moves := texts[place{p.Path, o.Field(k)}]
			switch {
			case moves:
				changes = true
			default:
				text = p.Text
			}
			if own == nil && isTestSuite(p.Path) {
				own = p
			}
			after += text + p.Sep
		}
		if own == nil || !changes || seen[link.IDOf(own)] {
			continue
		}
		seen[link.IDOf(own)] = true
		t.Advice = append(t.Advice, link.Advice{
			Path: own.Path, At: own.Span.Start,
			Text: "With this value, the chart now prints " + after + o.Tail + " instead of " + o.Text() + ". Change what the test expects.",
		})
	}
}
