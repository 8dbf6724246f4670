// Command regmigrate moves container image references from one registry to
// another, in every file of a repository, without changing anything else.
//
// This package holds the command line only: one file per subcommand, with its
// flags, its help text and a call of one function of package internal/app.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/report"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == render.ChildCommand {
		os.Exit(render.Child(os.Stdin, os.Stdout, prove.Handlers()))
	}
	tuneCollector()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var grace atomic.Int64
	grace.Store(int64(gracePeriod))
	go endAfterSignal(ctx, stop, &grace)
	streams := session.SystemStreams()
	streams.SetGracePeriod = func(d time.Duration) { grace.Store(int64(d)) }
	code := Main(ctx, os.Args[1:], streams)
	stop()
	os.Exit(code)
}

// gracePeriod is the time that a run has to end after a signal, unless the command sets
// another one.
const gracePeriod = 5 * time.Second

// endAfterSignal ends the process if it does not end by itself after a signal: it may
// wait for a pipe or for a network file system. A second signal ends it at once. Files
// stay complete, since they are replaced as a whole.
func endAfterSignal(ctx context.Context, restore func(), grace *atomic.Int64) {
	<-ctx.Done()
	restore()
	period := time.Duration(grace.Load())
	time.Sleep(period)
	fmt.Fprintf(os.Stderr, "error: interrupted; the command did not end within %v\n", period)
	os.Exit(session.ExitFailed)
}

// Main runs the program with the arguments args, without its name, and
// returns the exit code. An error that is not a session.Error is a usage error.
func Main(ctx context.Context, args []string, s session.Streams) int {
	return execute(ctx, newRootCommand(s, args), args, s)
}

func execute(ctx context.Context, cmd *cobra.Command, args []string, s session.Streams) int {
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return session.ExitDone
	}
	code := session.ExitUsage
	if e := (*session.Error)(nil); errors.As(err, &e) {
		code, err = e.Code, e.Err
	}
	if err != nil {
		fmt.Fprintf(s.Err, "error: %s\n", report.EscapeText(err.Error()))
	}
	return code
}
