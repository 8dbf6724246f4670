package report

import (
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// notChangedGroup returns a group with a finding of scope s for each note.
func notChangedGroup(r format.Reason, s format.Scope, notes ...string) reasonGroup {
	k := reasonGroup{reason: r}
	for i, n := range notes {
		f := notChanged(i+1, "k8s.gcr.io", r, n)
		f.Scope = s
		k.all = append(k.all, fileFinding{nil, &f})
	}
	return k
}

func TestRemark(t *testing.T) {
	const differentName = "the old name is only a part of a longer host name or path, which is a different name"
	tests := []struct {
		name     string
		group    reasonGroup
		want     string
		optional bool
	}{
		{"advice", notChangedGroup(format.Policy, 0, "", ""), "action required: " + format.Policy.Advice(), false},
		{"shared note and advice", notChangedGroup(format.Policy, 0, "a rule", "a rule"), "a rule; action required: " + format.Policy.Advice(), false},
		{"shared note", notChangedGroup(format.Key, 0, "an anchor", "an anchor"), "an anchor", false},
		{"different notes", notChangedGroup(format.DifferentName, 0, "a", "b"), differentName, true},
		{"one note", notChangedGroup(format.DifferentName, 0, "a", ""), differentName, true},
		{"sentence that begins with an article", notChangedGroup(format.URL, 0, ""), "a URL is a web address, not an image reference", true},
		{"one mention out of scope", notChangedGroup(format.Comment, format.Comments, ""), "include it with --scope manifests,comments", false},
		{"several mentions out of scope", notChangedGroup(format.Prose, format.Docs, "", ""), "include them with --scope manifests,docs", false},
		{"comment that no scope includes", notChangedGroup(format.Comment, format.Manifests, ""), "", true},
		{"script that no scope includes", notChangedGroup(format.ScriptText, format.Code, ""), "the mention is in a script, a makefile or a similar file", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, optional := remark(tt.group); got != tt.want || optional != tt.optional {
				t.Errorf("got %q, %v; want %q, %v", got, optional, tt.want, tt.optional)
			}
		})
	}
}

// A gist is a short phrase without a full stop.
func TestGist(t *testing.T) {
	for _, r := range format.Reasons {
		for s := format.Manifests; s <= format.Code; s++ {
			got := gist(notChangedGroup(r.Reason, s, ""))
			if len(got) > 120 || got != "" && got[len(got)-1] == '.' || got == "" && r.Reason != format.Comment {
				t.Errorf("%s in %s: %q", r.Reason, s, got)
			}
		}
	}
}
