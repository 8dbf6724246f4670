package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// RunProgram runs a program of the user, and returns its output. The program gets the
// command, the folder and the environment of cmd, and no input. A JobError says that it
// failed, needed more than l.Timeout, or wrote more than l.MaxOutput. Before it returns,
// RunProgram ends the program and the processes that it started, except for those that left
// its process group. On Windows it ends the program alone.
func RunProgram(ctx context.Context, cmd *exec.Cmd, l Limits) ([]byte, error) {
	limit, stop := context.WithTimeout(ctx, l.Timeout)
	defer stop()
	out := &boundedOutput{limit: l.MaxOutput, full: make(chan struct{})}
	stderr := &head{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, out, stderr
	cmd.WaitDelay = time.Second // a process that left the group may keep the output open
	setProcessGroup(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %q: %w", cmd.Path, err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var err error
	select {
	case err = <-done:
		kill(cmd) // what it started in the background
	case <-out.full:
		kill(cmd)
		<-done
		return nil, &JobError{Text: TooMuchOutput(l), Fatal: true}
	case <-limit.Done():
		kill(cmd)
		<-done
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &JobError{Text: timeoutText(l.Timeout), Fatal: true, Backstop: true}
	}
	switch exit := (*exec.ExitError)(nil); {
	case out.isFull:
		return nil, &JobError{Text: TooMuchOutput(l), Fatal: true}
	case errors.As(err, &exit) && exit.ExitCode() < 0: // a signal, such as that of a system without memory
		return nil, &JobError{Text: fmt.Sprintf("the program ended: %s", exit), Ended: true, Backstop: true}
	case err != nil:
		return nil, &JobError{Text: programError(stderr.String(), err)}
	}
	return out.buf.Bytes(), nil
}

// programError returns the text of an error that a program wrote, in one line.
func programError(stderr string, err error) string {
	if i := strings.LastIndex(stderr, "Error: "); i >= 0 {
		stderr = stderr[i+len("Error: "):]
	}
	if text := strings.Join(strings.Fields(stderr), " "); text != "" {
		return text
	}
	return err.Error()
}

// A boundedOutput keeps what a program writes, up to a limit in bytes.
type boundedOutput struct {
	buf    bytes.Buffer // not embedded: io.Copy would call its ReadFrom
	limit  int64
	isFull bool
	full   chan struct{} // closed when the limit is exceeded
}

func (b *boundedOutput) Write(p []byte) (int, error) {
	if b.isFull {
		return 0, io.ErrShortWrite
	}
	if int64(b.buf.Len()+len(p)) > b.limit {
		b.isFull = true
		close(b.full)
		return 0, io.ErrShortWrite
	}
	return b.buf.Write(p)
}
