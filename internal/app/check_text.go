package app

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// verdictOrder is the order of verdicts in a report: those that require action are
// first.
var verdictOrder = []registry.Verdict{
	registry.Missing, registry.Different, registry.Unreachable, registry.Exists, registry.Skipped, registry.Same,
}

// maxShown is the maximum number of references listed per verdict without -v.
const maxShown = 20

// checkText writes the references as text, by verdict, and what to do next.
func checkText(w io.Writer, all []checkedImage, f *session.Flags, color bool) error {
	var b bytes.Buffer
	if len(all) == 0 && !f.Quiet {
		b.WriteString("nothing to check: no reference would move\n")
	}
	byVerdict := map[registry.Verdict][]checkedImage{}
	for _, c := range all {
		byVerdict[c.Verdict] = append(byVerdict[c.Verdict], c)
	}
	for _, v := range verdictOrder {
		if list := byVerdict[v]; len(list) > 0 && (!f.Quiet || isProblem(v, f.Registry.Require)) {
			writeVerdict(&b, v, list, f.Verbose, color)
		}
	}
	if len(all) > 0 && !f.Quiet {
		var parts []string
		for _, v := range []registry.Verdict{registry.Same, registry.Exists, registry.Different, registry.Missing, registry.Unreachable, registry.Skipped} {
			if n := len(byVerdict[v]); n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, v))
			}
		}
		fmt.Fprintf(&b, "%s: %s\n", session.Plural(len(all), "reference"), strings.Join(parts, ", "))
		if !f.Registry.Offline {
			b.WriteString(nextStep(byVerdict, f.Registry.Suggest != ""))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// isProblem reports whether --quiet shows a verdict.
func isProblem(v registry.Verdict, require string) bool {
	return !session.Meets("same", v) && v != registry.Exists || !session.Meets(require, v)
}

// writeVerdict writes the references of one verdict. For the verdict "same" it
// writes only their number, unless verbose is set.
func writeVerdict(b *bytes.Buffer, v registry.Verdict, list []checkedImage, verbose, color bool) {
	fmt.Fprintf(b, "%s  %s\n", colored(v, fmt.Sprintf("%-11s", v), color), session.Plural(len(list), "reference"))
	if v == registry.Same && !verbose {
		return
	}
	for i, c := range list {
		if i == maxShown && !verbose {
			fmt.Fprintf(b, "    and %d more (-v lists them)\n", len(list)-maxShown)
			break
		}
		fmt.Fprintf(b, "    %s%s\n", c.New, firstPlace(c.places))
		if detail := detailLine(c); detail != "" {
			fmt.Fprintf(b, "        %s\n", detail)
		}
	}
}

// detailLine returns the line below a reference.
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

// nextStep returns lines that suggest a command, or "". hasTags says that the run looks
// for newer tags.
func nextStep(byVerdict map[registry.Verdict][]checkedImage, hasTags bool) string {
	const line = "next: %s\n        %s\n"
	missing := byVerdict[registry.Missing]
	switch {
	case len(byVerdict[registry.Unreachable]) > 0:
		c := byVerdict[registry.Unreachable][0]
		return fmt.Sprintf(line, "regmigrate registry ping "+session.RegistryOf(c.New), "shows the cause")
	case slices.ContainsFunc(missing, func(c checkedImage) bool { return c.OldDigest != "" }):
		return fmt.Sprintf(line, "regmigrate --require exists PATH", "does not change references to missing images; registry mirror copies these to your registry")
	case len(missing) > 0 && hasTags:
		return fmt.Sprintf(line, "regmigrate --require exists PATH", "does not change references to missing images; these are already broken")
	case len(missing) > 0:
		return fmt.Sprintf(line, "regmigrate --require exists PATH", "does not change references to missing images; these are already broken: registry check --suggest FILE finds newer tags")
	case len(byVerdict[registry.Different]) > 0:
		return fmt.Sprintf(line, "regmigrate --require same PATH", "does not change references to images that differ")
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

// firstPlace returns the first place and the number of other places.
func firstPlace(places []string) string {
	switch len(places) {
	case 0:
		return ""
	case 1:
		return "   " + places[0]
	}
	return fmt.Sprintf("   %s and %d more", places[0], len(places)-1)
}
