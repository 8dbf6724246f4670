package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/fleet"
	"github.com/regmigrate/regmigrate/pkg/pullrequest"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// ReportMergeFlags are the flags of `regmigrate report merge`.
type ReportMergeFlags struct {
	Check   bool
	Expect  string // a file with names of repositories
	History string
	Time    string // of the state; "" means now
	Version string // of the program
}

// ReportMerge runs the command report merge.
func ReportMerge(ctx context.Context, s session.Streams, f *session.Flags, x *ReportMergeFlags, args []string) error {
	writer, err := report.FindFleet(f.Output)
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	if !slices.Contains([]string{"", "auto", "always", "never"}, f.Color) {
		return fmt.Errorf("--color %q: expected auto, always or never", f.Color)
	}
	now, err := parseStateTime(x.Time)
	if err != nil {
		return err
	}
	history, err := readFleetHistory(x.History)
	if err != nil {
		return err
	}
	var m fleet.Merger
	if err := expectRepositories(&m, x.Expect); err != nil {
		return err
	}
	if slices.Contains(args, "-") && session.IsTerminalInput(s.In) {
		return errors.New("report merge -: standard input is a terminal\n  for example: cat reports/*.json | " + s.ProgramName() + " report merge -")
	}
	for _, arg := range args {
		if err := mergeReports(ctx, &m, s.In, arg); err != nil {
			return err
		}
	}
	state := m.State(now, x.Version)
	point := state.NewPoint()
	history = append(history, point)
	slices.SortStableFunc(history, func(a, b fleet.Point) int { return a.Time.Compare(b.Time) })
	if err := printFleet(s, f, writer, state, history); err != nil {
		return session.Failed(err)
	}
	if x.History != "" {
		if err := fleet.AppendHistory(x.History, point); err != nil {
			return session.Failed(fmt.Errorf("--history: %w", err))
		}
	}
	if x.Check && state.IsLeft() {
		return session.Left(nil)
	}
	return nil
}

// printFleet writes the state to standard output.
func printFleet(s session.Streams, f *session.Flags, writer report.FleetWriter, state *fleet.State, history []fleet.Point) error {
	out := bufio.NewWriter(s.Out)
	o := report.FleetOptions{Options: report.Options{Color: session.UseColor(f.Color, s.Out), Width: session.Columns(s.Out), Quiet: f.Quiet, Verbose: f.Verbose}, History: history}
	err := writer.Write(out, state, o)
	if err == nil {
		err = out.Flush()
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

// parseStateTime returns the time of the state.
func parseStateTime(text string) (time.Time, error) {
	if text == "" {
		return time.Now(), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--time %q: expected a date, such as 2026-01-31, or RFC 3339", text)
}

// readFleetHistory reads the file of --history. All errors are usage errors.
func readFleetHistory(name string) ([]fleet.Point, error) {
	if name == "" {
		return nil, nil
	}
	src, err := repofile.ReadOutput(name, "", fleet.MaxHistory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("--history: %w", err)
	}
	points, err := fleet.ReadHistory(bytes.NewReader(src))
	if err != nil {
		return nil, fmt.Errorf("--history: %s: %w", name, err)
	}
	return points, nil
}

// expectRepositories reads the file of --expect.
func expectRepositories(m *fleet.Merger, name string) error {
	if name == "" {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("--expect: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		repository, ok := repositoryName(text)
		if !ok {
			return fmt.Errorf("--expect: %s:%d: %q: expected the URL of a repository, HOST/OWNER/NAME or OWNER/NAME", name, n, text)
		}
		m.Expect(repository)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("--expect: %s: %w", name, err)
	}
	return nil
}

// urlUser matches the user and the password of a URL, which no report has.
var urlUser = regexp.MustCompile(`//[^/@]*@`)

// repositoryName returns the name that reports have for a repository, from a URL that git
// accepts or from the name itself.
func repositoryName(text string) (name string, ok bool) {
	if strings.Contains(text, "://") || strings.Contains(text, "@") {
		text = pullrequest.RepositoryName(text)
	}
	return text, strings.Contains(text, "/") && !strings.ContainsAny(text, " \t")
}

// mergeReports reads the reports of one argument: a file, a folder, or standard input.
func mergeReports(ctx context.Context, m *fleet.Merger, in io.Reader, arg string) error {
	if arg == "-" {
		m.Read(in, "standard input")
		return nil
	}
	if info, err := os.Stat(arg); err != nil || !info.IsDir() {
		mergeFile(m, arg)
		return nil
	}
	found := false
	err := filepath.WalkDir(arg, func(path string, e fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			found = true
			m.Fail(filepath.ToSlash(path), repofile.WithoutPath(err))
			if e != nil && e.IsDir() {
				return fs.SkipDir
			}
		case e.IsDir() || filepath.Ext(path) != ".json":
		case !e.Type().IsRegular():
			found = true
			m.Fail(filepath.ToSlash(path), errors.New("not a regular file"))
		default:
			found = true
			mergeFile(m, path)
		}
		return nil
	})
	if err != nil {
		return session.InterruptedError(ctx, err)
	}
	if !found {
		return fmt.Errorf("%s: the folder has no file *.json", arg)
	}
	return nil
}

// mergeFile reads the reports of a file.
func mergeFile(m *fleet.Merger, path string) {
	name := filepath.ToSlash(path)
	f, err := os.Open(path)
	if err != nil {
		m.Fail(name, repofile.WithoutPath(err))
		return
	}
	defer f.Close()
	m.Read(bufio.NewReaderSize(f, 64<<10), name)
}

// ReportFailureFlags are the flags of `regmigrate report failure`.
type ReportFailureFlags struct {
	Repository string
	ExitCode   int
	Version    string // of the program
}

// ReportFailure runs the command report failure.
func ReportFailure(s session.Streams, x *ReportFailureFlags) error {
	if session.IsTerminalInput(s.In) {
		return errors.New("report failure: standard input is a terminal: expected what the run printed\n  for example: " + s.ProgramName() + " report failure --repository NAME < run.log > report.json")
	}
	repository, ok := repositoryName(x.Repository)
	if !ok { // a name of one word, or a folder: a failure without a report would be silent
		repository = urlUser.ReplaceAllString(x.Repository, "//")
	}
	run, err := fleet.NewFailedRun(repository, x.ExitCode, s.In, x.Version)
	if err == nil {
		err = run.Write(s.Out)
	}
	if err != nil {
		return session.Failed(err)
	}
	return nil
}
