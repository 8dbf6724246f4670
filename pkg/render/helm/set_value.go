package helm

import (
	"strconv"
	"strings"
)

// setValue puts the marker m into values, which a user would give; seen are
// all values. A list is given whole, as Helm does not merge lists.
func setValue(values, seen map[string]any, m *marker) {
	var from any = seen
	var to any = values
	for i, p := range m.path {
		from = step1(from, p)
		if i == len(m.path)-1 {
			setStep(to, p, m.replace(step1(to, p), from))
			return
		}
		next := step1(to, p)
		switch now := from.(type) {
		case map[string]any:
			if _, ok := next.(map[string]any); !ok {
				next = map[string]any{}
				setStep(to, p, next)
			}
		case []any:
			if list, ok := next.([]any); !ok || len(list) != len(now) {
				next = copyOf(now)
				setStep(to, p, next)
			}
		}
		to = next
	}
}

// replace is the value with the marker in it: now, when another marker is in
// it already, else seen.
func (m *marker) replace(now, seen any) any {
	if !m.inner {
		return m.text
	}
	s, ok := now.(string)
	if !ok {
		s, _ = seen.(string)
	}
	return strings.ReplaceAll(s, m.old, m.text)
}

// step1 is the value at one step of a path below v.
func step1(v any, p string) any {
	switch v := v.(type) {
	case map[string]any:
		return v[p]
	case []any:
		if n, ok := item(p); ok && n < len(v) {
			return v[n]
		}
	}
	return nil
}

// setStep sets the value at one step of a path below v.
func setStep(v any, p string, to any) {
	switch v := v.(type) {
	case map[string]any:
		v[p] = to
	case []any:
		if n, ok := item(p); ok && n < len(v) {
			v[n] = to
		}
	}
}

// item is the index that a step "[0]" means.
func item(p string) (int, bool) {
	n, err := strconv.Atoi(strings.Trim(p, "[]"))
	return n, err == nil && n >= 0
}

func copyOf(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = copyOf(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = copyOf(item)
		}
		return out
	}
	return v
}
