package main

import (
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// moves are the rules of a run, and an independent description of what they do.
type moves struct {
	name           string
	presets, rules []string
	prefixes       []oldNew // in order; the first that matches counts
	short          string   // the new prefix of Docker Hub names, "" if they do not move
}

type oldNew struct{ old, now string }

// corpusMoves are the rules of TestCorpusKustomize. With the rules for Docker
// Hub, nearly every kustomization moves.
var corpusMoves = []moves{
	{"hosts", []string{"k8s"}, []string{"gcr.io=mirror.example/gcr", "quay.io=mirror.example/quay"}, []oldNew{
		{"k8s.gcr.io", "registry.k8s.io"},
		{"gcr.io/google_containers", "registry.k8s.io"},
		{"gcr.io/google-containers", "registry.k8s.io"},
		{"us.gcr.io/k8s-artifacts-prod", "registry.k8s.io"},
		{"gcr.io", "mirror.example/gcr"},
		{"quay.io", "mirror.example/quay"},
	}, ""},
	{"hub", nil, []string{"docker.io=mirror.example/hub"}, []oldNew{{"docker.io", "mirror.example/hub"}}, "mirror.example/hub"},
}

// places returns the values in the output of the kustomize program, by object
// and field.
func places(t *testing.T, text string) map[string]string {
	t.Helper()
	out := map[string]string{}
	seen := map[string]int{}
	for _, doc := range regexp.MustCompile(`(?m)^---\n`).Split(text, -1) {
		var v map[string]any
		if err := yaml.Unmarshal([]byte(doc), &v); err != nil {
			t.Fatalf("kustomize gives no YAML: %v", err)
		}
		if len(v) == 0 {
			continue
		}
		m, _ := v["metadata"].(map[string]any)
		name := withoutHash(fmt.Sprintf("%v %v %v/%v", v["apiVersion"], v["kind"], m["namespace"], m["name"]))
		seen[name]++
		flatten(out, fmt.Sprintf("%s (%d) ", name, seen[name]), v)
	}
	return out
}

func flatten(out map[string]string, at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			flatten(out, at+"."+k, item)
		}
	case []any:
		for i, item := range v {
			flatten(out, fmt.Sprintf("%s[%d]", at, i), item)
		}
	default:
		out[at] = fmt.Sprint(v)
	}
}

// Source: sigs.k8s.io/kustomize/api/hasher.
var nameHash = regexp.MustCompile(`-[245-9bcdfghkmt]{10}\b`)

func withoutHash(s string) string { return nameHash.ReplaceAllString(s, "-HASH") }

// wrongPlaces returns the places where after is neither equal to before nor
// equal to before with references moved. A name with a hash is compared without
// the hash.
func (m *moves) wrongPlaces(t *testing.T, before, after string) []string {
	t.Helper()
	b, a := places(t, before), places(t, after)
	var out []string
	for _, at := range slices.Sorted(maps.Keys(b)) {
		now, ok := a[at]
		switch {
		case !ok:
			out = append(out, at+" is gone")
		case b[at] != now && !m.movedTo(at, b[at], now):
			out = append(out, fmt.Sprintf("%s: %q became %q", at, b[at], now))
		}
	}
	for _, at := range slices.Sorted(maps.Keys(a)) {
		if _, ok := b[at]; !ok {
			out = append(out, at+" is new")
		}
	}
	return out
}

// shortForm matches a Docker Hub name without the host.
var shortForm = regexp.MustCompile(`^([a-z0-9_-]+/)?[a-z0-9._-]+(:[A-Za-z0-9._-]+)?(@sha256:[0-9a-f]+)?$`)

// movedTo reports whether now is old with references moved, some or all.
func (m *moves) movedTo(at, old, now string) bool {
	if m.mayBecome(withoutHash(old)).MatchString(withoutHash(now)) {
		return true
	}
	if ns := shortForm.FindStringSubmatch(old); m.short != "" && ns != nil && strings.HasSuffix(at, ".image") {
		library := ""
		if ns[1] == "" {
			library = "library/"
		}
		return now == m.short+"/"+library+old
	}
	b, err1 := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(old), ""))
	a, err2 := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(now), ""))
	return err1 == nil && err2 == nil && m.mayBecome(string(b)).MatchString(string(a))
}

// mayBecome returns a pattern of the texts that old may become.
func (m *moves) mayBecome(old string) *regexp.Regexp {
	var from []string
	for _, x := range m.prefixes {
		from = append(from, regexp.QuoteMeta(x.old))
	}
	prefix := regexp.MustCompile(`(^|[^A-Za-z0-9._/-]|//)(` + strings.Join(from, "|") + `)(?:[/:"'\s]|$)`)
	var b strings.Builder
	b.WriteString(`(?s)^`)
	at := 0
	for {
		x := prefix.FindStringSubmatchIndex(old[at:])
		if x == nil {
			break
		}
		was := old[at+x[4] : at+x[5]]
		i := slices.IndexFunc(m.prefixes, func(x oldNew) bool { return x.old == was })
		is := m.prefixes[i].now
		if m.short != "" && strings.Count(strings.SplitN(old[at+x[4]:]+" ", " ", 2)[0], "/") == 1 {
			is += "/library" // docker.io/nginx
		}
		b.WriteString(regexp.QuoteMeta(old[at:at+x[4]]) + "(?:" + regexp.QuoteMeta(was) + "|" + regexp.QuoteMeta(is) + ")")
		at += x[5]
	}
	b.WriteString(regexp.QuoteMeta(old[at:]) + `$`)
	return regexp.MustCompile(b.String())
}

// TestWrongPlaces checks which changes wrongPlaces accepts.
func TestWrongPlaces(t *testing.T) {
	const pod = "kind: Pod\nmetadata: {name: a}\nspec: {containers: [{image: 'IMAGE'}]}\n"
	for _, tt := range []struct {
		old, now string
		right    bool
	}{
		{"k8s.gcr.io/pause:3.1", "registry.k8s.io/pause:3.1", true},
		{"k8s.gcr.io/pause:3.1", "k8s.gcr.io/pause:3.1", true},
		{"docker://gcr.io/google_containers/x,gcr.io/y", "docker://registry.k8s.io/x,mirror.example/gcr/y", true},
		{"k8s.gcr.io/pause:3.1", "registry.k8s.io/pause:3.9", false},
		{"k8s.gcr.io/pause:3.1", "mirror.example/gcr/pause:3.1", false},
		{"harbor.corp/k8s.gcr.io/pause", "harbor.corp/registry.k8s.io/pause", false},
		{"gcr.io/google-containers/x", "mirror.example/gcr/google-containers/x", false},
		{"a-22bcdfghkm k8s.gcr.io/x", "a-5799bcdfgh registry.k8s.io/x", true},
		{"azhzLmdjci5pby94OjE=", "cmVnaXN0cnkuazhzLmlvL3g6MQ==", true},
		{"azhzLmdjci5pby94OjE=", "cmVnaXN0cnkuazhzLmlvL3g6Mg==", false},
		{"nginx:1", "mirror.example/hub/library/nginx:1", true},
		{"nginx:1", "mirror.example/hub/nginx:1", false},
		{"a/b", "mirror.example/hub/a/b", true},
		{"docker.io/nginx", "mirror.example/hub/library/nginx", true},
	} {
		m := &corpusMoves[0]
		if strings.Contains(tt.now, "/hub") {
			m = &corpusMoves[1]
		}
		got := m.wrongPlaces(t, strings.Replace(pod, "IMAGE", tt.old, 1), strings.Replace(pod, "IMAGE", tt.now, 1))
		if (len(got) == 0) != tt.right {
			t.Errorf("%s -> %s: %q", tt.old, tt.now, got)
		}
	}
	if got := corpusMoves[0].wrongPlaces(t, pod, pod+"---\nkind: B\n"); len(got) != 1 {
		t.Errorf("an object more: %q", got)
	}
}

func sortedBy(n map[string]int) []string { return slices.Sorted(maps.Keys(n)) }
