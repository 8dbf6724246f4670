package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// checkTable fails if the table of s moves ref otherwise than Match.
func checkTable(t *testing.T, s *Set, table *Table, ref string) (moved bool) {
	t.Helper()
	want, wantMoved := s.moveImage(ref)
	got, moved := table.Move(ref)
	if got != want || moved != wantMoved {
		t.Fatalf("rules %v\nrows %s\n%q: Table.Move returns %q, %v; Match %q, %v", s.Rules(), formatTable(table), ref, got, moved, want, wantMoved)
	}
	return moved
}

func formatTable(table *Table) string {
	var b strings.Builder
	for _, host := range table.Hosts() {
		for _, r := range table.Rows(host) {
			fmt.Fprintf(&b, "\n%q %q -> %q %d %q", host, r.From, r.To, r.Mode, r.Keep)
		}
	}
	return b.String()
}

// reference returns a reference without variables that image.Parse accepts. It often
// uses the given prefixes.
func (p picker) reference(prefixes []string) string {
	components := []string{"x", "y", "xx", "library", "z.w", "nginx", "a-b", "sha256", "v1"}
	out := ""
	switch p.next(4) {
	case 0:
		out = p.host()
	case 1: // a short name
	default:
		out = prefixes[p.next(len(prefixes))]
	}
	for range p.next(4) {
		out += "/" + components[p.next(len(components))]
	}
	if p.next(6) == 0 {
		out += []string{"x", "-x", ".x", "0"}[p.next(4)] // a sibling
	}
	out = strings.TrimPrefix(out, "/")
	if p.next(4) == 0 {
		_, out, _ = strings.Cut(out, "/")
	}
	return out + []string{"", ":1", ":1.2-x_Y", "@sha256:" + strings.Repeat("a", 64), ":1@sha256:" + strings.Repeat("a", 64)}[p.next(5)]
}

// hubRules returns rules that often end on Docker Hub and name official images.
func (p picker) hubRules() []Rule {
	prefixes := []string{"docker.io", "docker.io/library", "docker.io/nginx", "docker.io/library/nginx", "docker.io/x", "docker.io/library/x", "docker.io/x/y", "docker.io/z.w/x",
		"quay.io", "quay.io/x", "quay.io/x/y", "index.docker.io/x", "a.io", "a.io/nginx", "a.io/library", "a.io/x/library/nginx", "localhost/x", "a.io:443/x"}
	var out []Rule
	for i := range 1 + p.next(4) {
		r := Rule{Name: fmt.Sprint("r", i), From: prefixes[p.next(len(prefixes))], To: prefixes[p.next(len(prefixes))]}
		for range p.next(3) {
			r.Keep = append(r.Keep, r.From+"/"+[]string{"x", "nginx", "library", "library/nginx", "x/y"}[p.next(5)])
		}
		out = append(out, r)
	}
	return out
}

var tableHosts = []string{"a.io", "docker.io", "index.docker.io", "registry-1.docker.io", "quay.io", "a.io:443", "localhost", "A.io"}

func FuzzTable(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x02\x08\x00\x00\x01\x0d\x00\x02\x01\x00\x00\x03"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := picker{numbers(data), tableHosts}
		list := p.hubRules()
		s, err := New(list)
		if err != nil {
			return
		}
		prefixes := s.OldPrefixes()
		for _, r := range s.Rules() {
			prefixes = append(prefixes, r.From)
		}
		if ref := p.reference(prefixes); isLiteralReference(ref) {
			checkTable(t, s, s.Table(), ref)
		}
	})
}

func isLiteralReference(ref string) bool {
	_, err := image.Parse(ref)
	return err == nil && !image.HasVariable(ref)
}

// The number of random sets of rules that TestTableEqualsMatch tries, and of references
// for each set that is valid.
const (
	tableSets = 10_000
	tableRefs = 12
)

// The table decides as Match does, for random rules on Docker Hub and elsewhere.
func TestTableEqualsMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	checked, moved, sets := 0, 0, 0
	for i := range tableSets {
		p := picker{r.IntN, tableHosts}
		list := p.hubRules()
		if i%2 == 0 {
			list = p.rules()
		}
		s, err := New(list)
		if err != nil {
			continue
		}
		sets++
		table := s.Table()
		prefixes := s.OldPrefixes()
		for _, r := range s.Rules() {
			prefixes = append(prefixes, r.From)
		}
		for range tableRefs {
			ref := p.reference(prefixes)
			if !isLiteralReference(ref) {
				continue
			}
			checked++
			if checkTable(t, s, table, ref) {
				moved++
			}
		}
	}
	t.Logf("%d references, %d sets of rules, %d references moved", checked, sets, moved)
	if sets < 5_000 || checked < 40_000 || moved < checked/10 {
		t.Errorf("%d sets, %d references, %d moved: expected more", sets, checked, moved)
	}
}

// The same with all presets.
func TestTableOfPresets(t *testing.T) {
	var all []Rule
	for _, p := range Presets() {
		if p.Argument != "" {
			continue
		}
		list, err := Preset(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, extra := range [][]Rule{nil, {{From: "docker.io", To: "harbor.example/hub", Keep: []string{"docker.io/library/nginx"}}}, {{From: "mirror.example", To: "docker.io"}}} {
			s, err := New(append(slices.Clone(list), extra...))
			if err != nil {
				continue
			}
			table := s.Table()
			pick := picker{rand.New(rand.NewPCG(7, 8)).IntN, tableHosts}
			for range 5_000 {
				if ref := pick.reference(s.OldPrefixes()); isLiteralReference(ref) {
					checkTable(t, s, table, ref)
				}
			}
		}
		all = append(all, list...)
	}
	if len(all) == 0 {
		t.Fatal("no preset without an argument")
	}
}

func TestTable(t *testing.T) {
	type moves map[string]string
	for _, c := range []struct {
		name  string
		rules []Rule
		want  moves // "" if the reference does not move
	}{
		{"whole components only", []Rule{{From: "k8s.gcr.io", To: "registry.k8s.io"}}, moves{
			"k8s.gcr.io/pause:3.9": "registry.k8s.io/pause:3.9", "k8s.gcr.io.corp/pause": "", "harbor.corp/k8s.gcr.io/pause": "", "k8s.gcr.io:443/pause": "", "k8s.gcr.io": "",
		}},
		{"kept prefixes", []Rule{{From: "gcr.io/x", To: "a.io", Keep: []string{"gcr.io/x/keep"}}}, moves{
			"gcr.io/x/keep:1": "", "gcr.io/x/keep/y": "", "gcr.io/x/keeper": "a.io/keeper", "gcr.io/x:1": "", "gcr.io/x/y@sha256:" + strings.Repeat("0", 64): "a.io/y@sha256:" + strings.Repeat("0", 64),
		}},
		{"all of Docker Hub", []Rule{{From: "docker.io", To: "h.io/hub"}}, moves{
			"nginx": "h.io/hub/library/nginx", "index.docker.io/nginx:1": "h.io/hub/library/nginx:1", "bitnami/redis": "h.io/hub/bitnami/redis",
			"nginx.x": "", "localhost/x": "", "localhost": "", "sha256:abc": "", "sha256@sha256:" + strings.Repeat("0", 64): "h.io/hub/library/sha256@sha256:" + strings.Repeat("0", 64), "docker.io/sha256:1": "h.io/hub/library/sha256:1",
		}},
		{"short names stay short", []Rule{{From: "docker.io/bitnami", To: "docker.io/bitnamilegacy"}}, moves{
			"bitnami/redis:7": "bitnamilegacy/redis:7", "registry-1.docker.io/bitnami/redis": "registry-1.docker.io/bitnamilegacy/redis", "bitnami": "bitnamilegacy", "bitnamis/x": "",
		}},
		{"an official image and a namespace of the same name", []Rule{{From: "docker.io/nginx", To: "h.io/n"}}, moves{
			"nginx:1": "h.io/n:1", "library/nginx": "h.io/n", "nginx/agent": "h.io/n/agent", "library/nginx/x": "",
		}},
		// The result quay.io/x/y -> docker.io/y is in library.
		{"a second round for an official image", []Rule{{From: "quay.io/x", To: "docker.io"}, {From: "docker.io/library", To: "h.io/lib", Keep: []string{"docker.io/library/redis"}}, {From: "docker.io/nginx", To: "h.io/n"}}, moves{
			"quay.io/x/y:1": "h.io/lib/y:1", "quay.io/x/nginx": "h.io/n", "quay.io/x/redis": "docker.io/redis", "quay.io/x/library/other": "h.io/lib/other", "quay.io/x/y/z": "docker.io/y/z", "quay.io/x": "",
		}},
		{"an image called library", []Rule{{From: "docker.io/library", To: "h.io/lib"}}, moves{
			"library": "h.io/lib", "docker.io/library": "h.io/lib", "library/nginx": "h.io/lib/nginx", "nginx": "h.io/lib/nginx",
		}},
		{"charts on web servers are no images", []Rule{{From: "https://charts.x.io", To: "https://charts.y.io"}}, moves{"charts.x.io/y": ""}},
	} {
		s, err := New(c.rules)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		table := s.Table()
		for ref, want := range c.want {
			if got, moved := table.Move(ref); got != want || moved != (want != "") {
				t.Errorf("%s: %q: got %q, %v, want %q%s", c.name, ref, got, moved, want, formatTable(table))
			}
			checkTable(t, s, table, ref)
		}
	}
}

// The digest depends on what the rules do, not on their order, names and reasons.
func TestTableDigest(t *testing.T) {
	digest := func(list ...Rule) string {
		t.Helper()
		s, err := New(list)
		if err != nil {
			t.Fatal(err)
		}
		return s.Table().Digest()
	}
	a, b := Rule{Name: "a", From: "a.io/x", To: "b.io"}, Rule{From: "docker.io", To: "h.io/hub"}
	same, want := a, digest(a, b)
	same.Name, same.Doc = "other", "a reason"
	if got := digest(b, same); got != want {
		t.Errorf("got %s for the same rules, want %s", got, want)
	}
	kept, moved := a, a
	kept.Keep, moved.To = []string{"a.io/x/y"}, "c.io"
	for _, other := range []Rule{kept, moved} {
		if digest(other, b) == want {
			t.Errorf("%v has the digest of %v", other, a)
		}
	}
}
