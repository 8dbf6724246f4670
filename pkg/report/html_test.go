package report

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// pageBlock matches the data of the page. A browser ends it at the first "</".
var pageBlock = regexp.MustCompile(`(?s)<script type="application/json" id="data">([^<]*)</script>`)

func TestHTMLIsSelfContained(t *testing.T) {
	got := write(t, "html", typicalPlanWithProofs(t), Options{DryRun: true})
	for _, bad := range []string{" src=", "<link", "@import", "url(", "fetch(", "XMLHttpRequest", "innerHTML", "eval(", " style=", "onclick=\""} {
		if strings.Contains(got, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, want := range []string{"default-src 'none'", sourceHash(pageStyle), sourceHash(pageScript), "<h1>4 references in 2 files would move to registry.k8s.io</h1>", "6 mentions = 3 to rewrite + 3 not changed;"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not contain %q", want)
		}
	}
	var data pageData
	if err := json.Unmarshal([]byte(pageBlock.FindStringSubmatch(got)[1]), &data); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range data.Flows {
		n += f.N
	}
	if n != 4 || len(data.Files) != 4 || len(data.Proofs) != 2 || len(data.Images) != 2 || len(data.Actions) != 3 {
		t.Errorf("got %d references in flows, data %+v", n, data)
	}
	if got, want := data.Files[0].Diff[1], []string{"-", "image: ", "k8s.gcr.io", "/pause:3.9"}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got diff line %q, want %q", got, want)
	}
}

// pageTags matches tags.
var pageTags = regexp.MustCompile(`<[^>]*>`)

func FuzzHTML(f *testing.F) {
	for _, evil := range []string{"x", "</script><script>alert(1)</script>", "<!--", `"><img src=x onerror=alert(1)>`, "&lt;", "\u202e\x1b\xff", "\u2028", "'"} {
		f.Add(evil)
	}
	tags := func(page string) string {
		page = pageBlock.ReplaceAllString(page, "")
		page = strings.Replace(strings.Replace(page, pageStyle, "", 1), pageScript, "", 1)
		return strings.Join(pageTags.FindAllString(page, -1), "")
	}
	f.Fuzz(func(t *testing.T, evil string) {
		got := write(t, "html", hostilePlan(t, evil), Options{Rules: evil, Presets: []string{evil}})
		if want := write(t, "html", hostilePlan(t, "x"), Options{Rules: "x", Presets: []string{"x"}}); tags(got) != tags(want) {
			t.Errorf("%q: got the tags\n%s\nwant\n%s", evil, tags(got), tags(want))
		}
		if !isSafe(got) {
			t.Errorf("%q: unsafe character %q", evil, unsafeChars.FindString(got))
		}
		block := pageBlock.FindStringSubmatch(got)
		if block == nil || !json.Valid([]byte(block[1])) {
			t.Errorf("%q: the block of JSON is invalid", evil)
		}
	})
}
