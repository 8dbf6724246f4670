package rewrite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// pairRules are the rules of FuzzTagPairs; movePair says the same without package rules.
var pairRules = []rules.Rule{
	{From: "k8s.gcr.io/coredns", To: "x.io/coredns/coredns", IsImage: true, Tags: ">=1.8.0", Tag: "v{tag}"},
	{From: "k8s.gcr.io/pause", To: "x.io/pause", IsImage: true, OldTag: "3", Tag: "3.10"},
	{From: "k8s.gcr.io/kept", To: "x.io/kept", IsImage: true, Tags: "<2"},
}

// movePair returns the name and the tag of an image after the move.
func movePair(name, tag string) (string, string) {
	version := strings.Split(strings.TrimPrefix(tag, "v"), ".")
	numbers := [3]int{}
	isVersion := len(version) <= 3
	for i, text := range version {
		n, err := strconv.Atoi(text)
		if isVersion = isVersion && err == nil; isVersion {
			numbers[i] = n
		}
	}
	major, minor := numbers[0], numbers[1]
	switch {
	case name == "k8s.gcr.io/coredns" && isVersion && (major > 1 || major == 1 && minor >= 8):
		return "x.io/coredns/coredns", "v" + strings.TrimPrefix(tag, "v")
	case name == "k8s.gcr.io/pause" && tag == "3":
		return "x.io/pause", "3.10"
	case name == "k8s.gcr.io/kept" && isVersion && major < 2:
		return "x.io/kept", tag
	}
	return name, tag
}

// pairDocument makes a document of images whose names and tags are in two keys, with
// anchors, aliases and merge keys.
func pairDocument(data []byte) string {
	names := []string{"k8s.gcr.io/coredns", "k8s.gcr.io/pause", "k8s.gcr.io/kept", "docker.io/other/x", "k8s.gcr.io/coredns/coredns"}
	tags := []string{"1.8.0", "1.7.0", "1.9", "1.10", "v1.9.3", "0x10", "1e3", "3", "'3'", `"1.8.6"`, "latest", "2e0", "20", "019", "~", "true"}
	var b strings.Builder
	var mappings, names2, tags2 []string // anchors
	for n := 0; len(data) >= 3 && n < 12; n++ {
		kind, name, tag := data[0]%12, names[int(data[1])%len(names)], tags[int(data[2])%len(tags)]
		pick := int(data[1] / 8)
		at := func(list []string) string { return list[pick%len(list)] }
		data = data[3:]
		fmt.Fprintf(&b, "k%d:", n)
		anchor := fmt.Sprintf("a%d", n)
		switch {
		case kind == 1:
			fmt.Fprintf(&b, " {image: \"%s:%s\"}\n", name, strings.Trim(tag, `'"`))
		case kind == 2:
			fmt.Fprintf(&b, " &%s\n  repository: %s\n  tag: %s\n", anchor, name, tag)
			mappings = append(mappings, anchor)
		case kind == 3 && len(mappings) > 0:
			fmt.Fprintf(&b, "\n  <<: *%s\n  tag: %s\n", at(mappings), tag)
		case kind == 4 && len(mappings) > 0:
			fmt.Fprintf(&b, "\n  <<: [*%s]\n  repository: %s\n", at(mappings), name)
		case kind == 5 && len(mappings) > 0:
			fmt.Fprintf(&b, " *%s\n", at(mappings))
		case kind == 6:
			fmt.Fprintf(&b, "\n  repository: &%s %s\n  tag: %s\n", anchor, name, tag)
			names2 = append(names2, anchor)
		case kind == 7 && len(names2) > 0:
			fmt.Fprintf(&b, "\n  repository: *%s\n  tag: %s\n", at(names2), tag)
		case kind == 8:
			fmt.Fprintf(&b, "\n  repository: %s\n  tag: &%s %s\n", name, anchor, tag)
			tags2 = append(tags2, anchor)
		case kind == 9 && len(tags2) > 0:
			fmt.Fprintf(&b, "\n  repository: %s\n  tag: *%s\n", name, at(tags2))
		case kind == 10:
			host, path, _ := strings.Cut(name, "/")
			fmt.Fprintf(&b, "\n  registry: %s\n  repository: %s\n  tag: %s\n", host, path, tag)
		default:
			fmt.Fprintf(&b, "\n  repository: %s\n  tag: %s\n", name, tag)
		}
	}
	return b.String()
}

// An imagePair is the name and the tag of an image as a program reads them.
type imagePair struct{ name, tag string }

// imagePairs returns the images of a document by their keys, as a YAML library reads them, with
// anchors and merge keys resolved.
func imagePairs(t *testing.T, src []byte) map[string]imagePair {
	t.Helper()
	var all map[string]map[string]any
	if err := yaml.Unmarshal(src, &all); err != nil {
		return nil
	}
	out := map[string]imagePair{}
	for key, m := range all {
		text := func(k string) string {
			if m[k] == nil {
				return ""
			}
			return fmt.Sprint(m[k])
		}
		p := imagePair{text("repository"), text("tag")}
		if r := text("registry"); r != "" {
			p.name = r + "/" + p.name
		}
		if image := text("image"); image != "" {
			i := strings.LastIndexByte(image, ':')
			p = imagePair{image[:i], image[i+1:]}
		}
		out[key] = p
	}
	return out
}

// FuzzTagPairs checks that each image of a document keeps its name and its tag, or has those
// that the rules require, as a YAML library reads them; that what the rules select and does
// not change has a finding; and all invariants.
func FuzzTagPairs(f *testing.F) {
	for _, seed := range []string{"\x02\x00\x00\x03\x00\x01", "\x06\x00\x00\x07\x00\x01", "\x08\x00\x00\x09\x03\x00", "\x02\x00\x00\x05\x00\x00", "\x02\x00\x00\x04\x03\x01",
		"\x00\x00\x05\x00\x00\x06\x00\x00\x0b", "\x0a\x00\x00\x0a\x01\x07", "\x01\x00\x00\x01\x01\x07\x01\x02\x00", "\x00\x01\x08\x00\x01\x07", "\x00\x00\x03\x00\x00\x0d\x00\x00\x0e"} {
		f.Add([]byte(seed))
	}
	set, err := rules.New(pairRules)
	if err != nil {
		f.Fatal(err)
	}
	o := rewrite.Options{Rules: set, Scopes: 1 << format.Manifests}
	f.Fuzz(func(t *testing.T, data []byte) {
		src := []byte(pairDocument(data))
		before := imagePairs(t, src)
		if len(before) == 0 {
			return
		}
		root := t.TempDir()
		name := filepath.Join(root, "pairs.yaml")
		write(t, name, src)
		plan := makePlan(t, root, o)
		checkInvariants(t, root, o, plan)
		written, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		after, kept := imagePairs(t, written), 0
		for key, b := range before {
			moved := imagePair{}
			moved.name, moved.tag = movePair(b.name, b.tag)
			switch a := after[key]; {
			case a == moved && a != b:
			case a != b:
				t.Errorf("%s: %v became %v, want %v\n%s\n%s", key, b, a, moved, src, written)
			case moved != b:
				kept++
			}
		}
		if kept > 0 && !hasUnresolved(plan) {
			t.Errorf("%d images did not move, and no finding says so\n%s", kept, src)
		}
	})
}

// hasUnresolved reports whether a finding of the plan is about a reference that the rules
// select and that did not move.
func hasUnresolved(plan *rewrite.Plan) bool {
	for _, file := range plan.Files {
		for _, x := range file.Findings {
			if x.Status != rewrite.Rewritten && x.Reason.IsUnresolved() {
				return true
			}
		}
	}
	return false
}
