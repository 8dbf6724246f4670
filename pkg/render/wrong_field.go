package render

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/chartutil"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// wrongField returns the first field that differs between two texts and cannot
// hold an image, "" when there is none. All differences between the texts look
// like references. Fields that cannot hold an image are keys, labels, the type
// and the name of an object, and the fields of a policy.
func wrongField(before, after string) string { return wrongDocument(before, after, maxEmbedded) }

func wrongDocument(before, after string, depth int) string {
	b, a := SplitDocuments(before), SplitDocuments(after)
	if len(b) != len(a) {
		return ""
	}
	for i := range b {
		if b[i] == a[i] {
			continue
		}
		valuesB, err1 := chartutil.ReadValues([]byte(b[i]))
		valuesA, err2 := chartutil.ReadValues([]byte(a[i]))
		if err1 != nil || err2 != nil {
			continue
		}
		if why := wrongObjectField(valuesB, valuesA, depth); why != "" {
			return why
		}
	}
	return ""
}

// imageLineRE matches a line that holds an image field only.
var imageLineRE = regexp.MustCompile(`^ *(?:- )?image: [^ #]+$`)

// runsContainers reports whether all objects of t run containers: their image
// fields hold images. Most changes are of this kind, and wrongField is skipped
// for them.
func (t *Text) runsContainers() bool {
	for i := range t.Objects {
		switch t.Objects[i].Kind {
		case "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob":
		default:
			return false
		}
	}
	return true
}

// maxEmbedded bounds the depth of documents in strings of documents.
const maxEmbedded = 3

// wrongObjectField compares two objects, or two lists of objects, as wrongField
// does.
func wrongObjectField(before, after map[string]any, depth int) string {
	api, _ := before["apiVersion"].(string)
	kind, _ := before["kind"].(string)
	if reason := format.ReasonOfObject(api, kind); reason == format.Policy || reason == format.Mirror {
		return fmt.Sprintf("a %s changed; it selects images and does not run them (%s)", kind, reason)
	}
	if items, ok := before["items"].([]any); ok && strings.HasSuffix(kind, "List") {
		return wrongItemField(items, after, depth)
	}
	if why := wrongIdentity(before, after); api != "" && why != "" {
		return why
	}
	return wrongValue(before, after, "", depth)
}

// wrongItemField compares the items of two Lists as wrongField does.
func wrongItemField(items []any, after map[string]any, depth int) string {
	itemsAfter, _ := after["items"].([]any)
	for i := range min(len(items), len(itemsAfter)) {
		b, ok1 := items[i].(map[string]any)
		a, ok2 := itemsAfter[i].(map[string]any)
		if !ok1 || !ok2 {
			continue
		}
		if why := wrongObjectField(b, a, depth); why != "" {
			return why
		}
	}
	return ""
}

// wrongIdentity compares the fields that identify an object.
func wrongIdentity(before, after map[string]any) string {
	for _, key := range []string{"apiVersion", "kind"} {
		if b, ok := before[key].(string); ok && b != after[key] {
			return notImage(key, b, after[key])
		}
	}
	b, _ := before["metadata"].(map[string]any)
	a, _ := after["metadata"].(map[string]any)
	for _, key := range []string{"name", "namespace", "generateName"} {
		if name, ok := b[key].(string); ok && name != a[key] {
			return notImage("metadata."+key, name, a[key])
		}
	}
	return ""
}

func notImage(field, before string, after any) string {
	return fmt.Sprintf("%s changed, but is not an image: %s became %s", field, clip(before), clip(fmt.Sprint(after)))
}

// wrongValue compares the values of the field key.
func wrongValue(before, after any, key string, depth int) string {
	switch b := before.(type) {
	case map[string]any:
		if a, ok := after.(map[string]any); ok {
			return wrongKey(b, a, key, depth)
		}
	case []any:
		a, ok := after.([]any)
		if !ok {
			return ""
		}
		for i := range min(len(a), len(b)) {
			if i > 0 && key == "command" {
				key = "" // only the first item is the command; the others are arguments
			}
			if why := wrongValue(b[i], a[i], key, depth); why != "" {
				return why
			}
		}
	case string:
		a, ok := after.(string)
		if !ok || a == b {
			return ""
		}
		if notImageKeys[key] && isShortForm(b) {
			return notImage(key, b, a)
		}
		return wrongEmbedded(b, a, depth)
	}
	return ""
}

// wrongKey compares the mappings of the field key.
func wrongKey(before, after map[string]any, key string, depth int) string {
	for _, k := range slices.Sorted(maps.Keys(before)) {
		v, ok := after[k]
		if !ok {
			return "a key changed, but keys are not images: " + clip(k)
		}
		if labelKeys[k] && fmt.Sprint(before[k]) != fmt.Sprint(v) {
			return k + " changed, but labels are not images"
		}
		field := k
		if strings.Contains(strings.ToLower(key), "image") {
			field = "" // image: {name: nginx}, images: [{name: nginx}]
		}
		if why := wrongValue(before[k], v, field, depth); why != "" {
			return why
		}
	}
	return ""
}

// wrongEmbedded compares the documents that two strings contain, in plain text or
// in base64, as wrongField does.
func wrongEmbedded(before, after string, depth int) string {
	if depth == 0 {
		return ""
	}
	b, ok1 := decodeBase64(before)
	a, ok2 := decodeBase64(after)
	if ok1 && ok2 {
		before, after = b, a
	}
	if !strings.Contains(before, "\n") && !strings.HasPrefix(strings.TrimSpace(before), "{") {
		return ""
	}
	return wrongDocument(before, after, depth-1)
}

// labelKeys are the keys of mappings that hold no image.
var labelKeys = keySet("labels", "matchLabels", "selector", "nodeSelector", "commonLabels")

// notImageKeys are the keys of Kubernetes fields whose values are not images,
// but can look like Docker Hub short names.
var notImageKeys = keySet("apiVersion", "kind", "name", "namespace", "hostname", "subdomain", "command", "key", "path", "mountPath", "subPath", "workingDir",
	"serviceAccount", "serviceAccountName", "serviceName", "nodeName", "schedulerName", "priorityClassName", "ingressClassName", "storageClassName", "runtimeClassName", "claimName", "secretName",
	"restartPolicy", "imagePullPolicy", "dnsPolicy", "type", "protocol", "operator", "effect", "topologyKey", "volumeName", "clusterName", "containerName", "targetPort", "port", "host", "fsType", "medium", "apiGroup", "resource", "controller", "provisioner")

func keySet(keys ...string) map[string]bool {
	m := map[string]bool{}
	for _, k := range keys {
		m[k] = true
	}
	return m
}

// isShortForm reports whether text is a reference without a domain, which is an
// image of Docker Hub in an image field only.
func isShortForm(text string) bool {
	ref, err := image.Parse(text)
	return err == nil && ref.Domain == "" && !image.IsHost(text)
}
