package report

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// maxImages is how many verdicts of registries a summary shows.
const maxImages = 8

// registries writes what registries say of the new references: how many there
// are of each verdict, and those that somebody has to look at.
func (t *textReport) registries() {
	all, n := byVerdict(t.p)
	if len(all) == 0 {
		return
	}
	var parts []string
	for _, v := range verdicts {
		if n[v.verdict] > 0 {
			parts = append(parts, number(n[v.verdict])+" "+v.verdict.String())
		}
	}
	t.line(bold, count(len(all), "reference")+" looked up in registries: "+strings.Join(parts, ", "))
	shown := all
	if !t.o.Verbose {
		shown = all[:min(maxImages, len(all)-n[rewrite.Same]-n[rewrite.Exists])]
	}
	label := 0
	for _, x := range shown {
		label = max(label, len(x.Verdict.String()))
	}
	for _, x := range shown {
		word, s := x.Verdict.String(), plain
		if x.Verdict == rewrite.Missing || x.Verdict == rewrite.Different {
			word, s = strings.ToUpper(word), red
		}
		t.put(s, "    "+word+strings.Repeat(" ", label-len(word)+2))
		words := x.New
		if said := verdictDetail(&x); said != "" {
			words += " (" + said + ")"
		}
		t.wrapped(plain, strings.Fields(words), " ", 4+label+2, 4+label+2)
	}
	if rest := len(all) - n[rewrite.Same] - n[rewrite.Exists] - len(shown); rest > 0 {
		t.line(plain, "    "+t.more(rest))
	}
}

// maxAdvice is how many things to do a summary shows.
const maxAdvice = 5

// advice writes what is left for a person to do, but for what the rows of what
// stays say.
func (t *textReport) advice() {
	var all []adviceGroup
	for _, a := range adviceGroups(t.p, &t.s) {
		if a.reason == "" {
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		return
	}
	t.line(bold, count(len(all), "thing")+" to do by hand")
	shown := all
	if !t.o.Verbose && len(shown) > maxAdvice {
		shown = shown[:maxAdvice]
	}
	for _, a := range shown {
		words := a.text + after(" ", a.source)
		if a.ref != "" {
			words = a.ref + ": " + words
		}
		t.b.WriteString("    - ")
		t.wrapped(plain, strings.Fields(words), " ", 6, 6)
		where := a.places
		if !t.o.Verbose && len(where) > maxFiles {
			where = where[:maxFiles:maxFiles]
		}
		if rest := a.n - len(where); rest > 0 {
			where = append(where[:len(where):len(where)], t.more(rest))
		}
		switch {
		case a.refs != nil:
			for i, w := range where {
				if i < len(a.refs) && i < len(a.places) && w == a.places[i] {
					w = strings.TrimSpace(a.refs[i] + "  " + w)
				}
				t.put(plain, "      ")
				t.line(dim, w)
			}
		case len(where) > 0:
			t.wrapped(dim, where, "  ", 0, 6)
		}
	}
	if rest := len(all) - len(shown); rest > 0 {
		t.line(plain, "    "+t.more(rest))
	}
}
