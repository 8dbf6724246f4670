package helm

import (
	"slices"
	"strconv"
	"strings"
)

// setMarkers puts markers into values, which override the chart's own. all are the
// values that the templates get. Markers for parts of one value are next to each other.
func setMarkers(values, all map[string]any, markers []marker) {
	for len(markers) > 0 {
		n := 1
		for markers[0].inner && n < len(markers) && markers[n].inner && slices.Equal(markers[n].path, markers[0].path) {
			n++
		}
		setValue(values, all, markers[:n])
		markers = markers[n:]
	}
}

// setValue puts markers for one value into values. It copies a list from all when
// values does not hold it, since Helm does not merge lists.
func setValue(values, all map[string]any, markers []marker) {
	var from any = all
	var to any = values
	path := markers[0].path
	for i, step := range path {
		from = child(from, step)
		if i == len(path)-1 {
			setChild(to, step, replacement(markers, from))
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

// replacement returns the value with the markers in it. One pass replaces all parts of
// a value: a value can have as many parts as it has words. Where one part begins with
// another, the longer one is replaced.
func replacement(markers []marker, value any) any {
	if !markers[0].inner {
		return markers[0].text
	}
	longest := slices.Clone(markers)
	slices.SortStableFunc(longest, func(a, b marker) int { return len(b.original) - len(a.original) })
	var pairs []string
	for i := range longest {
		pairs = append(pairs, longest[i].original, longest[i].text)
	}
	s, _ := value.(string)
	return strings.NewReplacer(pairs...).Replace(s)
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
