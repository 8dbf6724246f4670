package report

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// registries writes how many images have each verdict, and lists those that a
// person has to look at.
func (t *textReport) registries() {
	all, n := imagesByVerdict(t.p)
	if len(all) == 0 {
		return
	}
	var parts []string
	for _, v := range verdicts {
		if n[v] > 0 {
			parts = append(parts, wording.Number(n[v])+" "+v.String())
		}
	}
	t.hanging(bold, wording.Count(len(all), "reference")+" checked in registries: "+strings.Join(parts, ", "))
	toSee := len(all) - n[rewrite.Same] - n[rewrite.Exists]
	shown := all
	if !t.o.Verbose {
		shown = all[:min(maxImages, toSee)]
	}
	label := 0
	for _, x := range shown {
		label = max(label, len(x.Verdict.String()))
	}
	for _, x := range shown {
		word, s := x.Verdict.String(), plain
		if isBad(x.Verdict) {
			word, s = strings.ToUpper(word), red
		}
		t.put(s, "    "+word+pad(label-len(word)+2))
		words := x.New
		if detail := verdictDetail(&x); detail != "" {
			words += " (" + detail + ")"
		}
		t.paragraph(plain, words, 4+label+2, 4+label+2)
	}
	if rest := toSee - len(shown); rest > 0 {
		t.line(plain, "    "+t.more(rest))
	}
}
