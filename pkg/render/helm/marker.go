package helm

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A marker replaces a value while a chart is rendered, to show where the value
// occurs in the output. A marker has the form of its value: templates compare
// versions, split references, and test whether a host contains a dot.
type marker struct {
	path     []string // of the value; an item of a list is "[0]"
	file     string   // of a text of a template, instead of a value: path in the chart
	offset   int      // of the text in the file, in bytes
	original string   // the value as text, or a reference in a longer value
	inner    bool     // original is only a part of the value
	text     string   // the text that replaces original
	parts    []component
}

// A component is a part of a marker that is unique in the output, and the text
// that it replaces.
type component struct{ mark, text string }

var (
	versionRE = regexp.MustCompile(`^(v?[0-9]+\.[0-9]+)(?:\.[0-9]+)?([-+_.].*)?$`)
	hexRE     = regexp.MustCompile(`^[0-9a-f]{32,}$`)
	digestRE  = regexp.MustCompile(`^([a-z0-9]+):[0-9a-f]{32,}$`)
)

// markText returns the text of marker number n for text, and its components. Each
// component is unique, so that a part of a value in the output is found too.
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

// A markWriter builds the text of marker number n.
type markWriter struct {
	n     int
	b     strings.Builder
	parts []component
}

// put appends separator, except before the first component, and a component that
// replaces text and ends in suffix.
func (w *markWriter) put(separator, text, suffix string) {
	// The final z keeps a mark from being a prefix of another mark.
	mark := fmt.Sprintf("zq%dz%sz", w.n, letters(len(w.parts))) + suffix
	if len(w.parts) > 0 {
		w.b.WriteString(separator)
	}
	w.b.WriteString(mark)
	w.parts = append(w.parts, component{mark, text})
}

// letters returns a number in letters, of which none is z: a, b, …, p, ba.
func letters(n int) string {
	digits := []byte(strconv.FormatInt(int64(n), 16))
	for i, c := range digits {
		if digits[i] = 'a' + c - '0'; c >= 'a' {
			digits[i] = c + 10
		}
	}
	return string(digits)
}

// markVersion returns a version that compares with other versions like text does,
// unless major and minor version are equal.
func markVersion(n int, text string) string {
	m := versionRE.FindStringSubmatch(text)
	return m[1] + "." + strconv.Itoa(990000000+n) + m[2]
}

// markHex returns a hexadecimal number that does not occur otherwise.
func markHex(n, digits int) string {
	s := fmt.Sprintf("%x", 0xabcd0000+n)
	return strings.Repeat("9", digits-len(s)) + s
}

// newMarkers returns markers for the values that are a part of one of refs, where
// the part begins and ends at a component boundary, and for refs that are a part
// of a longer value, such as a list of containers in a string. A value in the
// `global` of a sub-chart that equals the value of the parent chart gets no
// marker.
func newMarkers(values map[string]any, refs []string) []marker {
	refs = withoutDuplicates(refs)
	var long []string // references that are found in longer values
	for _, ref := range refs {
		if strings.ContainsAny(ref, "/:") {
			long = append(long, ref)
		}
	}
	f := markerFinder{parts: newPartIndex(refs), long: long, inLonger: newTextIndex(long), global: values["global"]}
	f.search(values, nil)
	slices.SortStableFunc(f.markers, func(a, b marker) int { return slices.Compare(a.path, b.path) })
	for i := range f.markers {
		m := &f.markers[i]
		m.text, m.parts = markText(i, m.original)
	}
	return f.markers
}

// globalIndex returns the index in path of the `global` of a sub-chart, 0 for
// none.
func globalIndex(path []string) int {
	for i, p := range path {
		if i > 0 && p == "global" {
			return i
		}
	}
	return 0
}

// A markerFinder finds the values that get a marker.
type markerFinder struct {
	parts    *partIndex
	long     []string
	inLonger *textIndex // of long
	global   any        // the value of the parent chart's `global`
	markers  []marker
}

func (f *markerFinder) search(v any, path []string) {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			f.search(item, append(path[:len(path):len(path)], k))
		}
	case []any:
		for i, item := range v {
			f.search(item, append(path[:len(path):len(path)], "["+strconv.Itoa(i)+"]"))
		}
	default:
		f.addScalar(scalarText(v), path)
	}
}

func (f *markerFinder) addScalar(text string, path []string) {
	if i := globalIndex(path); i > 0 && scalarAt(f.global, path[i+1:]) == text {
		return
	}
	trimmed := strings.Trim(text, "/")
	switch {
	case trimmed == "":
	case f.parts.has(trimmed):
		f.markers = append(f.markers, marker{path: path, original: text})
	case strings.ContainsAny(text, " \t\n\"{["):
		var found []int
		f.inLonger.eachPart(text, func(number int) { found = append(found, number) })
		slices.Sort(found)
		for _, number := range slices.Compact(found) {
			f.markers = append(f.markers, marker{path: path, original: f.long[number], inner: true})
		}
	}
}

// isPartOf reports whether text contains part between two component boundaries.
func isPartOf(part, text string) bool {
	for offset := 0; ; {
		i := strings.Index(text[offset:], part)
		if i < 0 {
			return false
		}
		start, end := offset+i, offset+i+len(part)
		if beginsPart(text, start) && (end == len(text) || isBoundary(text[end])) {
			return true
		}
		offset = start + 1
	}
}

// beginsPart reports whether a component of text begins at start.
func beginsPart(text string, start int) bool {
	return start == 0 || isBoundary(text[start-1]) ||
		text[start-1] == 'v' && start > 1 && isBoundary(text[start-2]) // v{{ tag }}
}

// isBoundary reports whether c separates components of a reference, parts that
// templates join (`name-{{ arch }}`, `{{ tag }}-alpine`), or a reference from the
// text around it.
func isBoundary(c byte) bool { return strings.IndexByte("/:@-_. \t\r\n\"',=", c) >= 0 }

// scalarText returns a string or a number as a template prints it, and "" for
// other values.
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

// scalarAt returns the text of the scalar at path in v, "" when there is none.
func scalarAt(v any, path []string) string {
	for _, step := range path {
		v = child(v, step)
	}
	return scalarText(v)
}
