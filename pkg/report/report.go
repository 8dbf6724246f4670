// Package report writes a plan for people and for programs: as a summary, as
// a unified diff, as JSON.
//
// Each form is a [Writer]; [Find] gives the one of a name, [FamilyFiles] lists them.
// A Writer reads the plan and changes nothing, neither the plan nor a file.
// What it writes depends on the plan and the [Options] alone: no clock, no
// terminal and no environment is asked, so that equal runs give equal reports.
//
// What the package promises: the counts of a summary add up, and every mention
// of the plan is in one of them; no control character of a file's name or
// content reaches a terminal, whether in the summary or in a coloured diff; an
// uncoloured diff is what git apply takes, byte for byte; and the JSON is as
// schema/report.schema.json says.
package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Options say how to report. The zero value is a report on a run that wrote
// what it planned, without colour, for 80 columns.
type Options struct {
	// Color asks for ANSI colours in the summary and the diff. JSON has none.
	Color bool

	// Width is the number of columns to lay the summary out for. Zero means
	// 80, a negative number that lines have no end. It moves text to the next
	// line and shortens lists of places; no text is ever cut.
	Width int

	// Verbose lists every mention in the summary, Quiet only what failed.
	Verbose, Quiet bool

	// DryRun and Check say that nothing was written, and decide the tense of
	// the summary. Check wins: it speaks of what is left to move.
	DryRun, Check bool

	// Presets are the names of the presets in force.
	Presets []string

	// Rules says in a few words what rules are in force besides, such as
	// "2 rules of .regmigrate.yaml"; it may be empty.
	Rules string

	// Program is what the user types to start the program, regmigrate if it is
	// empty.
	Program string

	// Args are the arguments the user gave, without the name of the program.
	// The summary repeats them, without those that kept it from writing, in
	// its hint on what to do next.
	Args []string

	// Versioned says that the files are those of a git work tree, so that what
	// was written can be held against the commit before.
	InGit bool
}

// readOnly reports whether nothing was to be written.
func (o Options) readOnly() bool { return o.DryRun || o.Check }

// A Writer is one form of report.
type Writer struct {
	Name string // as given to --output
	Doc  string // a phrase for a person

	// Write writes the report. Its error is that of w.
	Write func(w io.Writer, p *rewrite.Plan, o Options) error
}

// writers are all forms of report, the default first.
var writers = []Writer{
	{"text", "a summary for people", writeText},
	{"diff", "a unified diff that git apply takes", writeDiff},
	{"json", "everything, for programs", writeJSON},
	{"sarif", "SARIF 2.1.0, for code scanning", writeSARIF},
	{"github", "annotations, as the workflow commands of GitHub", writeGitHub},
	{"markdown", "the summary of a job, the text of a pull request", writeMarkdown},
	{"html", "a page to look at", writeHTML},
}

// Names returns the names of all forms of report, the default first.
func Names() []string {
	var out []string
	for _, w := range writers {
		out = append(out, w.Name)
	}
	return out
}

// Find returns the form of report called name. The error for an unknown name
// lists the known ones.
func Find(name string) (Writer, error) {
	for _, w := range writers {
		if w.Name == name {
			return w, nil
		}
	}
	return Writer{}, fmt.Errorf("unknown format %q; known are %s", name, strings.Join(Names(), ", "))
}
