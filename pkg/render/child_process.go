package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"
)

// A child is a running child process.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.Reader
	stderr *head
	ended  chan struct{} // closed when the process has ended

	sent map[string]bool // see Job.Prepare
}

// start starts the command self as a child process with the working directory
// folder.
func start(self []string, folder string, l Limits) (*child, error) {
	if len(self) == 0 {
		return nil, errors.New("starting a child process: Runner.Self is empty")
	}
	cmd := exec.Command(self[0], self[1:]...)
	cmd.Dir = folder
	cmd.Env = environment(l)
	c := &child{cmd: cmd, stderr: &head{}, ended: make(chan struct{}), sent: map[string]bool{}}
	cmd.Stderr = c.stderr
	setProcessGroup(cmd)
	var err error
	if c.in, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting a child process: %w", err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting a child process: %w", err)
	}
	cmd.Stdout, c.out = in, out
	if err := cmd.Start(); err != nil {
		_ = in.Close()
		_ = out.Close()
		return nil, fmt.Errorf("starting a child process: %w", err)
	}
	_ = in.Close()
	go func() {
		_ = cmd.Wait() // failure reads cmd.ProcessState
		close(c.ended)
	}()
	return c, nil
}

// environment returns the environment of a child process: settings of Go's
// runtime, and on Windows the variable that every program needs to start.
func environment(l Limits) []string {
	env := []string{"PATH=", fmt.Sprintf("GOMEMLIMIT=%d", l.Memory*3/4), "GOMAXPROCS=2", "GOGC=800", "GOTRACEBACK=none"}
	if runtime.GOOS == "windows" {
		env = append(env, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"))
	}
	return env
}

// run sends j and waits for the answer. After an error the process has ended.
func (c *child) run(ctx context.Context, j *Job, l Limits) (a answer, err error) {
	if j.Prepare != nil {
		if err := j.Prepare(c.sent); err != nil {
			c.end() // sent may name files that the process did not get
			return a, &JobError{Text: err.Error()}
		}
	}
	done := make(chan error, 1)
	go func() {
		if err := writeFrame(c.in, request{j.Kind, l}, j.Request); err != nil {
			done <- err
			return
		}
		// The response holds the text and its objects: about twice the text.
		body, err := readFrame(c.out, 4*l.MaxOutput, &a)
		if err == nil && a.Err == "" && j.Response != nil {
			err = body.Decode(j.Response)
		}
		done <- err
	}()
	timeout := time.NewTimer(l.Timeout)
	defer timeout.Stop()
	select {
	case err := <-done:
		if err == nil {
			return a, nil
		}
		c.end()
		if errors.Is(err, errFrameTooLong) {
			return answer{}, &JobError{Text: TooMuchOutput(l), Fatal: true}
		}
		return answer{}, c.failure(l)
	case <-timeout.C:
		c.end()
		<-done
		return answer{}, &JobError{Text: timeoutText(l.Timeout), Fatal: true, Backstop: true}
	case <-ctx.Done():
		c.end()
		<-done
		return answer{}, ctx.Err()
	}
}

// end kills c and waits until it has ended.
func (c *child) end() {
	_ = c.in.Close()
	select {
	case <-c.ended: // another process may have its process ID by now
	default:
		kill(c.cmd)
		<-c.ended
	}
	if f, ok := c.out.(io.Closer); ok {
		_ = f.Close()
	}
}

// failure returns why c ended, after it has ended.
func (c *child) failure(l Limits) error {
	stderr := c.stderr.String()
	code := c.cmd.ProcessState.ExitCode()
	switch {
	case code == exitRecursion, strings.Contains(stderr, "stack overflow"):
		return &JobError{Text: EndlessRecursion, Fatal: true, Backstop: true}
	case code == exitMemory, outOfMemoryRE.MatchString(stderr):
		return &JobError{Text: "rendering needed more than " + FormatBytes(l.Memory) + " of memory", Fatal: true, Backstop: true}
	case code == exitCPU:
		return &JobError{Text: fmt.Sprintf("rendering needed more than %s of CPU time", l.CPU), Fatal: true, Backstop: true}
	case code == exitTimeout:
		return &JobError{Text: timeoutText(l.Timeout), Fatal: true, Backstop: true}
	}
	text := fmt.Sprintf("the child process ended: %s", c.cmd.ProcessState)
	if line, _, _ := strings.Cut(strings.TrimSpace(stderr), "\n"); line != "" {
		text += ": " + line
	}
	return &JobError{Text: text, Ended: true, Backstop: true}
}

// outOfMemoryRE matches the messages of Go's runtime, cgo and the race detector
// when the system refuses memory. The garbage collector does not check all results of
// the system, and then writes to the address 0 on a stack of the runtime. Source:
// newSpanSPMC in runtime/mgcmark_greenteagc.go of Go 1.26. A nil pointer in other code
// is a panic, whose message begins differently.
var outOfMemoryRE = regexp.MustCompile(`out of memory|cannot allocate memory|pthread_create failed|ThreadSanitizer|^SIGSEGV: segmentation violation\s+PC=\S+ m=\S+ sigcode=\S+ addr=0x0\b`)

// TooMuchOutput returns the error text of a job that exceeds the limit of output.
func TooMuchOutput(l Limits) string { return "the output is larger than " + FormatBytes(l.MaxOutput) }

// FormatBytes formats a number of bytes in MiB, KiB or bytes, rounded down.
func FormatBytes(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// A head keeps the first 8 KiB written to it. When Go's runtime ends a process, it
// prints the reason first, and then long stack traces.
type head struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	const most = 8 << 10
	h.b.Write(p[:min(len(p), most-min(most, h.b.Len()))])
	return len(p), nil
}

func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

// timeoutText returns the error text of a job that exceeds the limit of time.
func timeoutText(d time.Duration) string {
	return fmt.Sprintf("rendering did not end within %s; --render-timeout sets the limit", d)
}
