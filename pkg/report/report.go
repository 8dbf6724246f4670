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
	"time"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
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

	// RequireProof means that an unproven chart or kustomization is a failure.
	RequireProof bool

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

	// Version is the version of the program. It may be empty.
	Version string

	// Source is the commit that the run began with. The zero value means that it is
	// not known.
	Source Source

	// Owners returns the owners of a file, by the CODEOWNERS file of the repository. It
	// may be nil. The path is relative to the root.
	Owners func(path string) []string

	// RuleSet has the rules in force, for reports of inventories and clusters. A plan has
	// its own. It may be nil.
	RuleSet *rules.Set

	// InGit means that the files are in a work tree of git, so that the change
	// can be compared with the commit before it.
	InGit bool
}

// A Source is a commit of a repository.
type Source struct {
	Repository string    // HOST/PATH of the remote origin, such as github.com/owner/name, or ""
	Commit     string    // in hexadecimal
	Time       time.Time // of the commit, in UTC
}

// text returns the repository, the commit and its date, separated by spaces; "" if the
// source is not known.
func (s Source) text() string {
	if s.Commit == "" {
		return ""
	}
	out := "commit " + s.Commit[:min(12, len(s.Commit))]
	if s.Repository != "" {
		out = s.Repository + ", " + out
	}
	if !s.Time.IsZero() {
		out += " of " + s.Time.Format(time.DateOnly)
	}
	return out
}

// owners returns the owners of a file; none if they are not known.
func (o Options) owners(path string) []string {
	if o.Owners == nil {
		return nil
	}
	return o.Owners(path)
}

// origin returns the source and the version of the program in words; "" if neither is
// known.
func (o Options) origin() string {
	out := nonEmpty(o.Source.text(), wording.Prefixed("regmigrate ", o.Version))
	return strings.Join(out, ", ")
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

	// NeedsSource reports that the report has Options.Source.
	NeedsSource bool

	// Write writes the report. It returns the errors of w.
	Write func(w io.Writer, p *rewrite.Plan, o Options) error
}

// writers are all writers, the default first.
var writers = []Writer{
	{"text", false, writeText},
	{"diff", false, writeDiff},
	{"json", true, writeJSON},
	{"sarif", true, writeSARIF},
	{"github", false, writeGitHub},
	{"markdown", false, writeMarkdown},
	{"html", true, writeHTML},
	{"codeclimate", false, writeCodeQuality},
	{"junit", false, writeJUnit},
	{"checkstyle", false, writeCheckstyle},
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
