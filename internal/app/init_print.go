package app

import (
	"fmt"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// print writes the files to w, each after a line with its name.
func (r *initRun) print(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.files.files {
		b.WriteString("==> " + f.shown + " <==\n" + report.EscapeText(string(f.now)) + "\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return session.Failed(fmt.Errorf("writing to standard output: %w", err))
	}
	return nil
}

// printNotes says what exists already and what is left to do.
func (r *initRun) printNotes(s session.Streams) {
	if r.flags.Quiet {
		return
	}
	if r.proposed > 0 {
		fmt.Fprintf(s.Err, "note: %s would move images, and %s in %s\n", wording.Count(r.proposed, "more preset"), wording.Plural(r.proposed, "is a comment", "are comments"), rules.ConfigNames[0])
	}
	for _, name := range r.kept {
		fmt.Fprintf(s.Err, "%s: not changed, because it exists; --force replaces it\n", name)
	}
	for _, note := range r.notes {
		fmt.Fprintln(s.Err, "next: "+note)
	}
	fmt.Fprintln(s.Err, "next: "+s.ProgramName()+" --dry-run .   (shows the changes, writes nothing)")
}
