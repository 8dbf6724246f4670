package report

import (
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// stays returns what is kept for r in one scope, once for each note.
func stays(r format.Reason, s format.Scope, notes ...string) reasonGroup {
	k := reasonGroup{reason: r}
	for i, n := range notes {
		f := kept(i+1, "k8s.gcr.io", r, n)
		f.Scope = s
		k.all = append(k.all, fileFinding{nil, &f})
	}
	return k
}

func TestRemark(t *testing.T) {
	const elsewhere = "the old name is only a part of a longer host name or path, which is a different name"
	tests := []struct {
		name     string
		kept     reasonGroup
		want     string
		optional bool
	}{
		{"advice", stays(format.Policy, 0, "", ""), "action required: " + format.Policy.Advice(), false},
		{"a note that all share, and advice", stays(format.Policy, 0, "a rule", "a rule"), "a rule; action required: " + format.Policy.Advice(), false},
		{"a note that all share", stays(format.Key, 0, "an anchor", "an anchor"), "an anchor", false},
		{"notes that differ", stays(format.DifferentName, 0, "a", "b"), elsewhere, true},
		{"a note that one has", stays(format.DifferentName, 0, "a", ""), elsewhere, true},
		{"a sentence that begins with a short word", stays(format.URL, 0, ""), "a URL is a web address, not an image reference", true},
		{"out of scope", stays(format.Comment, format.Comments, ""), "include it with --scope manifests,comments", false},
		{"several out of scope", stays(format.Prose, format.Docs, "", ""), "include them with --scope manifests,docs", false},
		{"a comment that no scope moves", stays(format.Comment, format.Manifests, ""), "", true},
		{"text that no scope moves", stays(format.ScriptText, format.Code, ""), "a script, a makefile or a similar file", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, optional := remark(tt.kept); got != tt.want || optional != tt.optional {
				t.Errorf("got %q, %v; want %q, %v", got, optional, tt.want, tt.optional)
			}
		})
	}
}

// A gist is a phrase that fits behind other words on a line.
func TestGist(t *testing.T) {
	for _, r := range format.Reasons {
		for s := format.Manifests; s <= format.Code; s++ {
			got := gist(stays(r.Reason, s, ""))
			if len(got) > 120 || got != "" && got[len(got)-1] == '.' || got == "" && r.Reason != format.Comment {
				t.Errorf("%s in %s: %q", r.Reason, s, got)
			}
		}
	}
}
