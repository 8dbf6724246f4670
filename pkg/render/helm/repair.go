package helm

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/regmigrate/regmigrate/internal/chartutil"
)

// Exact bounds on the search for repairs of one chart with one Values.
const (
	maxRepairs     = 32       // renderings
	maxRepairBytes = 16 << 20 // of templates in all these renderings
)

// missingMark is the text of what is missing, in a rendering that shows where it
// would be: see repairs.marked. On a line of its own it is a comment; in a
// reference it makes another text.
const missingMark = "#zq-missing"

// repairs make a chart render that does not render as it is. They replace what is
// missing by nothing: templates of absent dependencies, required values, functions
// that Helm does not have. A rendering with repairs does not show all that the
// chart prints.
type repairs struct {
	templates []string        // names of templates that are not defined
	functions map[string]bool // functions that are not defined
	empty     [][]string      // paths of values that become an empty mapping: Values, redis, master
	skipped   map[string]bool // templates that are not executed, by their full path
	removed   map[string]bool // templates that cannot be parsed, by their full path
	marked    bool            // put missingMark in place of what is missing

	renderings, bytes int // used of maxRepairs and maxRepairBytes
}

func newRepairs() *repairs {
	return &repairs{functions: map[string]bool{}, skipped: map[string]bool{}, removed: map[string]bool{}}
}

// withMarks returns a copy of r that sets marked.
func (r *repairs) withMarks() *repairs {
	out := newRepairs()
	out.marked = true
	out.templates, out.empty = slices.Clone(r.templates), slices.Clone(r.empty)
	for _, m := range []struct{ to, from map[string]bool }{{out.functions, r.functions}, {out.skipped, r.skipped}, {out.removed, r.removed}} {
		for k := range m.from {
			m.to[k] = true
		}
	}
	return out
}

// engine returns the engine for a rendering. With repairs, `required` and `fail`
// print nothing instead of failing.
func (o *renderOptions) engine() *templateEngine {
	return &templateEngine{lint: o.repairs != nil || o.branches != nil, maxOutput: o.limits.MaxOutput, branches: o.branches}
}

// find adds repairs to r until the chart renders. It returns the error of the last
// rendering when no repair helps, or when a bound is reached.
func (r *repairs) find(c *Chart, values *Values, o renderOptions) error {
	o.repairs = r
	for {
		merged, err := mergeValues(values)
		if err != nil {
			return err
		}
		x, err := prepare(c, merged, o)
		if err != nil || x.rendered.Library {
			return err
		}
		r.renderings++
		eachChart(x.chart, "", func(_ string, c *chart.Chart) {
			for _, f := range c.Templates {
				r.bytes += len(f.Data)
			}
		})
		_, err = o.engine().render(x.chart, x.top)
		if err == nil {
			return nil
		}
		if r.renderings >= maxRepairs || r.bytes >= maxRepairBytes || !r.learn(err.Error(), x) {
			return renderError(x.chart.Name(), x.rendered.Missing, err)
		}
	}
}

// The errors of text/template and of Helm's engine that name what is missing.
// Source: templateEngine, text/template/exec.go.
var (
	undefinedTemplate = regexp.MustCompile(`: (?:template ("(?:[^"\\]|\\.)*") not defined|no template ("(?:[^"\\]|\\.)*") associated with template)`)
	undefinedFunction = regexp.MustCompile(`^parse error at \(.*?\): function "([A-Za-z_]\w*)" not defined$`)
	nilPointer        = regexp.MustCompile(`at <([^<>]*)>: nil pointer evaluating interface \{\}\.(\w+)$`)
	failedTemplate    = regexp.MustCompile(`^template: (.*?):\d+:\d+: `)
	executedTemplate  = regexp.MustCompile(`template: (\S+?):\d+:\d+: executing `)
	unparsedTemplate  = regexp.MustCompile(`^parse error (?:at|in) \((.*?)(?::\d+)*\): `)
	objectField       = regexp.MustCompile(`\.(Values|Release)((?:\.[A-Za-z_]\w*)+)`)
)

// learn adds a repair for the error text of the rendering x. It returns false if
// no repair is known for the error.
func (r *repairs) learn(text string, x *execution) bool {
	if all := undefinedTemplate.FindAllStringSubmatch(text, -1); len(all) > 0 {
		last := all[len(all)-1]
		if name, err := strconv.Unquote(last[1] + last[2]); err == nil && !slices.Contains(r.templates, name) {
			r.templates = append(r.templates, name)
			return true
		}
	}
	if m := undefinedFunction.FindStringSubmatch(text); m != nil && !r.functions[m[1]] {
		r.functions[m[1]] = true
		return true
	}
	failed := failedTemplate.FindStringSubmatch(text)
	if m := nilPointer.FindStringSubmatch(text); m != nil && failed != nil && r.addEmpty(x.top, failed[1], m[1], m[2]) {
		return true
	}
	if r.skip(text) {
		return true
	}
	if m := unparsedTemplate.FindStringSubmatch(text); m != nil && !r.removed[m[1]] {
		r.removed[m[1]] = true
		return true
	}
	return false
}

// skip adds the innermost of the templates that the error text names, if it is not
// a partial, to those that are not executed. Others that include it get nothing.
func (r *repairs) skip(text string) bool {
	all := executedTemplate.FindAllStringSubmatch(text, -1)
	for _, m := range slices.Backward(all) {
		if name := m[1]; strings.Contains(name, "/templates/") && !strings.HasPrefix(path.Base(name), "_") && !r.skipped[name] {
			r.skipped[name] = true
			return true
		}
	}
	return false
}

// addEmpty adds the path of the empty value in expression whose field has no
// result. Template is the full path of the template that was executed.
func (r *repairs) addEmpty(top chartutil.Values, template, expression, field string) bool {
	for _, m := range objectField.FindAllStringSubmatch(expression, -1) {
		at := []string{m[1]}
		if m[1] == "Values" {
			at = append(at, subchartsOf(template)...)
		}
		keys := strings.Split(strings.TrimPrefix(m[2], "."), ".")
		value := valueAt(top, at)
		for i := 0; i+1 < len(keys) && value != nil; i++ {
			at = append(at, keys[i])
			value = valueAt(value, keys[i:i+1])
			if value == nil && keys[i+1] == field {
				r.empty = append(r.empty, at)
				return true
			}
		}
	}
	return false
}

// subchartsOf returns the names of the sub-charts that the template at a full path
// belongs to: a/charts/b/charts/c/templates/x.yaml is in b and c.
func subchartsOf(template string) []string {
	before, _, _ := strings.Cut(template, "/templates/")
	return strings.Split(before, "/charts/")[1:]
}

// apply makes the repairs in a loaded chart and in what its templates get.
func (r *repairs) apply(ch *chart.Chart, top chartutil.Values) {
	if r == nil {
		return
	}
	names := map[string]string{}
	for name := range r.functions {
		names[name] = `and ""` // without a result, whatever the arguments are
		if r.marked {
			names[name] = `or "` + missingMark + `"`
		}
	}
	if r.marked {
		names["required"] = "default" // prints its message, where the value is empty
	}
	eachChart(ch, ch.Name(), func(name string, c *chart.Chart) {
		var out []*chart.File
		for _, f := range c.Templates {
			full := name + "/" + f.Name
			if r.removed[full] {
				continue
			}
			to := f.Name
			if r.skipped[full] { // Helm does not execute it, but knows its definitions
				to = path.Join(path.Dir(to), "_"+path.Base(to))
			}
			out = append(out, &chart.File{Name: to, Data: replaceFunctions(f.Data, names)})
		}
		c.Templates = out
	})
	var b strings.Builder
	for _, name := range r.templates {
		b.WriteString("{{define " + strconv.Quote(name) + "}}")
		if r.marked {
			b.WriteString(missingMark)
		}
		b.WriteString("{{end}}")
	}
	ch.Templates = append(ch.Templates, &chart.File{Name: "templates/_regmigrate-missing.tpl", Data: []byte(b.String())})
	for _, at := range r.empty {
		if parent, ok := asMap(valueAt(top, at[:len(at)-1])); ok {
			parent[at[len(at)-1]] = map[string]any{}
		}
	}
}

// valueAt returns the value at a path of keys in v, nil for none.
func valueAt(v any, at []string) any {
	for _, key := range at {
		m, ok := asMap(v)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

func asMap(v any) (map[string]any, bool) {
	switch m := v.(type) {
	case map[string]any:
		return m, m != nil
	case chartutil.Values:
		return m, m != nil
	}
	return nil, false
}

// replaceFunctions returns the template src with the functions names[NAME] in
// place of NAME.
func replaceFunctions(src []byte, names map[string]string) []byte {
	if len(names) == 0 {
		return src
	}
	var b strings.Builder
	text := string(src)
	for {
		start := strings.Index(text, "{{")
		if start < 0 {
			break
		}
		b.WriteString(text[:start])
		text = text[start:]
		n := writeAction(&b, text, names)
		text = text[n:]
	}
	b.WriteString(text)
	return []byte(b.String())
}

// actionToken matches a token of an action: a string, a comment, a name with the
// fields or the dollar sign before it, the end, or any other byte.
var actionToken = regexp.MustCompile("^(?s:\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|'(?:[^'\\\\]|\\\\.)*'|/\\*.*?\\*/|[.$]*[A-Za-z_][\\w.]*|}}|.)")

// writeAction writes the action at the start of text with functions replaced, and
// returns its length in bytes.
func writeAction(b *strings.Builder, text string, names map[string]string) int {
	for i := 0; i < len(text); {
		token := actionToken.FindString(text[i:])
		i += len(token)
		if name, ok := names[token]; ok {
			token = name
		}
		b.WriteString(token)
		if token == "}}" {
			return i
		}
	}
	return len(text)
}
