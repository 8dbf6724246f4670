// Package report writes plans, inventories and rules for people and for
// programs: as text, a unified diff, JSON, SARIF, GitHub annotations, Markdown,
// HTML or CSV.
//
// A [Writer] writes a plan in one format; [Find] returns the writer of a name
// and [Names] lists them. An [InventoryWriter] does the same for an inventory.
// A writer changes neither the plan nor a file. Its output depends on the plan
// and the [Options] only, not on the clock, the terminal or the environment, so
// that equal runs write equal reports.
//
// What the package promises:
//
//   - the counts of a summary add up, and include every mention of the plan;
//   - no control character of a file's name or content reaches a terminal, in
//     the summary or in a coloured diff;
//   - git apply accepts a diff without colour, byte for byte;
//   - JSON reports are valid against schema/report.schema.json and
//     schema/inventory.schema.json.
package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Options configure a report. The zero value reports a run that wrote its plan,
// without colour, for 80 columns.
type Options struct {
	// Color adds ANSI colours to the summary and the diff.
	Color bool

	// Width is the number of columns of the summary. Zero means 80; a negative
	// width means no limit. A narrow summary wraps text and lists fewer places;
	// it never truncates text.
	Width int

	// Verbose lists every mention in the summary, Quiet only failures.
	Verbose, Quiet bool

	// DryRun and Check mean that nothing was written, and decide the tense of
	// the summary. Check wins.
	DryRun, Check bool

	// CheckCertain means that likely images do not fail the check.
	CheckCertain bool

	// Presets are the names of the presets in force.
	Presets []string

	// Rules describes the other rules in force in a few words, such as
	// "2 rules of .regmigrate.yaml". It may be empty.
	Rules string

	// Program is the command that starts the program, regmigrate if empty.
	Program string

	// Args are the arguments of the program, without its name. The summary
	// suggests the next command with them.
	Args []string

	// InGit means that the files are in a work tree of git, so that the change
	// can be compared with the commit before it.
	InGit bool
}

func (o Options) mode() wording.Mode {
	switch {
	case o.Check:
		return wording.Check
	case o.DryRun:
		return wording.DryRun
	}
	return wording.Write
}

// columns returns the width of a summary, negative for no limit.
func (o Options) columns() int {
	if o.Width == 0 {
		return 80
	}
	return o.Width
}

// A Writer writes a plan in one format.
type Writer struct {
	Name string // the value of --output

	// Write writes the report. It returns the errors of w.
	Write func(w io.Writer, p *rewrite.Plan, o Options) error
}

// writers are all writers, the default first.
var writers = []Writer{
	{"text", writeText},
	{"diff", writeDiff},
	{"json", writeJSON},
	{"sarif", writeSARIF},
	{"github", writeGitHub},
	{"markdown", writeMarkdown},
	{"html", writeHTML},
	{"codeclimate", writeCodeQuality},
	{"junit", writeJUnit},
	{"checkstyle", writeCheckstyle},
}

// Names returns the names of all writers, the default first.
func Names() []string {
	var out []string
	for _, w := range writers {
		out = append(out, w.Name)
	}
	return out
}

// Find returns the writer called name. The error for an unknown name lists the
// known ones.
func Find(name string) (Writer, error) {
	for _, w := range writers {
		if w.Name == name {
			return w, nil
		}
	}
	return Writer{}, unknownFormat(name, Names())
}

func unknownFormat(name string, known []string) error {
	return fmt.Errorf("unknown format %q, expected one of: %s", name, strings.Join(known, ", "))
}
