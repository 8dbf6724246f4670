package helm

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A marker stands in the place of a value while a chart is rendered, so that
// what became of the value can be read off the output. It keeps the kind of
// the value: templates compare versions, take references apart, and test for
// a dot in a host.
type marker struct {
	path  []string // of the value; an item of a list is "[0]"
	old   string   // the value as text, or a reference in a longer value
	inner bool     // whether old is a part of the value only
	text  string   // what stands there for the rendering
	parts []component
}

// A component is a part of a marker that occurs nowhere else, and what it
// stands for.
type component struct{ mark, text string }

var (
	versionRE = regexp.MustCompile(`^(v?[0-9]+\.[0-9]+)(?:\.[0-9]+)?([-+_.].*)?$`)
	hexRE     = regexp.MustCompile(`^[0-9a-f]{32,}$`)
	digestRE  = regexp.MustCompile(`^([a-z0-9]+):[0-9a-f]{32,}$`)
)

// markText returns the marker of a text and its components. Each has letters
// of its own: what a template takes of a value shows which one it was.
func markText(n int, text string) (string, []component) {
	slash := strings.HasSuffix(text, "/")
	name := strings.TrimSuffix(text, "/")
	switch {
	case digestRE.MatchString(text):
		algorithm, hex, _ := strings.Cut(text, ":")
		mark := markHex(n, len(hex))
		return algorithm + ":" + mark, []component{{mark, hex}}
	case hexRE.MatchString(text):
		mark := markHex(n, len(text))
		return mark, []component{{mark, text}}
	case versionRE.MatchString(text):
		mark := markVersion(n, text)
		return mark, []component{{mark, text}}
	}
	ref, err := image.Parse(name)
	if image.IsHost(name) {
		ref, err = image.Ref{Text: name, Domain: name}, nil
	}
	w := markWriter{n: n}
	if err != nil {
		w.put("", text, "")
		return w.b.String(), w.parts
	}
	if ref.Domain != "" {
		w.put("", ref.Domain, ".zq")
	}
	if ref.Path != "" {
		for _, c := range strings.Split(ref.Path, "/") {
			w.put("/", c, "")
		}
	}
	if versionRE.MatchString(ref.Tag) {
		mark := markVersion(n, ref.Tag)
		w.parts = append(w.parts, component{mark, ref.Tag})
		w.b.WriteString(":" + mark)
	} else if ref.Tag != "" {
		w.put(":", ref.Tag, "")
	}
	if ref.Digest != "" {
		w.b.WriteString("@" + ref.Digest)
	}
	if slash {
		w.b.WriteByte('/')
	}
	return w.b.String(), w.parts
}

// A markWriter puts a marker together.
type markWriter struct {
	n     int
	b     strings.Builder
	parts []component
}

// put adds a component that stands for text, behind before unless it is the
// first one.
func (w *markWriter) put(before, text, after string) {
	// Closed by a z, so that none is the beginning of another.
	mark := fmt.Sprintf("zq%dz%sz", w.n, strings.Repeat("a", len(w.parts)+1)) + after
	if len(w.parts) > 0 {
		w.b.WriteString(before)
	}
	w.b.WriteString(mark)
	w.parts = append(w.parts, component{mark, text})
}

// markVersion is a version that compares like text, but for its last number.
func markVersion(n int, text string) string {
	m := versionRE.FindStringSubmatch(text)
	return m[1] + "." + strconv.Itoa(990000000+n) + m[2]
}

// markHex is a hexadecimal number that nobody computes.
func markHex(n, digits int) string {
	s := fmt.Sprintf("%x", 0xabcd0000+n)
	return strings.Repeat("9", digits-len(s)) + s
}

// candidates returns markers for the values whose text stands in one of refs,
// from a component boundary to one, and for refs that stand in a longer value,
// such as containers that are given as text. A value below a chart's own
// `global` that only repeats its parent's is left out.
func candidates(values map[string]any, refs []string) []marker {
	c := collector{refs: refs, global: values["global"]}
	c.collect(values, nil)
	sort.SliceStable(c.found, func(i, j int) bool { return slices.Compare(c.found[i].path, c.found[j].path) < 0 })
	for i := range c.found {
		m := &c.found[i]
		m.text, m.parts = markText(i, m.old)
	}
	return c.found
}

// globalAt returns where in path a sub-chart's `global` stands, 0 for none.
func globalAt(path []string) int {
	for i, p := range path {
		if i > 0 && p == "global" {
			return i
		}
	}
	return 0
}

type collector struct {
	refs   []string
	global any
	found  []marker
}

func (c *collector) collect(v any, at []string) {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			c.collect(item, append(at[:len(at):len(at)], k))
		}
	case []any:
		for i, item := range v {
			c.collect(item, append(at[:len(at):len(at)], "["+strconv.Itoa(i)+"]"))
		}
	default:
		c.scalar(scalarText(v), at)
	}
}

func (c *collector) scalar(text string, at []string) {
	if i := globalAt(at); i > 0 && lookUp(c.global, at[i+1:]) == text {
		return
	}
	t := strings.Trim(text, "/")
	switch {
	case t == "":
	case c.occurs(t):
		c.found = append(c.found, marker{path: at, old: text})
	case strings.ContainsAny(text, " \t\n\"{["):
		for i, r := range c.refs {
			if strings.ContainsAny(r, "/:") && occurs(r, text) && !slices.Contains(c.refs[:i], r) {
				c.found = append(c.found, marker{path: at, old: r, inner: true})
			}
		}
	}
}

// occurs reports whether t is a part of one of the references.
func (c *collector) occurs(t string) bool {
	for _, r := range c.refs {
		if occurs(t, r) {
			return true
		}
	}
	return false
}

// occurs reports whether t is a part of r, from a boundary to one.
func occurs(t, r string) bool {
	for at := 0; ; {
		i := strings.Index(r[at:], t)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(t)
		begins := start == 0 || isBoundary(r[start-1]) ||
			r[start-1] == 'v' && start > 1 && isBoundary(r[start-2]) // v{{ tag }}
		if begins && (end == len(r) || isBoundary(r[end])) {
			return true
		}
		at = start + 1
	}
}

// isBoundary reports whether c ends a component of a reference, or a part of
// one that templates put together: `name-{{ arch }}`, `{{ tag }}-alpine`; or a
// reference in a longer text.
func isBoundary(c byte) bool { return strings.IndexByte("/:@-_. \t\r\n\"',=", c) >= 0 }

// scalarText is a scalar as a template prints it; "" for what is no text and
// no number.
func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int64:
		return strconv.FormatInt(v, 10)
	case int:
		return strconv.Itoa(v)
	}
	return ""
}

// lookUp returns the text of the scalar at path below v, "" when there is none.
func lookUp(v any, path []string) string {
	for _, p := range path {
		v = step1(v, p)
	}
	return scalarText(v)
}
