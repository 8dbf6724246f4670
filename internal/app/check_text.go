package app

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// verdictOrder is the order of a report: what needs somebody comes first.
var verdictOrder = []registry.Verdict{
	registry.Missing, registry.Different, registry.Unreachable, registry.Exists, registry.Skipped, registry.Same,
}

// maxShown is how many references of a verdict are listed without -v.
const maxShown = 20

// checkText writes a table of what registries say, and what to do next.
func checkText(w io.Writer, all []checkedImage, f *session.Flags, color bool) error {
	var b bytes.Buffer
	if len(all) == 0 && !f.Quiet {
		b.WriteString("nothing to ask about: no reference would move\n")
	}
	count := map[registry.Verdict]int{}
	for _, c := range all {
		count[c.Verdict]++
	}
	for _, v := range verdictOrder {
		if count[v] == 0 {
			continue
		}
		problem := !session.Meets("same", v) && v != registry.Exists || !session.Meets(f.Registry.Require, v)
		if f.Quiet && !problem {
			continue
		}
		fmt.Fprintf(&b, "%s  %s\n", colored(v, fmt.Sprintf("%-11s", v), color), session.Plural(count[v], "reference"))
		if v == registry.Same && !f.Verbose {
			continue
		}
		shown := 0
		for _, c := range all {
			if c.Verdict != v {
				continue
			}
			if shown++; shown > maxShown && !f.Verbose {
				continue
			}
			fmt.Fprintf(&b, "    %s%s\n", c.New, firstPlace(c.places))
			if detail := detailLine(c); detail != "" {
				fmt.Fprintf(&b, "        %s\n", detail)
			}
		}
		if n := shown - maxShown; n > 0 && !f.Verbose {
			fmt.Fprintf(&b, "    and %d more (-v lists them)\n", n)
		}
	}
	if len(all) > 0 && !f.Quiet {
		var parts []string
		for _, v := range []registry.Verdict{registry.Same, registry.Exists, registry.Different, registry.Missing, registry.Unreachable, registry.Skipped} {
			if count[v] > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", count[v], v))
			}
		}
		fmt.Fprintf(&b, "%s: %s\n", session.Plural(len(all), "reference"), strings.Join(parts, ", "))
		if !f.Registry.Offline {
			b.WriteString(nextStep(all, count))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// detailLine is the line below a reference.
func detailLine(c checkedImage) string {
	from := ""
	if c.Old != "" && c.Verdict != registry.Skipped {
		from = "from " + c.Old
	}
	if from != "" && c.Detail != "" {
		return from + ": " + c.Detail
	}
	return from + c.Detail
}

// nextStep says what to do next, "" when there is nothing.
func nextStep(all []checkedImage, count map[registry.Verdict]int) string {
	const line = "next: %s\n        %s\n"
	copies := false
	for _, c := range all {
		copies = copies || c.Verdict == registry.Missing && c.OldDigest != ""
	}
	switch {
	case count[registry.Unreachable] > 0:
		for _, c := range all {
			if c.Verdict == registry.Unreachable {
				return fmt.Sprintf(line, "regmigrate registry ping "+session.RegistryOf(c.New), "says what is in the way")
			}
		}
	case copies:
		return fmt.Sprintf(line, "regmigrate --require exists PATH", "leaves those that are missing where they are; registry mirror copies them to a registry of yours")
	case count[registry.Missing] > 0:
		return fmt.Sprintf(line, "regmigrate --require exists PATH", "leaves those that are missing where they are: they are broken already, and want a newer tag")
	case count[registry.Different] > 0:
		return fmt.Sprintf(line, "regmigrate --require same PATH", "leaves those that differ where they are")
	}
	return ""
}

func colored(v registry.Verdict, text string, color bool) string {
	code := ""
	switch v {
	case registry.Missing, registry.Different:
		code = "31" // red
	case registry.Unreachable:
		code = "33" // yellow
	case registry.Same:
		code = "32" // green
	}
	if !color || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// firstPlace is where a reference stands: the first place, and how many more.
func firstPlace(places []string) string {
	switch len(places) {
	case 0:
		return ""
	case 1:
		return "   " + places[0]
	}
	return fmt.Sprintf("   %s and %d more", places[0], len(places)-1)
}
