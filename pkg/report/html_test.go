package report

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// pageBlock is the data of the page, which a browser ends at the first "</".
var pageBlock = regexp.MustCompile(`(?s)<script type="application/json" id="data">([^<]*)</script>`)

func TestHTMLIsSelfContained(t *testing.T) {
	got := write(t, "html", provenSketch(t), Options{DryRun: true})
	for _, bad := range []string{" src=", "<link", "@import", "url(", "fetch(", "XMLHttpRequest", "innerHTML", "eval(", " style=", "onclick=\""} {
		if strings.Contains(got, bad) {
			t.Errorf("%q is in the page", bad)
		}
	}
	for _, want := range []string{"default-src 'none'", sourceHash(pageStyle), sourceHash(pageScript), "<h1>4 references in 2 files would move to registry.k8s.io</h1>", "6 mentions = 3 to rewrite + 3 not changed;"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in the page", want)
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
		t.Errorf("%d references flow; %+v", n, data)
	}
	if got, want := data.Files[0].Diff[1], []string{"-", "image: ", "k8s.gcr.io", "/pause:3.9"}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("a line of the diff is %q, want %q", got, want)
	}
}

// pageTags matches the tags of the page outside of its data, style and script.
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
		got := write(t, "html", hostile(t, evil), Options{Rules: evil, Presets: []string{evil}})
		if want := write(t, "html", hostile(t, "x"), Options{Rules: "x", Presets: []string{"x"}}); tags(got) != tags(want) {
			t.Errorf("with %q the page has the tags\n%s\nwant\n%s", evil, tags(got), tags(want))
		}
		if !harmless(got) {
			t.Errorf("with %q there is %q", evil, dangerous.FindString(got))
		}
		block := pageBlock.FindStringSubmatch(got)
		if block == nil || !json.Valid([]byte(block[1])) {
			t.Errorf("with %q the data is not what was written", evil)
		}
	})
}
