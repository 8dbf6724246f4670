package report

import (
	"crypto/sha256"
	_ "embed" // the page's style and script
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

//go:embed page/page.css
var pageStyle string

//go:embed page/page.js
var pageScript string

// writeHTML writes one page that needs nothing else: no request leaves it, and
// its policy lets none out. What comes from outside is in a block of JSON, with
// what a terminal must not get spelled out, and gets into the page as text.
func writeHTML(w io.Writer, p *rewrite.Plan, o Options) error {
	o.Verbose, o.Quiet = false, false
	s := summarize(p)
	t := &textReport{o: o, p: p, s: s, width: -1, hints: true}
	block, err := json.Marshal(pageOf(p, &s, t)) // escapes <, > and &
	if err != nil {
		return fmt.Errorf("writing the HTML report: %w", err)
	}
	out := func(s string) string { return html.EscapeString(escape(s)) }
	head := t.headline()
	below := ""
	if p.Baseline != nil {
		head, below = baselineHeadline(p.Baseline), t.headline()+". "
	}
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '` + sourceHash(pageStyle) + `'; script-src '` + sourceHash(pageScript) + `'; base-uri 'none'; form-action 'none'">` +
		`<title>` + out("regmigrate: "+head) + `</title><style>` + pageStyle + `</style></head><body>` +
		`<a class="skip" href="#findings">to the findings</a><header><h1>` + out(head) + `</h1><p class="dim">` + out(below+after("by ", t.inForce())+after("; ", t.following())) + `</p>`)
	b.WriteString(`<nav aria-label="sections"><ul>`)
	for _, x := range pageSections {
		b.WriteString(`<li><a href="#` + x.id + `">` + x.title + `</a></li>`)
	}
	b.WriteString(`</ul></nav><ul class="cards">`)
	for _, c := range pageCards(p, &s, t) {
		b.WriteString(`<li class="` + c.class + `"><b>` + number(c.n) + `</b>` + out(c.words) + `</li>`)
	}
	b.WriteString(`</ul></header><main>`)
	for _, x := range pageSections {
		b.WriteString(`<section id="` + x.id + `" aria-labelledby="h-` + x.id + `"><h2 id="h-` + x.id + `">` + x.title + `</h2>` + x.body + `</section>`)
	}
	b.WriteString(`</main><footer><p>` + out(s.ledger()) + ` ` + out(t.lookedAt()) + `.</p><noscript><p>Without JavaScript this page shows the sums only.</p></noscript></footer>` +
		`<script type="application/json" id="data">`)
	b.Write(block)
	b.WriteString(`</script><script>` + pageScript + `</script></body></html>` + "\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the HTML report: %w", err)
	}
	return nil
}

// sourceHash is what a policy allows of an inline style or script.
func sourceHash(src string) string {
	sum := sha256.Sum256([]byte(src))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// pageSections are the parts of the page; the script fills them, and takes out
// those with nothing in them.
var pageSections = []struct{ id, title, body string }{
	{"where", "What moves where", `<div id="picture"></div>`},
	{"hand", "To do by hand", ""},
	{"proof", "Proof", ""},
	{"registries", "Registries", ""},
	{"kept", "What stays, and why", ""},
	{"findings", "Files and findings", `<form class="filters" role="search"><div class="grow"><label for="search">search (press / )</label><input id="search" type="search" autocomplete="off" spellcheck="false"></div>` +
		`<div><label for="status">status</label><select id="status"></select></div><div><label for="reason">reason</label><select id="reason"></select></div>` +
		`<div><label for="format">format</label><select id="format"></select></div></form><p id="found" role="status" class="dim"></p><div id="files"></div>`},
	{"moves", "References", ""},
}

// A pageCard is a number that one wants to see first.
type pageCard struct {
	n     int
	words string
	class string
}

func pageCards(p *rewrite.Plan, s *summary, t *textReport) []pageCard {
	verb := "moved"
	if t.o.readOnly() {
		verb = "would move"
	}
	c := s.counts
	out := []pageCard{
		{len(s.moved), some(len(s.moved), "reference ", "references ") + verb, "good"},
		{c.ChangedFiles, some(c.ChangedFiles, "file changes", "files change"), ""},
		{c.NotChanged + c.NotChangedImplicit, some(c.NotChanged+c.NotChangedImplicit, "mention stays", "mentions stay"), ""},
	}
	add := func(n int, words, class string) {
		if n > 0 {
			out = append(out, pageCard{n, words, class})
		}
	}
	if p.Baseline != nil {
		add(p.Baseline.New, "new since the baseline", "bad")
	}
	add(len(s.failed), some(len(s.failed), "file failed", "files failed"), "bad")
	_, n := byState(p)
	add(n[rewrite.Proven], "proven", "good")
	add(n[rewrite.Unproven], "unproven", "warn")
	add(n[rewrite.Failed], some(n[rewrite.Failed], "proof failed", "proofs failed"), "bad")
	_, v := byVerdict(p)
	for _, x := range verdicts {
		class := "warn"
		switch x.verdict {
		case rewrite.Same, rewrite.Exists:
			class = "good"
		case rewrite.Missing, rewrite.Different:
			class = "bad"
		}
		add(v[x.verdict], "in registries: "+x.verdict.String(), class)
	}
	return out
}

// diffOf is the diff of f as the page has it: a line is its mark and its text,
// cut where what changed begins and ends, so that every second piece is marked.
func diffOf(f *rewrite.File) [][]string {
	out := [][]string{}
	if len(f.Edits) == 0 {
		return out
	}
	for _, h := range edit.Unified(f.Path, f.Before, f.Edits, contextLines).Hunks {
		out = append(out, []string{"@", escape(h.Header())})
		lines := h.Lines
		for len(lines) > 0 {
			n := max(blockLen(lines), 1)
			for i, marks := range blockMarks(lines[:n]) {
				out = append(out, markedPieces(lines[i], marks))
			}
			lines = lines[n:]
		}
	}
	return out
}

// markedPieces are the mark of l and its text, cut at marks.
func markedPieces(l edit.Line, marks []edit.Span) []string {
	out := []string{string(l.Op), ""}
	for _, p := range segments(string(l.Text), marks) {
		text := visible(p.text)
		if p.omitted > 0 {
			text = "…" + count(p.omitted, "byte") + "…"
		}
		if marked := len(out)%2 == 1; p.marked != marked {
			out = append(out, "")
		}
		out[len(out)-1] += text
	}
	return out
}
