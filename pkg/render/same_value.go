package render

import (
	"encoding/base64"
	"reflect"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
)

// sameFolded reports whether two texts mean the same but for references: toYaml
// folds long strings, and folds them elsewhere when a reference in them got
// longer. The child has read both before, within its limits.
func sameFolded(before, after string, move RewriteFunc) bool {
	b, a := SplitDocuments(before), SplitDocuments(after)
	if len(b) != len(a) {
		return false
	}
	for i := range b {
		old, err1 := chartutil.ReadValues([]byte(b[i]))
		now, err2 := chartutil.ReadValues([]byte(a[i]))
		if err1 != nil || err2 != nil || !sameValue(map[string]any(old), map[string]any(now), move) {
			return false
		}
	}
	return true
}

// sameValue compares values of the same place. Keys are never references.
func sameValue(before, after any, move RewriteFunc) bool {
	switch b := before.(type) {
	case map[string]any:
		a, ok := after.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range b {
			now, ok := a[k]
			if !ok || !sameValue(v, now, move) {
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
			if !sameValue(b[i], a[i], move) {
				return false
			}
		}
		return true
	case string:
		a, ok := after.(string)
		return ok && (SameLines(b, a, move) || sameFoldedBase64(b, a, move))
	}
	return reflect.DeepEqual(before, after)
}

// sameFoldedBase64 reports whether both are base64 over several lines, as
// kustomize has it in a Secret, and what they say differs in references only.
func sameFoldedBase64(before, after string, move RewriteFunc) bool {
	b, err1 := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(before), ""))
	a, err2 := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(after), ""))
	return err1 == nil && err2 == nil && SameLines(string(b), string(a), move)
}
