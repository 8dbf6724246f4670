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

// Streams are what the program reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer

	// PipeTimeout is how long In, if it is a pipe, may take until its first
	// byte or its end.
	PipeTimeout time.Duration

	Plugin bool // the program was started by kubectl
}

// SystemStreams are those of the process. Under the name kubectl-regmigrate
// the program is a plugin of kubectl.
// Source: https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/
func SystemStreams() Streams {
	base := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	return Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, PipeTimeout: time.Second, Plugin: base == "kubectl-regmigrate"}
}

// ProgramName is what the user types to start the program.
func (s Streams) ProgramName() string {
	if s.Plugin {
		return "kubectl regmigrate"
	}
	return "regmigrate"
}

// ProgramPath is what the user types to start the program again, which was started
// as arg0: its name, or the relative path by which it was called, as ./bin/regmigrate,
// where the shell finds none of that name.
func (s Streams) ProgramPath(arg0 string) string {
	if s.Plugin || filepath.IsAbs(arg0) || filepath.Base(arg0) == arg0 {
		return s.ProgramName()
	}
	if _, err := exec.LookPath(s.ProgramName()); err == nil {
		return s.ProgramName()
	}
	return arg0
}

// maxColumns is how wide a summary gets on a terminal that is wider: sentences
// of more columns are hard to read.
const maxColumns = 120

// UseColor decides whether what goes to w has colour.
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

// Columns is how many columns w has, 0 when it is no terminal.
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

func IsTerminalInput(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
