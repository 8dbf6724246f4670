package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// Rules, presets and rule tests, as text and as JSON. They are plain values,
// because package rules has no JSON.

// A Rule is a rule in force, chains composed.
type Rule struct {
	Name   string   `json:"name"` // a preset, a place in a configuration file, a flag
	From   string   `json:"from"`
	To     string   `json:"to"`
	Keep   []string `json:"keep"`
	Image  bool     `json:"image,omitempty"`  // the rule is for the single image From
	Tags   string   `json:"tags,omitempty"`   // a range of versions
	OldTag string   `json:"oldTag,omitempty"` // the only tag
	Tag    string   `json:"tag,omitempty"`    // after the move
	Doc    string   `json:"doc,omitempty"`
	Source string   `json:"source,omitempty"`
	Date   string   `json:"date,omitempty"`
}

// A Preset is an embedded set of rules.
type Preset struct {
	Name     string `json:"name"`
	Doc      string `json:"doc"`
	Source   string `json:"source"`
	Argument string `json:"argument,omitempty"` // what the user adds after the name and a colon: "project"
}

// A RuleTest is the result of applying the rules and the catalogue to a
// reference.
type RuleTest struct {
	Ref    string            `json:"reference"`
	New    string            `json:"new,omitempty"`
	Rule   string            `json:"rule,omitempty"`
	From   string            `json:"from,omitempty"`
	To     string            `json:"to,omitempty"`
	Keep   string            `json:"keep,omitempty"`
	IsTag  bool              `json:"-"` // Keep says why the tag prevents the move
	Advice []CatalogueAdvice `json:"advice"`
}

// A CatalogueAdvice is an entry of the catalogue.
type CatalogueAdvice struct {
	Text   string `json:"text"`
	Source string `json:"source"`
	Date   string `json:"date"`
}

// WriteRules writes the rules in force. The text groups rules with the same
// name and source, the most general first.
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
	from := 0
	for _, r := range rules {
		from = max(from, length(r.oldName()))
	}
	rules = slices.Clone(rules)
	slices.Reverse(rules)
	byHeading := map[heading][]*Rule{}
	var heads []heading // in order
	for i := range rules {
		head := headingOf(&rules[i])
		if byHeading[head] == nil {
			heads = append(heads, head)
		}
		byHeading[head] = append(byHeading[head], &rules[i])
	}
	for i, head := range heads {
		if i > 0 {
			fmt.Fprintln(b)
		}
		fmt.Fprint(b, paint(o.Color, bold, escape(head.name)))
		if head.doc != "" {
			fmt.Fprint(b, ": "+wrap(escape(head.doc), o.Width, length(escape(head.name))+2, 2))
		}
		fmt.Fprintln(b)
		if head.source != "" {
			fmt.Fprintln(b, "  "+paint(o.Color, dim, escape(strings.TrimSpace(head.date+" "+head.source))))
		}
		for _, r := range byHeading[head] {
			fmt.Fprintf(b, "  %s%s  -> %s\n", escape(r.oldName()), pad(from-length(r.oldName())), paint(o.Color, green, escape(r.newName())))
			for _, k := range r.Keep {
				fmt.Fprintf(b, "    except %s\n", escape(k))
			}
		}
	}
	fmt.Fprintf(b, "\n%s\n", wording.Count(len(rules), "rule"))
	return b.Flush()
}

// oldName returns what the rule moves, with its tags.
func (r *Rule) oldName() string {
	switch {
	case r.OldTag != "":
		return r.From + ":" + r.OldTag
	case r.Tags != "":
		return r.From + " (" + r.Tags + ")"
	}
	return r.From
}

// newName returns the target of the rule, with its tag.
func (r *Rule) newName() string {
	if r.Tag != "" {
		return r.To + ":" + r.Tag
	}
	return r.To
}

// A heading has the values that all rules of a group share.
type heading struct{ name, doc, source, date string }

func headingOf(r *Rule) heading { return heading{r.Name, r.Doc, sourceOf(r.Source), r.Date} }

// sourceOf returns the source of a rule. The promoter manifests of all projects
// count as one source, their common folder.
func sourceOf(source string) string {
	if i := strings.Index(source, "/manifests/"); i >= 0 && strings.HasSuffix(source, "/promoter-manifest.yaml") {
		return source[:i+len("/manifests")]
	}
	return source
}

// WritePresets writes the available presets.
func WritePresets(w io.Writer, presets []Preset, asJSON bool, o Options) error {
	if asJSON {
		return indented(w, map[string]any{"version": 1, "presets": presets})
	}
	b := bufio.NewWriter(w)
	for _, p := range presets {
		name := p.Name
		if p.Argument != "" {
			name += ":" + strings.ToUpper(p.Argument) + "[," + strings.ToUpper(p.Argument) + "]"
		}
		fmt.Fprintf(b, "%s\n  %s\n  %s\n", paint(o.Color, bold, escape(name)), wrap(escape(p.Doc), o.Width, 2, 2), paint(o.Color, dim, escape(p.Source)))
	}
	return b.Flush()
}

// WriteRuleTests writes the results of tests in their order.
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
			keep := "keep " + t.Keep
			if t.IsTag {
				keep = t.Keep
			}
			fmt.Fprintf(b, "%s does not move\n  excluded by %s: %s\n", escape(t.Ref), escape(t.Rule), escape(keep))
		default:
			fmt.Fprintf(b, "%s does not move\n  no rule matches\n", escape(t.Ref))
		}
		for _, a := range t.Advice {
			const label = "note:"
			fmt.Fprintf(b, "  %s %s\n    %s\n", paint(o.Color, cyan, label), wrap(escape(a.Text), o.Width, 2+len(label)+1, 4), paint(o.Color, dim, escape(a.Date+" "+a.Source)))
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
