package render

import (
	"encoding/base64"
	"reflect"
	"strings"

	"github.com/regmigrate/regmigrate/internal/chartutil"
)

// sameValues reports whether the YAML values of two texts differ in references
// only. toYaml breaks long strings into lines, and breaks them elsewhere when a
// reference in them gets longer. The child process has read both texts within
// its limits before.
func sameValues(before, after string, rewrite RewriteFunc) bool {
	b, a := SplitDocuments(before), SplitDocuments(after)
	if len(b) != len(a) {
		return false
	}
	for i := range b {
		valuesB, err1 := chartutil.ReadValues([]byte(b[i]))
		valuesA, err2 := chartutil.ReadValues([]byte(a[i]))
		if err1 != nil || err2 != nil || !sameValue(map[string]any(valuesB), map[string]any(valuesA), rewrite) {
			return false
		}
	}
	return true
}

// sameValue compares the values of one field. Keys are never references.
func sameValue(before, after any, rewrite RewriteFunc) bool {
	switch b := before.(type) {
	case map[string]any:
		a, ok := after.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range b {
			item, ok := a[k]
			if !ok || !sameValue(v, item, rewrite) {
				return false
			}
		}
		return true
	case []any:
		a, ok := after.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range b {
			if !sameValue(b[i], a[i], rewrite) {
				return false
			}
		}
		return true
	case string:
		a, ok := after.(string)
		return ok && (SameLines(b, a, rewrite) || sameBase64(b, a, rewrite))
	}
	return reflect.DeepEqual(before, after)
}

// sameBase64 reports whether both texts are base64, in one line or in several as
// kustomize writes it to a Secret, and differ in references only.
func sameBase64(before, after string, rewrite RewriteFunc) bool {
	b, ok1 := decodeBase64(before)
	a, ok2 := decodeBase64(after)
	return ok1 && ok2 && SameLines(b, a, rewrite)
}

// decodeBase64 decodes base64 text; white space in the text is ignored.
func decodeBase64(text string) (decoded string, ok bool) {
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	return string(b), err == nil
}
