package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// maxPlanSize is the largest size of a plan that --reverse reads, in bytes.
const maxPlanSize = 512 << 20

// Reverse undoes the edits of the JSON report in the file f.Reverse: the root command
// with --reverse. The only argument, if there is one, is a path in the repository.
func Reverse(ctx context.Context, s session.Streams, f *session.Flags, args []string) error {
	if len(args) > 1 {
		return errors.New("--reverse: expected at most one PATH, the folder of the repository\n  for example: regmigrate --reverse plan.json path/to/repository")
	}
	set, err := session.ForReversal(f, args)
	if err != nil {
		return err
	}
	files, err := readPlan(s, f.Reverse)
	if err != nil {
		return fmt.Errorf("--reverse %q: %w", f.Reverse, err)
	}
	plan, err := rewrite.Reverse(ctx, set.Rewrite.Walk.Root, files)
	if err != nil {
		return session.InterruptedError(ctx, fmt.Errorf("--reverse %q: %w", f.Reverse, err))
	}
	var interrupted error
	if !f.DryRun {
		_, interrupted = plan.Apply(ctx)
	}
	if err := writeReversal(s, f, set, plan); err != nil {
		return session.Failed(err)
	}
	if interrupted != nil {
		return session.Failed(interrupted)
	}
	if plan.Count().FailedFiles > 0 {
		return session.Failed(nil)
	}
	return nil
}

// readPlan reads the changed files of the JSON report in the file called name, or in
// standard input if name is "-".
func readPlan(s session.Streams, name string) ([]rewrite.RecordedFile, error) {
	in := s.In
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, repofile.WithoutPath(err)
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return nil, errors.New("expected a JSON report, and this is a folder")
		}
		in = file
	}
	src := &io.LimitedReader{R: in, N: maxPlanSize + 1}
	files, err := report.ReadRecordedFiles(bufio.NewReader(src))
	if src.N <= 0 {
		return nil, &repofile.TooLargeError{Limit: maxPlanSize}
	}
	return files, err
}

// writeReversal writes the report of --output to standard output and, if that is not the
// summary, the summary to standard error.
func writeReversal(s session.Streams, f *session.Flags, set *session.Session, plan *rewrite.Plan) error {
	out := bufio.NewWriter(s.Out)
	write := set.Output.Write
	if set.Output.Name == "text" {
		write = report.WriteReversalText
	}
	err := write(out, plan, set.ReportOptionsFor(s.Out, f))
	if err == nil {
		err = out.Flush()
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	if set.Output.Name == "text" {
		return nil
	}
	return report.WriteReversalText(s.Err, plan, set.ReportOptionsFor(s.Err, f))
}
