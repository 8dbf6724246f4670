package chart_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/testlink"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
)

// TestLink links charts with hand-written traces. The section "trace DIR" has a
// rendered reference on each line: TEMPLATE VALUESFILE PART..., where "-" is no
// values file. A part is "literal" in quotes, or PATH=TEXT for a value, with a
// trailing "~" if the template uses only a part of the value. REF=TEXT is a
// reference whose parts are not known. A line FAILS VALUESFILE WHY or BACKSTOP
// VALUESFILE WHY is a values file with which the chart does not render, and
// INCOMPLETE VALUESFILE WHY one with which limits left out a part.
// The word TOLERANT, LACKS or REGISTRY before a line sets the field Tolerant,
// Incomplete or IsRegistry.
func TestLink(t *testing.T) {
	linker := chart.Linker(chart.BumpPatch)
	testlink.Run(t, linker.HasHiddenRefs, func(c *testlink.Case) ([]link.Group, []link.Consequence) {
		traces := map[string][]link.TracedRef{}
		failures := map[string]*link.TraceError{}
		for _, f := range c.Archive.Files {
			if dir, ok := strings.CutPrefix(f.Name, "trace "); ok {
				traces[dir], failures[dir] = parseTrace(t, dir, string(f.Data))
			}
		}
		c.Tree.TraceChart = func(dir string) ([]link.TracedRef, error) {
			refs, ok := traces[dir]
			if failures[dir] != nil {
				return refs, failures[dir]
			}
			if !ok {
				return nil, errors.New("no trace")
			}
			return refs, nil
		}
		groups := linker.Link(c.Tree, c.Move)
		c.Tree.MergeLoaded()
		return groups, linker.Consequences(c.Tree, c.Moved())
	})
}

func parseTrace(t *testing.T, dir, text string) (out []link.TracedRef, failed *link.TraceError) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 {
			t.Fatalf("trace line %q: expected TEMPLATE VALUESFILE PART...", line)
		}
		if slices.Contains([]string{"FAILS", "BACKSTOP", "INCOMPLETE"}, words[0]) {
			if failed == nil {
				failed = &link.TraceError{}
			}
			failed.Failures = append(failed.Failures, link.RenderFailure{
				Chart: dir, ValuesFile: strings.TrimPrefix(words[1], "-"), Why: strings.Join(words[2:], " "),
				Backstop: words[0] == "BACKSTOP", Incomplete: words[0] == "INCOMPLETE",
			})
			continue
		}
		var ref link.TracedRef
		for flags := map[string]*bool{"TOLERANT": &ref.Tolerant, "LACKS": &ref.Incomplete, "REGISTRY": &ref.IsRegistry}; flags[words[0]] != nil; words = words[1:] {
			*flags[words[0]] = true
		}
		ref.Template, ref.ValuesFile = words[0], strings.TrimPrefix(words[1], "-")
		for _, w := range words[2:] {
			part, err := parsePart(w)
			if err != nil {
				t.Fatal(err)
			}
			ref.Ref += part.Text
			if len(part.Value) != 1 || part.Value[0] != "REF" {
				ref.Parts = append(ref.Parts, part)
			}
		}
		out = append(out, ref)
	}
	return out, failed
}

func parsePart(word string) (link.TracedPart, error) {
	if literal, ok := strings.CutPrefix(word, `"`); ok {
		return link.TracedPart{Text: strings.TrimSuffix(literal, `"`), Whole: true}, nil
	}
	value, text, ok := strings.Cut(word, "=")
	if !ok {
		return link.TracedPart{}, fmt.Errorf("trace part %q: expected \"literal\" or PATH=TEXT", word)
	}
	whole := strings.TrimSuffix(text, "~")
	return link.TracedPart{Text: whole, Value: strings.Split(value, "."), Whole: whole == text}, nil
}
