package compose

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// A comparer compares models and texts before and after a change.
type comparer struct {
	rewrite      render.RewriteFunc
	assumeImages bool

	services    map[string]bool
	moved       map[string]bool   // the fields whose references changed
	leftovers   map[string]string // references that a rule matches after the change, by field
	differences []difference
}

// A difference fails a verdict.
type difference struct{ field, why string }

func (d difference) String() string { return d.field + ": " + d.why }

// maxDifferences bounds the list of differences.
const maxDifferences = 100

func (c *comparer) differs(p fieldPath, why string) {
	d := difference{p.String(), why}
	if len(c.differences) < maxDifferences && !slices.Contains(c.differences, d) {
		c.differences = append(c.differences, d)
	}
}

// compareModels compares two models in JSON.
func (c *comparer) compareModels(before, after []byte) error {
	var b, a struct {
		Model    any                       `json:"model"`
		Resolved map[string]map[string]any `json:"resolved"`
	}
	if err := json.Unmarshal(before, &b); err != nil {
		return fmt.Errorf("reading a model: %w", err)
	}
	if err := json.Unmarshal(after, &a); err != nil {
		return fmt.Errorf("reading a model: %w", err)
	}
	c.value(fieldPath{}, b.Model, a.Model)
	for _, name := range slices.Sorted(maps.Keys(b.Resolved)) {
		for key, v := range b.Resolved[name] {
			c.value(fieldPath{"services", name, key}, v, a.Resolved[name][key])
		}
	}
	if model, ok := b.Model.(map[string]any); ok {
		services, _ := model["services"].(map[string]any)
		for name := range services {
			c.services = add(c.services, name)
		}
	}
	if model, ok := a.Model.(map[string]any); ok {
		c.addLeftovers(model)
	}
	return nil
}

func add(set map[string]bool, name string) map[string]bool {
	if set == nil {
		set = map[string]bool{}
	}
	set[name] = true
	return set
}

// addLeftovers adds the images of the model that a rule matches.
func (c *comparer) addLeftovers(model map[string]any) {
	services, _ := model["services"].(map[string]any)
	for name, s := range services {
		service, _ := s.(map[string]any)
		ref, _ := service["image"].(string)
		if _, ok := c.rewrite(ref); ok && ref != "" && service["build"] == nil {
			if c.leftovers == nil {
				c.leftovers = map[string]string{}
			}
			c.leftovers[fieldPath{"services", name, "image"}.String()] = ref
		}
	}
}

// A tagged is a scalar of a text.
type tagged struct{ tag, text string }

// value compares two values of the field p.
func (c *comparer) value(p fieldPath, before, after any) {
	switch b := before.(type) {
	case map[string]any:
		a, ok := after.(map[string]any)
		if !ok {
			c.differs(p, "it is no mapping after the change")
			return
		}
		c.mapping(p, b, a)
	case []any:
		a, ok := after.([]any)
		if !ok || len(a) != len(b) {
			c.differs(p, "the number of items changed")
			return
		}
		for i := range b {
			c.value(p.with("[]"), b[i], a[i])
		}
	case tagged:
		a, ok := after.(tagged)
		if !ok || a.tag != b.tag {
			c.differs(p, "the type of the value changed")
			return
		}
		c.text(p, b.text, a.text, nil)
	case string:
		a, ok := after.(string)
		if !ok {
			c.differs(p, "it is no text after the change")
			return
		}
		c.text(p, b, a, nil)
	default:
		if !reflect.DeepEqual(before, after) {
			c.differs(p, fmt.Sprintf("%v became %v", before, after))
		}
	}
}

// mapping compares two mappings.
func (c *comparer) mapping(p fieldPath, before, after map[string]any) {
	for _, k := range slices.Sorted(maps.Keys(after)) {
		if _, ok := before[k]; !ok {
			c.differs(p.with(k), "the key is new")
		}
	}
	for _, k := range slices.Sorted(maps.Keys(before)) {
		a, ok := after[k]
		if !ok {
			c.differs(p.with(k), "the key is gone")
			continue
		}
		b1, isText := before[k].(string)
		a1, isText2 := a.(string)
		if isText && isText2 {
			c.text(p.with(k), b1, a1, before)
			continue
		}
		if b2, ok := before[k].(tagged); ok {
			if a2, ok := a.(tagged); ok && a2.tag == b2.tag {
				c.text(p.with(k), b2.text, a2.text, before)
				continue
			}
		}
		c.value(p.with(k), before[k], a)
	}
}

// text compares two texts of the field p, whose mapping is siblings.
func (c *comparer) text(p fieldPath, before, after string, siblings map[string]any) {
	if before == after {
		return
	}
	class := p.class(siblings)
	if class == noImage {
		c.differs(p, fmt.Sprintf("it changed, but it is not an image: %q became %q", clip(before), clip(after)))
		return
	}
	rewrite := c.rewrite
	switch {
	case class == aLabel:
		rewrite = render.WithPath(rewrite)
	case class == anyText && !c.assumeImages:
		rewrite = render.SpelledOut(rewrite)
	}
	if !render.SameText(before, after, rewrite) && !sameVariables(before, after, rewrite) {
		why := render.FirstDifference(before, after)
		if want, ok := rewrite(before); ok {
			why += "; the rules say " + want
		}
		c.differs(p, "it changed as no rule says: "+why)
		return
	}
	c.moved = add(c.moved, p.String())
}

// operatorRE matches the start of a variable with an operator and no colon before it.
var operatorRE = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*[-+?]`)

// sameVariables is render.SameText for ${NAME-nginx}: the name of the variable and the
// operator are no part of a reference.
func sameVariables(before, after string, rewrite render.RewriteFunc) bool {
	starts := operatorRE.FindAllString(before, -1)
	if len(starts) == 0 || !slices.Equal(starts, operatorRE.FindAllString(after, -1)) {
		return false
	}
	withColon := func(start string) string { return start[:len(start)-1] + ":" + start[len(start)-1:] }
	return render.SameText(operatorRE.ReplaceAllStringFunc(before, withColon), operatorRE.ReplaceAllStringFunc(after, withColon), rewrite)
}

// clip shortens a text for a message.
func clip(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

// compareTexts compares the texts of all files before and after the change.
func (c *comparison) compareTexts() {
	for _, name := range slices.Sorted(maps.Keys(c.filesBefore)) {
		before := c.filesBefore[name]
		after, ok := c.filesAfter[name]
		switch {
		case !ok:
			c.differs(fieldPath{name}, "the file is gone after the change")
		case string(before) == string(after):
		case !format.HasYAMLName(name) && !slices.Contains(c.main, name):
			if !render.SameLines(string(before), string(after), c.comparer.rewrite) {
				c.differs(fieldPath{name}, "it changed as no rule says")
			}
		default:
			c.compareDocuments(name, before, after)
		}
	}
}

// compareDocuments compares the documents of a YAML file.
func (c *comparison) compareDocuments(name string, before, after []byte) {
	b, err1 := syntax.ParseYAML(before, nil)
	a, err2 := syntax.ParseYAML(after, nil)
	switch {
	case err1 != nil:
		c.unproven = "the text of " + name + " cannot be compared: " + err1.Error()
		return
	case err2 != nil:
		c.differs(fieldPath{name}, "it is not valid YAML after the change: "+err2.Error())
		return
	case len(a.Docs) != len(b.Docs):
		c.differs(fieldPath{name}, "the number of documents changed")
		return
	}
	for i := range b.Docs {
		c.value(fieldPath{}, plain(b.Docs[i].Root), plain(a.Docs[i].Root))
	}
}

// plain returns the text of a node as values that comparer.value compares. Aliases are
// not followed.
func plain(n *syntax.Node) any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case syntax.Mapping:
		out := make(map[string]any, len(n.Children)/2)
		for i := 0; i+1 < len(n.Children); i += 2 {
			key := n.Children[i].Value
			for _, taken := out[key]; taken; _, taken = out[key] { // the mapping has the key twice
				key += "'"
			}
			out[key] = plain(n.Children[i+1])
		}
		return out
	case syntax.Sequence:
		out := make([]any, len(n.Children))
		for i, c := range n.Children {
			out[i] = plain(c)
		}
		return out
	case syntax.Alias:
		return tagged{"alias", n.Value}
	}
	return tagged{n.Tag, n.Value}
}
