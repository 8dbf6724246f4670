package report

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Equal advice about several images is one group, with the image of each place.
func TestAdviceGroups(t *testing.T) {
	p := typicalPlan(t)
	for _, x := range []rewrite.Advice{
		{Path: "a.yaml", Line: 1, Ref: "k8s.gcr.io/a-amd64:1"},
		{Path: "b.yaml", Line: 2, Ref: "k8s.gcr.io/a-amd64:1"},
		{Path: "c.yaml", Line: 3, Ref: "k8s.gcr.io/b-amd64:2"},
		{Ref: "k8s.gcr.io/c-amd64:3"},
	} {
		x.Text, x.Source = "It has images for one platform.", "https://example.com/x"
		p.Advice = append(p.Advice, x)
	}
	for format, want := range map[string]string{
		"text": lines("action required: It has images for one platform.",
			"    k8s.gcr.io/a-amd64:1  a.yaml:1",
			"    k8s.gcr.io/a-amd64:1  b.yaml:2",
			"    k8s.gcr.io/b-amd64:2  c.yaml:3",
			"    and 1 more (-v lists all)",
			"    https://example.com/x"),
		"markdown": "- [ ] It has images for one platform. (`https://example.com/x`)<br>`k8s.gcr.io/a-amd64:1` in `a.yaml:1`<br>`k8s.gcr.io/a-amd64:1` in `b.yaml:2`" +
			"<br>`k8s.gcr.io/b-amd64:2` in `c.yaml:3`<br>`k8s.gcr.io/c-amd64:3`\n",
		"html": `"text":"It has images for one platform.","source":"https://example.com/x","places":[{"ref":"k8s.gcr.io/a-amd64:1","location":"a.yaml:1"},{"ref":"k8s.gcr.io/a-amd64:1","location":"b.yaml:2"},{"ref":"k8s.gcr.io/b-amd64:2","location":"c.yaml:3"},{"ref":"k8s.gcr.io/c-amd64:3","location":""}]`,
	} {
		if got := write(t, format, p, Options{DryRun: true}); !strings.Contains(got, want) {
			t.Errorf("%s: got\n%s\nwant it to contain\n%s", format, got, want)
		}
	}
}
