package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The rules in force, the presets, and what becomes of single references, for
// people and as JSON. They are plain values, for this package does not know
// the rules.

// A Rule is a rule in force, chains composed.
type Rule struct {
	Name   string   `json:"name"` // where it comes from
	From   string   `json:"from"`
	To     string   `json:"to"`
	Keep   []string `json:"keep"`
	Doc    string   `json:"doc,omitempty"`
	Source string   `json:"source,omitempty"`
	Date   string   `json:"date,omitempty"`
}

// A Preset is a set of rules that has a name.
type Preset struct {
	Name   string `json:"name"`
	Doc    string `json:"doc"`
	Source string `json:"source"`
	Wants  string `json:"wants,omitempty"` // what has to follow its name: "project"
}

// A RuleTest is what the rules and the catalogue say of a reference.
type RuleTest struct {
	Ref    string            `json:"reference"`
	New    string            `json:"new,omitempty"`
	Rule   string            `json:"rule,omitempty"`
	From   string            `json:"from,omitempty"`
	To     string            `json:"to,omitempty"`
	Keep   string            `json:"keep,omitempty"`
	Advice []CatalogueAdvice `json:"advice"`
}

// A CatalogueAdvice is an entry of the catalogue.
type CatalogueAdvice struct {
	Text   string `json:"text"`
	Source string `json:"source"`
	Date   string `json:"date"`
}

// WriteRules writes the rules in force.
func WriteRules(w io.Writer, rules []Rule, asJSON bool, o Options) error {
	for i := range rules {
		if rules[i].Keep == nil {
			rules[i].Keep = []string{}
		}
	}
	if asJSON {
		return indented(w, map[string]any{"version": 1, "rules": rules})
	}
	b := bufio.NewWriter(w)
	from, to := 0, 0
	for _, r := range rules {
		from, to = max(from, length(r.From)), max(to, length(r.To))
	}
	// Rules of one origin that say the same stand together, under what they
	// say; what is the most general comes first.
	rules = slices.Clone(rules)
	slices.Reverse(rules)
	said := map[heading]bool{}
	for i := range rules {
		head := headingOf(&rules[i])
		if said[head] {
			continue
		}
		if len(said) > 0 {
			fmt.Fprintln(b)
		}
		said[head] = true
		fmt.Fprint(b, paint(o.Color, bold, escape(head.name)))
		if head.doc != "" {
			fmt.Fprint(b, ": "+escape(head.doc))
		}
		fmt.Fprintln(b)
		if head.source != "" {
			fmt.Fprintln(b, "  "+paint(o.Color, dim, escape(strings.TrimSpace(head.date+" "+head.source))))
		}
		for _, r := range rules[i:] {
			if headingOf(&r) != head {
				continue
			}
			fmt.Fprintf(b, "  %s%s  -> %s\n", escape(r.From), pad(from-length(r.From)), paint(o.Color, green, escape(r.To)))
			for _, k := range r.Keep {
				fmt.Fprintf(b, "    keeps %s\n", escape(k))
			}
		}
	}
	fmt.Fprintf(b, "\n%s\n", count(len(rules), "rule"))
	return b.Flush()
}

// A heading is what rules that are shown together have in common.
type heading struct{ name, doc, source, date string }

func headingOf(r *Rule) heading { return heading{r.Name, r.Doc, sourceOf(r.Source), r.Date} }

// sourceOf is the source of a rule, of one below a folder for each project the
// folder of all.
func sourceOf(source string) string {
	if i := strings.Index(source, "/manifests/"); i >= 0 && strings.HasSuffix(source, "/promoter-manifest.yaml") {
		return source[:i+len("/manifests")]
	}
	return source
}

// WritePresets writes the presets that there are.
func WritePresets(w io.Writer, presets []Preset, asJSON bool, o Options) error {
	if asJSON {
		return indented(w, map[string]any{"version": 1, "presets": presets})
	}
	b := bufio.NewWriter(w)
	for _, p := range presets {
		name := p.Name
		if p.Wants != "" {
			name += ":" + strings.ToUpper(p.Wants) + "[," + strings.ToUpper(p.Wants) + "]"
		}
		fmt.Fprintf(b, "%s\n  %s\n  %s\n", paint(o.Color, bold, escape(name)), escape(p.Doc), paint(o.Color, dim, escape(p.Source)))
	}
	return b.Flush()
}

// WriteRuleTests writes what becomes of references, in their order.
func WriteRuleTests(w io.Writer, tests []RuleTest, asJSON bool, o Options) error {
	for i := range tests {
		if tests[i].Advice == nil {
			tests[i].Advice = []CatalogueAdvice{}
		}
	}
	if asJSON {
		return indented(w, map[string]any{"version": 1, "references": append([]RuleTest{}, tests...)})
	}
	b := bufio.NewWriter(w)
	for _, t := range tests {
		switch {
		case t.New != "":
			fmt.Fprintf(b, "%s -> %s\n  by %s: %s -> %s\n", escape(t.Ref), paint(o.Color, green, escape(t.New)), escape(t.Rule), escape(t.From), escape(t.To))
		case t.Keep != "":
			fmt.Fprintf(b, "%s stays\n  kept by %s, which keeps %s\n", escape(t.Ref), escape(t.Rule), escape(t.Keep))
		default:
			fmt.Fprintf(b, "%s stays\n  no rule is about it\n", escape(t.Ref))
		}
		for _, a := range t.Advice {
			fmt.Fprintf(b, "  %s %s\n    %s\n", paint(o.Color, cyan, "note:"), escape(a.Text), paint(o.Color, dim, escape(a.Date+" "+a.Source)))
		}
	}
	return b.Flush()
}

func indented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
