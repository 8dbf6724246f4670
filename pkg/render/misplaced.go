package render

import (
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// misplaced says where two texts, which differ in references only, differ in
// what is no image whatever it looks like: a key, the type or the name of an
// object, what a policy decides by. It is empty when there is none.
func misplaced(before, after string) string {
	b, a := SplitDocuments(before), SplitDocuments(after)
	if len(b) != len(a) {
		return ""
	}
	for i := range b {
		if b[i] == a[i] {
			continue
		}
		old, err1 := chartutil.ReadValues([]byte(b[i]))
		now, err2 := chartutil.ReadValues([]byte(a[i]))
		if err1 != nil || err2 != nil {
			continue
		}
		if why := misplacedIn(old, now, maxEmbedded); why != "" {
			return why
		}
	}
	return ""
}

// imageLineRE finds a line that is an image and nothing else.
var imageLineRE = regexp.MustCompile(`^ *(?:- )?image: [^ #]+$`)

// runs reports whether all objects of t run containers: an image is one there.
// Most of what moves is this, and is not read again.
func (t *Text) runs() bool {
	for i := range t.Objects {
		switch t.Objects[i].Kind {
		case "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob":
		default:
			return false
		}
	}
	return true
}

// maxEmbedded is how deep documents in strings of documents are looked into.
const maxEmbedded = 3

// misplacedIn is misplaced for what may be an object, or a list of such.
func misplacedIn(before, after map[string]any, deep int) string {
	api, _ := before["apiVersion"].(string)
	kind, _ := before["kind"].(string)
	if reason := format.ReasonOfObject(api, kind); reason == format.Policy || reason == format.Mirror {
		return fmt.Sprintf("a %s changed, which decides about images and uses none (%s)", kind, reason)
	}
	if items, ok := before["items"].([]any); ok && strings.HasSuffix(kind, "List") {
		now, _ := after["items"].([]any)
		for i := range min(len(items), len(now)) {
			b, ok1 := items[i].(map[string]any)
			a, ok2 := now[i].(map[string]any)
			if !ok1 || !ok2 {
				continue
			}
			if why := misplacedIn(b, a, deep); why != "" {
				return why
			}
		}
		return ""
	}
	for _, key := range []string{"apiVersion", "kind"} {
		if b, ok := before[key].(string); ok && api != "" && b != after[key] {
			return fmt.Sprintf("%s changed, which is no image: %s became %v", key, b, after[key])
		}
	}
	if b, ok := before["metadata"].(map[string]any); ok && api != "" {
		a, _ := after["metadata"].(map[string]any)
		for _, key := range []string{"name", "namespace", "generateName"} {
			if old, ok := b[key].(string); ok && old != a[key] {
				return fmt.Sprintf("metadata.%s changed, which is no image: %s became %v", key, old, a[key])
			}
		}
	}
	return misplacedAt(before, after, "", deep)
}

// misplacedAt compares values that stand under key.
func misplacedAt(before, after any, key string, deep int) string {
	switch b := before.(type) {
	case map[string]any:
		a, ok := after.(map[string]any)
		if !ok {
			return ""
		}
		for _, k := range slices.Sorted(maps.Keys(b)) {
			now, ok := a[k]
			if !ok {
				return "a key changed, which is no image: " + Clip(k)
			}
			if labelKeys[k] && !sameText(b[k], now) {
				return k + " changed, which are no images"
			}
			under := k
			if strings.Contains(strings.ToLower(key), "image") {
				under = "" // image: {name: nginx}, images: [{name: nginx}]
			}
			if why := misplacedAt(b[k], now, under, deep); why != "" {
				return why
			}
		}
	case []any:
		a, ok := after.([]any)
		if !ok {
			return ""
		}
		for i := range min(len(a), len(b)) {
			if i > 0 && key == "command" {
				key = "" // what follows are arguments
			}
			if why := misplacedAt(b[i], a[i], key, deep); why != "" {
				return why
			}
		}
	case string:
		a, ok := after.(string)
		if !ok || a == b {
			return ""
		}
		if noImageKeys[key] && isShort(b) {
			return fmt.Sprintf("%s changed, which is no image: %s became %s", key, Clip(b), Clip(a))
		}
		return misplacedEmbedded(b, a, deep)
	}
	return ""
}

// misplacedEmbedded is misplaced for documents in strings, plain or in base64.
func misplacedEmbedded(before, after string, deep int) string {
	if deep == 0 {
		return ""
	}
	if b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(before), "")); err == nil {
		if a, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(after), "")); err == nil {
			before, after = string(b), string(a)
		}
	}
	if !strings.Contains(before, "\n") && !strings.HasPrefix(strings.TrimSpace(before), "{") {
		return ""
	}
	b, a := SplitDocuments(before), SplitDocuments(after)
	if len(b) != len(a) {
		return ""
	}
	for i := range b {
		old, err1 := chartutil.ReadValues([]byte(b[i]))
		now, err2 := chartutil.ReadValues([]byte(a[i]))
		if err1 != nil || err2 != nil || b[i] == a[i] {
			continue
		}
		if why := misplacedIn(old, now, deep-1); why != "" {
			return why
		}
	}
	return ""
}

// labelKeys are the keys below which nothing is an image.
var labelKeys = keySet("labels", "matchLabels", "selector", "nodeSelector", "commonLabels")

// noImageKeys are the keys of fields of Kubernetes that have names and words of
// their own, which may look like a short form of Docker Hub.
var noImageKeys = keySet("apiVersion", "kind", "name", "namespace", "hostname", "subdomain", "command", "key", "path", "mountPath", "subPath", "workingDir",
	"serviceAccount", "serviceAccountName", "serviceName", "nodeName", "schedulerName", "priorityClassName", "ingressClassName", "storageClassName", "runtimeClassName", "claimName", "secretName",
	"restartPolicy", "imagePullPolicy", "dnsPolicy", "type", "protocol", "operator", "effect", "topologyKey", "volumeName", "clusterName", "containerName", "targetPort", "port", "host", "fsType", "medium", "apiGroup", "resource", "controller", "provisioner")

func keySet(keys ...string) map[string]bool {
	m := map[string]bool{}
	for _, k := range keys {
		m[k] = true
	}
	return m
}

// isShort reports whether text is one word without a host, which only a field
// that is an image makes an image of Docker Hub.
func isShort(text string) bool {
	ref, err := image.Parse(text)
	return err == nil && ref.Domain == "" && !image.IsHost(text)
}

func sameText(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }
