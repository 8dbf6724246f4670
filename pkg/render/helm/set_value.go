package helm

import (
	"strconv"
	"strings"
)

// setValue puts the marker m into values, which override the chart's own. all
// are the values that the templates get. setValue copies a list from all when
// values does not hold it, since Helm does not merge lists.
func setValue(values, all map[string]any, m *marker) {
	var from any = all
	var to any = values
	for i, step := range m.path {
		from = child(from, step)
		if i == len(m.path)-1 {
			setChild(to, step, m.replacement(child(to, step), from))
			return
		}
		next := child(to, step)
		switch v := from.(type) {
		case map[string]any:
			if _, ok := next.(map[string]any); !ok {
				next = map[string]any{}
				setChild(to, step, next)
			}
		case []any:
			if list, ok := next.([]any); !ok || len(list) != len(v) {
				next = deepCopy(v)
				setChild(to, step, next)
			}
		}
		to = next
	}
}

// replacement returns the value with the marker in it. override is the value
// that an earlier marker set, nil for none; value is the value without markers.
func (m *marker) replacement(override, value any) any {
	if !m.inner {
		return m.text
	}
	s, ok := override.(string)
	if !ok {
		s, _ = value.(string)
	}
	return strings.ReplaceAll(s, m.original, m.text)
}

// child returns the value of one path step in v: a key, or "[0]".
func child(v any, step string) any {
	switch v := v.(type) {
	case map[string]any:
		return v[step]
	case []any:
		if n, ok := listIndex(step); ok && n < len(v) {
			return v[n]
		}
	}
	return nil
}

// setChild sets the value of one path step in v.
func setChild(v any, step string, value any) {
	switch v := v.(type) {
	case map[string]any:
		v[step] = value
	case []any:
		if n, ok := listIndex(step); ok && n < len(v) {
			v[n] = value
		}
	}
}

// listIndex parses a step such as "[0]".
func listIndex(step string) (int, bool) {
	n, err := strconv.Atoi(strings.Trim(step, "[]"))
	return n, err == nil && n >= 0
}

func deepCopy(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = deepCopy(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = deepCopy(item)
		}
		return out
	}
	return v
}
