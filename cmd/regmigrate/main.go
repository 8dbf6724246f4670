// Command regmigrate moves container image references from one registry to
// another, in every file of a repository, without changing anything else.
//
// This package is the command line only: flags, streams, colour and exit
// codes. What is done is in the packages under pkg: package rewrite plans and
// writes, package report shows.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/render/kustomize"
	"github.com/regmigrate/regmigrate/pkg/report"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == render.ChildCommand {
		os.Exit(render.Child(os.Stdin, os.Stdout, handlers()))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := Main(ctx, os.Args[1:], systemStreams())
	stop()
	os.Exit(code)
}

// handlers are the jobs that the program does as a child process.
func handlers() render.Handlers {
	return render.Handlers{
		helm.RenderJob:           helm.HandleRender,
		helm.TraceJob:            helm.HandleTrace,
		helm.TemplateJob:         helm.HandleTemplate,
		kustomize.BuildJob:       kustomize.HandleBuild(),
		kustomize.MergeValuesJob: kustomize.HandleMergeValues,
	}
}

// Exit codes: the highest of 2, 3, 1, 0 that applies.
const (
	exitDone   = 0 // done, or nothing to do
	exitLeft   = 1 // --check: something is left to rewrite
	exitUsage  = 2 // wrong usage or configuration; nothing was done
	exitFailed = 3 // a file could not be read, bounded, verified or written; the others were done
)

// streams are what the program reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer

	plugin bool // the program was started by kubectl
}

// systemStreams are those of the process. Under the name kubectl-regmigrate
// the program is a plugin of kubectl.
// Source: https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/
func systemStreams() streams {
	base := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	return streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, plugin: base == "kubectl-regmigrate"}
}

// name is what the user types to start the program.
func (s streams) name() string {
	if s.plugin {
		return "kubectl regmigrate"
	}
	return "regmigrate"
}

// typed is what the user types to start the program again, which was started
// as arg0: its name, or the relative path by which it was called, as ./bin/regmigrate,
// where the shell finds none of that name.
func (s streams) typed(arg0 string) string {
	if s.plugin || filepath.IsAbs(arg0) || filepath.Base(arg0) == arg0 {
		return s.name()
	}
	if _, err := exec.LookPath(s.name()); err == nil {
		return s.name()
	}
	return arg0
}

// An exit ends the program with a code. Its message, when it has one, is
// printed first.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// Main runs the program with the arguments args, without its name, and
// returns its exit code. An error of the command line that has no code of its
// own is one of usage: nothing was done.
func Main(ctx context.Context, args []string, s streams) int {
	cmd := newRootCommand(s, args)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	code := exitUsage
	if e := (*exit)(nil); errors.As(err, &e) {
		code, err = e.code, e.err
	}
	if err != nil {
		fmt.Fprintf(s.err, "error: %s\n", report.EscapeText(err.Error()))
	}
	return code
}
