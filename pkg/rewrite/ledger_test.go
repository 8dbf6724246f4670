package rewrite

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A mention has the whole reference, also with a digest. Of a longer word, the cut is seen.
func TestSurroundingWord(t *testing.T) {
	ref := "k8s.gcr.io/ingress-nginx/controller:v1.2.1@sha256:5516d103a9c2ecc4f026efbd4b40662ce22dc1f824fb129ed121460aaa5c47f8"
	long := strings.Repeat("x", 400)
	for _, x := range []struct{ src, want string }{
		{"see " + ref + " now", ref},
		{ref, ref},
		{"docker://" + ref, ref},
		{long + "/k8s.gcr.io/a", "…" + strings.Repeat("x", 299) + "/k8s.gcr.io/a"},
		{"k8s.gcr.io/" + long + " b", "k8s.gcr.io/" + strings.Repeat("x", 299) + "…"},
	} {
		at := strings.Index(x.src, "k8s.gcr.io")
		if got := surroundingWord([]byte(x.src), edit.Span{Start: at, End: at + len("k8s.gcr.io")}); got != x.want {
			t.Errorf("%.30q: got %q, want %q", x.src, got, x.want)
		}
	}
}
