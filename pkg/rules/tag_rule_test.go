package rules

import (
	"strings"
	"testing"
)

func imageRules(t *testing.T) *Set {
	t.Helper()
	s, err := New([]Rule{
		{From: "k8s.gcr.io", To: "registry.k8s.io"},
		{From: "gcr.io/google_containers", To: "k8s.gcr.io"},
		{From: "k8s.gcr.io/coredns", To: "x.io/coredns/coredns", IsImage: true, Tags: ">=1.8.0", Tag: "v{tag}"},
		{From: "docker.io/nginx", To: "m.io/n", IsImage: true},
		{From: "docker.io/library/redis", To: "docker.io/library/valkey", IsImage: true, OldTag: "7", Tag: "8"},
		{From: "a.io/x", To: "a.io/y", IsImage: true, Tags: "1.x"},
		{From: "a.io/x", To: "a.io/z", IsImage: true, Tags: ">=1.5"},
		{From: "b.io/x", To: "b.io/x", IsImage: true, Tags: ">=1", Tag: "v{tag}"},
		{From: "d.io/x", To: "e.io/all", IsImage: true},
		{From: "d.io/x", To: "e.io/range", IsImage: true, Tags: ">=2"},
		{From: "d.io/x", To: "e.io/one", IsImage: true, OldTag: "2.1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestImageRules(t *testing.T) {
	const digest = "@sha256:73ca82b4ce829766d4f1f10947c3a338888f876fbed0540dc849c89ff256e90c"
	s := imageRules(t)
	for _, x := range []struct {
		name, text string
		separate   *Tag
		want       string // with the separate tag
		state      TagState
	}{
		{name: "a tag in the range changes", text: "k8s.gcr.io/coredns:1.8.0", want: "x.io/coredns/coredns:v1.8.0"},
		{name: "a v is not added twice", text: "k8s.gcr.io/coredns:v1.8.0", want: "x.io/coredns/coredns:v1.8.0"},
		{name: "a chain through a prefix", text: "gcr.io/google_containers/coredns:1.9", want: "x.io/coredns/coredns:v1.9"},
		{name: "another tag moves by the next rule", text: "k8s.gcr.io/coredns:1.7.0", want: "registry.k8s.io/coredns:1.7.0"},
		{name: "a tag that is no version", text: "k8s.gcr.io/coredns:latest", want: "registry.k8s.io/coredns:latest"},
		{name: "a pre-release is not in the range", text: "k8s.gcr.io/coredns:1.8.0-rc.1", want: "registry.k8s.io/coredns:1.8.0-rc.1"},
		{name: "a digest moves by the next rule", text: "k8s.gcr.io/coredns:1.8.0" + digest, want: "registry.k8s.io/coredns:1.8.0" + digest},
		{name: "no tag", text: "k8s.gcr.io/coredns", state: UnknownTag},
		{name: "a variable", text: "k8s.gcr.io/coredns:${TAG}", state: UnknownTag},
		{name: "a variable in a tag", text: "k8s.gcr.io/coredns:1.8.{{ .Patch }}", state: UnknownTag},
		{name: "below the image", text: "k8s.gcr.io/coredns/coredns:v1.8.0", want: "registry.k8s.io/coredns/coredns:v1.8.0"},
		{name: "a longer name", text: "k8s.gcr.io/coredns-x:1.8.0", want: "registry.k8s.io/coredns-x:1.8.0"},
		{name: "a separate tag", text: "k8s.gcr.io/coredns", separate: &Tag{Text: "1.8.0"}, want: "x.io/coredns/coredns:v1.8.0"},
		{name: "a separate tag that is the new one", text: "k8s.gcr.io/coredns", separate: &Tag{Text: "v1.8.0"}, want: "x.io/coredns/coredns:v1.8.0"},
		{name: "another separate tag", text: "k8s.gcr.io/coredns", separate: &Tag{Text: "1.7.0"}, want: "registry.k8s.io/coredns:1.7.0"},
		{name: "a separate digest", text: "k8s.gcr.io/coredns", separate: &Tag{Text: "1.8.0", Digest: digest[1:]}, want: "registry.k8s.io/coredns:1.8.0"},
		{name: "an unknown separate tag", text: "k8s.gcr.io/coredns", separate: &Tag{}, state: UnknownTag},
		{name: "a tag in the text comes before a separate one", text: "k8s.gcr.io/coredns:1.7.0", separate: &Tag{Text: "1.8.0"}, want: "registry.k8s.io/coredns:1.7.0"},
		{name: "all tags of a short name", text: "nginx:1.27", want: "m.io/n:1.27"},
		{name: "no tag of a short name", text: "library/nginx", want: "m.io/n"},
		{name: "a digest of all tags", text: "nginx" + digest, want: "m.io/n" + digest},
		{name: "another short name", text: "nginx-x:1"},
		{name: "a short name stays short", text: "redis:7", want: "library/valkey:8"},
		{name: "another tag without a further rule", text: "redis:6", state: OtherTag},
		{name: "a digest without a further rule", text: "redis" + digest, state: OtherTag},
		{name: "the first of two ranges", text: "a.io/x:1.2", want: "a.io/y:1.2"},
		{name: "the second of two ranges", text: "a.io/x:2.0", want: "a.io/z:2.0"},
		{name: "two ranges contradict", text: "a.io/x:1.6", state: UnknownTag},
		{name: "a tag comes before a range", text: "d.io/x:2.1", want: "e.io/one:2.1"},
		{name: "a range comes before all tags", text: "d.io/x:2.2", want: "e.io/range:2.2"},
		{name: "all other tags", text: "d.io/x:1", want: "e.io/all:1"},
		{name: "only the tag changes", text: "b.io/x:1.2", want: "b.io/x:v1.2"},
		{name: "a tag that has changed", text: "b.io/x:v1.2", state: OtherTag},
	} {
		t.Run(x.name, func(t *testing.T) {
			m, ok := s.MatchTag(x.text, ShortForm, x.separate)
			got := ""
			if ok && m.Keep == "" {
				got = m.New + x.text[m.Len:]
				if x.separate != nil && !strings.Contains(x.text, ":") {
					tag := x.separate.Text
					if m.NewTag != "" {
						tag = m.NewTag
					}
					got += ":" + tag
				}
			}
			if got != x.want || m.Tag != x.state || (m.Tag == TagAllows) != (m.Keep == "") {
				t.Errorf("got %q, state %d, keep %q; want %q, state %d", got, m.Tag, m.Keep, x.want, x.state)
			}
		})
	}
}

func TestImageRuleErrors(t *testing.T) {
	image := func(from, to, tags, oldTag, tag string) Rule {
		return Rule{From: from, To: to, IsImage: true, Tags: tags, OldTag: oldTag, Tag: tag}
	}
	for _, x := range []struct {
		name  string
		rules []Rule
		want  string
	}{
		{"no range", []Rule{image("a.io/x", "b.io/x", "new", "", "")}, "is not a range of versions"},
		{"an empty range", []Rule{image("a.io/x", "b.io/x", ">=2, <1", "", "")}, "no version is in this range"},
		{"no tag", []Rule{image("a.io/x", "b.io/x", ">=1", "", "a b")}, "is not a tag"},
		{"two variables", []Rule{image("a.io/x", "b.io/x", ">=1", "", "{tag}{tag}")}, "is not a tag"},
		{"a host", []Rule{image("a.io", "b.io/x", ">=1", "", "")}, "for a single image"},
		{"nothing changes", []Rule{image("a.io/x", "a.io/x", ">=1", "", "{tag}")}, "changes nothing"},
		{"two targets", []Rule{image("a.io/x", "b.io/x", ">=1", "", ""), image("a.io/x", "b.io/y", ">=1", "", "")}, "different targets"},
		{"a chain", []Rule{image("a.io/x", "b.io/x", "", "", ""), image("b.io/x", "c.io/x", "", "", "")}, "form a chain"},
		{"a cycle", []Rule{image("a.io/x", "b.io/x", "", "", ""), image("b.io/x", "a.io/x", "", "", "")}, "form a cycle"},
		{"a cycle of tags", []Rule{image("a.io/x", "a.io/x", "", "1", "2"), image("a.io/x", "a.io/x", "", "2", "1")}, "form a c"},
		{"a chain of tags", []Rule{image("a.io/x", "a.io/x", "", "1", "2"), image("a.io/x", "b.io/x", "", "2", "")}, "form a chain"},
		{"a chain through a prefix", []Rule{image("a.io/x", "b.io/x", "", "", ""), {From: "b.io", To: "c.io"}, image("c.io/x", "d.io/x", "", "", "")}, "form a chain"},
		{"a cycle through a prefix", []Rule{image("a.io/x", "b.io/x", "", "", ""), {From: "b.io", To: "a.io"}}, "form a c"},
		{"a cycle of ranges", []Rule{image("a.io/x", "a.io/x", ">=1 <2", "", "2.0.0"), image("a.io/x", "a.io/x", ">=2 <3", "", "1.0.0")}, "form a c"},
		{"a digit before the tag", []Rule{image("a.io/x", "b.io/x", ">=1", "", "1{tag}")}, "must begin with a letter"},
		{"a digit after the tag", []Rule{image("a.io/x", "b.io/x", ">=1", "", "{tag}.0")}, "must begin with a letter"},
		{"a number after the tag", []Rule{image("a.io/x", "b.io/x", ">=1", "", "{tag}-1")}, "must begin with a letter"},
		{"a chain on Docker Hub", []Rule{image("a.io/x", "docker.io/library/x", "", "", ""), image("docker.io/x", "c.io/x", "", "", "")}, "form a chain"},
	} {
		t.Run(x.name, func(t *testing.T) {
			if _, err := New(x.rules); err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("got %v, want an error with %q", err, x.want)
			}
		})
	}
	for _, list := range [][]Rule{
		{image("a.io/x", "b.io/x", "", "1", "2"), image("b.io/x", "c.io/x", "", "1", "")}, // 2 is not 1
		{image("a.io/x", "b.io/x", ">=1", "", "v{tag}"), image("b.io/x", "b.io/x", ">=1", "", "v{tag}")},
		{image("a.io/x", "b.io/x", "", "", ""), image("a.io/x", "b.io/x", "", "", "")},
	} {
		if _, err := New(list); err != nil {
			t.Errorf("%v: %v", list, err)
		}
	}
}

// TestImageRulesOfOtherKinds checks that the name of the image of a rule is reported in a
// field for a registry, in which it may be a prefix.
func TestImageRulesOfOtherKinds(t *testing.T) {
	s := imageRules(t)
	for text, want := range map[string]TagState{
		"k8s.gcr.io/coredns":  NoImage,
		"k8s.gcr.io/coredns/": NoImage,
		"docker.io/nginx":     NoImage,
		"k8s.gcr.io":          TagAllows,
		"k8s.gcr.io/core":     TagAllows,
	} {
		m, ok := s.Match(text, Registry)
		if !ok || m.Tag != want || (m.Keep == "") != (want == TagAllows) {
			t.Errorf("%s: got %v, %+v", text, ok, m)
		}
	}
}

// TestDerivedImageRules checks that rules of the user come before those that a prefix rule
// derives from others, and that no rename is derived for a name that the user decides about.
func TestDerivedImageRules(t *testing.T) {
	given := []Rule{
		{From: "gcr.io/google_containers", To: "k8s.gcr.io", Keep: []string{"gcr.io/google_containers/metrics-server"}},
		{From: "k8s.gcr.io", To: "registry.k8s.io"},
		{From: "gcr.io/google_containers/coredns", To: "x.io/own", IsImage: true, Tags: ">=1.9"},
		{From: "k8s.gcr.io/a", To: "x.io/a", IsImage: true, Tags: ">=1"},
		{From: "gcr.io/google_containers/a", To: "x.io/own-a", IsImage: true, Tags: ">=2"},
	}
	renames, err := Renames(given)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(append(given, renames...))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"gcr.io/google_containers/coredns:1.9.0":             "x.io/own:1.9.0",
		"gcr.io/google_containers/coredns:1.8.0":             "registry.k8s.io/coredns/coredns:v1.8.0", // by the name in between
		"k8s.gcr.io/coredns:1.9.0":                           "registry.k8s.io/coredns/coredns:v1.9.0",
		"gcr.io/google_containers/metrics-server:v0.4.0":     "",
		"gcr.io/google_containers/kube-state-metrics:v2.0.0": "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.0.0",
		"gcr.io/google_containers/a:1.5":                     "x.io/a:1.5",
		"gcr.io/google_containers/a:2.5":                     "x.io/own-a:2.5",
	} {
		m, ok := s.Match(text, Reference)
		got := ""
		if ok && m.Keep == "" {
			got = m.New + text[m.Len:]
		}
		if got != want {
			t.Errorf("%s: got %q (%s), want %q", text, got, m.Keep, want)
		}
	}
}

// FuzzImageRules checks that a second match changes nothing, whatever the text, the tag
// and the rules are.
func FuzzImageRules(f *testing.F) {
	names := []string{"a.io/x", "a.io/y", "b.io/x", "b.io/x/y", "docker.io/x", "docker.io/library/x", "docker.io/y/x"}
	tags := []string{"", ">=1", "<2", "1.x"}
	tagTexts := []string{"", "v{tag}", "{tag}-x", "2"}
	f.Add([]byte{0, 1, 1, 1, 2, 3, 2, 0}, "a.io/x:1.2", "")
	f.Add([]byte{4, 2, 3, 2, 5, 6, 1, 1}, "x", "1.2.0")
	f.Add([]byte{0, 0, 1, 1, 0, 0, 1, 2}, "a.io/x:v1", "")
	f.Fuzz(func(t *testing.T, data []byte, text, tag string) {
		var list []Rule
		for ; len(data) >= 4 && len(list) < 6; data = data[4:] {
			pick := func(i, n int) int { return int(data[i]) % n }
			list = append(list, Rule{From: names[pick(0, len(names))], To: names[pick(1, len(names))], IsImage: true, Tags: tags[pick(2, len(tags))], Tag: tagTexts[pick(3, len(tagTexts))]})
		}
		list = append(list, Rule{From: "a.io", To: "c.io"}, Rule{From: "b.io/x", To: "d.io"})
		s, err := New(list)
		if err != nil {
			return
		}
		separate := &Tag{Text: tag}
		m, ok := s.MatchTag(text, ShortForm, separate)
		if !ok || m.Keep != "" {
			return
		}
		after := m.New + text[m.Len:]
		if m.NewTag != "" {
			separate.Text = m.NewTag
		}
		again, ok := s.MatchTag(after, ShortForm, separate)
		if ok && again.Keep == "" && (again.New+after[again.Len:] != after || again.NewTag != "" && again.NewTag != separate.Text) {
			t.Errorf("%v: %q with tag %q becomes %q with %q, then %q with %q", list, text, tag, after, separate.Text, again.New+after[again.Len:], again.NewTag)
		}
	})
}

// TestRenames checks that the renames of the catalogue are valid together with each preset,
// and that rules of the user come first.
func TestRenames(t *testing.T) {
	for _, p := range Presets() {
		name := p.Name
		if p.Argument != "" {
			name += ":my-project"
		}
		list, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		renames, err := Renames(list)
		if err != nil || len(renames) == 0 {
			t.Fatalf("%d renames, error %v", len(renames), err)
		}
		if _, err := New(append(list, renames...)); err != nil {
			t.Errorf("preset %s: %v", name, err)
		}
	}
	all, _ := Renames(nil)
	for _, x := range []struct {
		own  Rule
		less int // renames
	}{
		{Rule{From: "k8s.gcr.io", To: "registry.k8s.io", Keep: []string{"k8s.gcr.io/coredns"}}, 2}, // also of coredns/coredns
		{Rule{From: "k8s.gcr.io/coredns", To: "x.io/coredns", IsImage: true, Tags: ">=1"}, 1},
	} {
		renames, err := Renames([]Rule{x.own})
		if err != nil || len(renames) != len(all)-x.less {
			t.Errorf("%v: %d renames, error %v; want %d", x.own, len(renames), err, len(all)-x.less)
		}
	}
	s, err := New(all)
	if err != nil {
		t.Fatal(err)
	}
	for old, want := range map[string]string{
		"k8s.gcr.io/coredns:1.8.0":                                              "registry.k8s.io/coredns/coredns:v1.8.0",
		"registry.k8s.io/metrics-server:v0.3.7":                                 "registry.k8s.io/metrics-server/metrics-server:v0.3.7",
		"k8s.gcr.io/cluster-proportional-autoscaler-amd64:1.8.3":                "registry.k8s.io/cpa/cluster-proportional-autoscaler:1.8.3",
		"k8s.gcr.io/cluster-proportional-autoscaler-amd64:1.8.8":                "registry.k8s.io/cpa/cluster-proportional-autoscaler:v1.8.8",
		"quay.io/coreos/prometheus-config-reloader:v0.43.0":                     "quay.io/prometheus-operator/prometheus-config-reloader:v0.43.0",
		"k8s.gcr.io/coredns:1.7.0":                                              "",
		"quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.33.0": "",
	} {
		m, ok := s.Match(old, Reference)
		got := ""
		if ok && m.Keep == "" {
			got = m.New + old[m.Len:]
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", old, got, want)
		}
		if want != "" {
			for _, a := range Advise(old, want) {
				if !a.Note {
					t.Errorf("%s: advice after the rename: %s", old, a.Text)
				}
			}
		}
	}
}
