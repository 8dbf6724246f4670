package session

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"
)

// Streams are the standard streams of the program.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer

	Plugin bool // kubectl started the program

	// SetGracePeriod sets the time that the command has to end after a signal. It may be
	// nil: then no signal ends the process.
	SetGracePeriod func(time.Duration)
}

// SystemStreams returns the streams of the process. Under the name
// kubectl-regmigrate, the program is a plugin of kubectl.
// Source: https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/
func SystemStreams() Streams {
	base := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	return Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Plugin: base == "kubectl-regmigrate"}
}

// ProgramName returns the command that starts the program.
func (s Streams) ProgramName() string {
	if s.Plugin {
		return "kubectl regmigrate"
	}
	return "regmigrate"
}

// ProgramPath returns the command that starts the program again, if arg0 started
// it: the name of the program, or arg0 if that is a relative path and the shell
// does not find the name.
func (s Streams) ProgramPath(arg0 string) string {
	if s.Plugin || filepath.IsAbs(arg0) || filepath.Base(arg0) == arg0 {
		return s.ProgramName()
	}
	if _, err := exec.LookPath(s.ProgramName()); err == nil {
		return s.ProgramName()
	}
	return arg0
}

// maxColumns is the maximum width of a summary: longer lines are hard to read.
const maxColumns = 120

// UseColor reports whether output to w has colours; when is the value of --color.
func UseColor(when string, w io.Writer) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Columns returns the number of columns of w, 0 if w is not a terminal.
func Columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	n, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return n
}

// IsTerminalInput reports whether r is a terminal.
func IsTerminalInput(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
