package rewrite_test

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

// checkChangedLines compares the tree on disk with the original, line by line and
// independently of the plan: a changed line is the original line with prefixes
// replaced according to the rules.
func checkChangedLines(t *testing.T, root string, before map[string]entry, set *rules.Set) {
	t.Helper()
	pairs := pairsOf(set.Rules())
	for name, e := range readTree(t, root) {
		if bytes.Equal(e.data, before[name].data) {
			continue
		}
		a, b := strings.Split(string(before[name].data), "\n"), strings.Split(string(e.data), "\n")
		if len(a) != len(b) {
			t.Errorf("%s: expected %d lines, got %d", name, len(a), len(b))
			continue
		}
		for i := range a {
			if !explained(a[i], b[i], pairs) {
				t.Errorf("%s:%d: no rule explains the change from\n%s\nto\n%s", name, i+1, a[i], b[i])
			}
		}
	}
}

// pairsOf returns the replacements that the rules allow, as pairs of old and new
// text: whole prefixes, and the parts that a split reference has in separate keys.
func pairsOf(list []rules.Rule) [][2]string {
	var out [][2]string
	for _, r := range list {
		host, dir, _ := strings.Cut(r.From, "/")
		newHost, newDir, _ := strings.Cut(r.To, "/")
		hosts := []string{host}
		if host == "docker.io" {
			hosts = []string{"docker.io", "index.docker.io", "registry-1.docker.io"}
		}
		for _, h := range hosts {
			to := newHost
			if newHost == "docker.io" {
				to = h
			}
			out = append(out, [2]string{path.Join(h, dir), path.Join(to, newDir)}, [2]string{h, to})
			if host == "docker.io" && dir == "" { // short names without a namespace omit library/
				for _, d := range []string{path.Join(to, newDir), newDir} {
					out = append(out, [2]string{h, path.Join(d, "library")}, [2]string{"", path.Join(d, "library") + "/"}, [2]string{"", d + "/"})
				}
			}
		}
		out = append(out, [2]string{dir, newDir}, [2]string{dir + "/", ""})
		if newDir != "" {
			out = append(out, [2]string{"", newDir + "/"})
		}
	}
	return slices.DeleteFunc(out, func(p [2]string) bool { return p[0] == p[1] })
}

// explained reports whether new is old with some of the pairs replaced, each at
// boundaries of names.
func explained(old, new string, pairs [][2]string) bool {
	same := 0
	for same < len(old) && same < len(new) && old[same] == new[same] {
		same++
	}
	if same == len(old) && same == len(new) {
		return true
	}
	for start := same; start >= max(0, same-64); start-- { // old and new text of a pair may have a common prefix
		for _, p := range pairs {
			if strings.HasPrefix(old[start:], p[0]) && strings.HasPrefix(new[start:], p[1]) && start+len(p[1]) >= same &&
				bounded(old, start, start+len(p[0])) && explained(old[start+len(p[0]):], new[start+len(p[1]):], pairs) {
				return true
			}
		}
	}
	return false
}

// bounded reports whether the text between start and end is not part of a longer
// name.
func bounded(line string, start, end int) bool {
	const name = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
	before := strings.TrimSuffix(line[:start], ":-") // ${IMAGE:-name}
	if len(before) == start && start > 0 && strings.IndexByte(name, line[start-1]) >= 0 {
		return false
	}
	if strings.HasSuffix(before, "/") && !strings.HasSuffix(before, "://") {
		return false
	}
	return start == end || end == len(line) || line[end-1] == '/' || strings.IndexByte(name, line[end]) < 0 ||
		line[end] == '.' && (end+1 == len(line) || line[end+1] == ' ')
}
