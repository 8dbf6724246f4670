package report

import (
	"crypto/sha256"
	_ "embed" // the style and the script of the page
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

//go:embed page/page.css
var pageStyle string

//go:embed page/page.js
var pageScript string

// writeHTML writes one page that loads nothing else: its Content-Security-Policy
// allows no request. Text from outside is in a block of JSON, escaped as for a
// terminal, and the script adds it to the page as text.
func writeHTML(w io.Writer, p *rewrite.Plan, o Options) error {
	s := summarize(p, o)
	block, err := json.Marshal(pageOf(p, &s)) // escapes <, > and &
	if err != nil {
		return fmt.Errorf("writing the HTML report: %w", err)
	}
	if _, err := io.WriteString(w, page(p, &s, block, o)); err != nil {
		return fmt.Errorf("writing the HTML report: %w", err)
	}
	return nil
}

// page returns the whole page; data is its block of JSON.
func page(p *rewrite.Plan, s *summary, data []byte, o Options) string {
	out := func(s string) string { return html.EscapeString(escape(s)) }
	head, below := s.run.Headline(), ""
	if p.Baseline != nil {
		head, below = wording.SinceBaseline(p.Baseline.New, p.Baseline.File), s.run.Headline()+". "
	}
	below += strings.Join(nonEmpty(wording.Prefixed("Rules: ", s.run.RulesInForce()), s.run.Updated(), o.origin()), "; ")
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '` + sourceHash(pageStyle) + `'; script-src '` + sourceHash(pageScript) + `'; base-uri 'none'; form-action 'none'">` +
		`<title>` + out("regmigrate: "+head) + `</title><style>` + pageStyle + `</style></head><body>` +
		`<a class="skip" href="#findings">skip to the findings</a><header><h1>` + out(head) + `</h1><p class="dim">` + out(below) + `</p>`)
	b.WriteString(`<nav aria-label="sections"><ul>`)
	for _, x := range pageSections {
		b.WriteString(`<li><a href="#` + x.id + `">` + x.title + `</a></li>`)
	}
	b.WriteString(`</ul></nav><ul class="cards">`)
	for _, c := range pageCards(p, s) {
		b.WriteString(`<li class="` + c.class + `"><b>` + wording.Number(c.n) + `</b>` + out(c.words) + `</li>`)
	}
	b.WriteString(`</ul></header><main>`)
	for _, x := range pageSections {
		b.WriteString(`<section id="` + x.id + `" aria-labelledby="h-` + x.id + `"><h2 id="h-` + x.id + `">` + x.title + `</h2>` + x.body + `</section>`)
	}
	b.WriteString(`</main><footer><p>` + out(s.run.Ledger()) + ` ` + out(s.run.Coverage()) + `.</p><noscript><p>Without JavaScript this page shows only the totals.</p></noscript></footer>` +
		`<script type="application/json" id="data">`)
	b.Write(data)
	b.WriteString(`</script><script>` + pageScript + `</script></body></html>` + "\n")
	return b.String()
}

// sourceHash returns the hash by which a Content-Security-Policy allows an
// inline style or script.
func sourceHash(src string) string {
	sum := sha256.Sum256([]byte(src))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// pageSections are the parts of the page. The script fills them, and removes
// those without content.
var pageSections = []struct{ id, title, body string }{
	{"flows", "Old and new registries", `<div id="picture"></div>`},
	{"actions", "Action required", ""},
	{"notes", "Notes", ""},
	{"proofs", "Proofs", ""},
	{"registries", "Registry checks", ""},
	{"unchanged", "Not changed", ""},
	{"findings", "Files and findings", `<form class="filters" role="search"><div class="grow"><label for="search">search (press / )</label><input id="search" type="search" autocomplete="off" spellcheck="false"></div>` +
		`<div><label for="status">status</label><select id="status"></select></div><div><label for="reason">reason</label><select id="reason"></select></div>` +
		`<div><label for="format">format</label><select id="format"></select></div></form><p id="found" role="status" class="dim"></p><div id="files"></div>`},
	{"references", "References", ""},
}

// A pageCard is a total at the top of the page.
type pageCard struct {
	n     int
	words string
	class string
}

func pageCards(p *rewrite.Plan, s *summary) []pageCard {
	verb := "moved"
	if s.run.Mode != wording.Write {
		verb = "to move"
	}
	c := p.Count()
	notChanged := c.NotChanged + c.NotChangedImplicit
	out := []pageCard{
		{s.run.Moved, wording.Plural(s.run.Moved, "reference ", "references ") + verb, "good"},
		{c.ChangedFiles, wording.Plural(c.ChangedFiles, "file changes", "files change"), ""},
		{notChanged, wording.Plural(notChanged, "mention not changed", "mentions not changed"), ""},
	}
	add := func(n int, words, class string) {
		if n > 0 {
			out = append(out, pageCard{n, words, class})
		}
	}
	add(s.run.MovesInSkipped, "to move in skipped folders", "warn")
	if p.Baseline != nil {
		add(p.Baseline.New, "new since the baseline", "bad")
	}
	add(s.run.Likely, wording.Plural(s.run.Likely, "likely image not changed", "likely images not changed"), "warn")
	add(s.run.Assumed, wording.Plural(s.run.Assumed, "likely image ", "likely images ")+verb, "warn")
	add(s.run.Unresolved, "to change by hand", "bad")
	add(s.run.Failed, wording.Plural(s.run.Failed, "file failed", "files failed"), "bad")
	_, n := proofsByState(p)
	add(n.Proven, "proven", "good")
	add(n.Unproven, "unproven", "warn")
	add(n.Failed, wording.Plural(n.Failed, "proof failed", "proofs failed"), "bad")
	_, images := imagesByVerdict(p)
	for _, v := range verdicts {
		class := "warn"
		switch {
		case v == rewrite.Same || v == rewrite.Exists:
			class = "good"
		case isBad(v):
			class = "bad"
		}
		add(images[v], "in registries: "+v.String(), class)
	}
	return out
}

// diffOf returns the diff of f, line by line. The first item of a line is the
// operation: "-", "+", " ", or "@" for the header of a hunk. The others are
// pieces of text; every second one is marked as changed.
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

// markedPieces returns the operation of l and the pieces of its text.
func markedPieces(l edit.Line, marks []edit.Span) []string {
	out := []string{string(l.Op), ""}
	for _, p := range segments(string(l.Text), marks) {
		text := visible(p.text)
		if p.omitted > 0 {
			text = "…" + wording.Count(p.omitted, "byte") + "…"
		}
		if marked := len(out)%2 == 1; p.marked != marked {
			out = append(out, "")
		}
		out[len(out)-1] += text
	}
	return out
}
