package helm

import "net/url"

// removeReferences removes the references to the document at target from a part
// of a schema, and reports whether there were any. base is the URL that
// references in v are relative to.
func removeReferences(v any, base, target string) bool {
	removed := false
	switch v := v.(type) {
	case map[string]any:
		for _, key := range []string{"$id", "id"} {
			if id, ok := v[key].(string); ok {
				base = resolveURL(base, id)
			}
		}
		for _, key := range []string{"$ref", "$dynamicRef", "$recursiveRef", "$schema"} {
			if ref, ok := v[key].(string); ok && resolveURL(base, ref) == target {
				delete(v, key)
				removed = true
			}
		}
		for _, item := range v {
			removed = removeReferences(item, base, target) || removed
		}
	case []any:
		for _, item := range v {
			removed = removeReferences(item, base, target) || removed
		}
	}
	return removed
}

// resolveURL returns the URL of the document that ref refers to, relative to
// base.
func resolveURL(base, ref string) string {
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	r, err := b.Parse(ref)
	if err != nil {
		return ref
	}
	r.Fragment, r.RawFragment = "", ""
	return r.String()
}
