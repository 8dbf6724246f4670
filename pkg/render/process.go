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

// A child is a running process.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.Reader
	stderr *head
	dead   chan struct{} // closed when the process is gone

	sent map[string]bool // the sums of files that it was sent
}

// start starts the program self as a child in folder.
func start(self []string, folder string, l Limits) (*child, error) {
	if len(self) == 0 {
		return nil, errors.New("starting a child to render in: Runner.Self is empty")
	}
	cmd := exec.Command(self[0], self[1:]...)
	cmd.Dir = folder
	cmd.Env = environment(l)
	c := &child{cmd: cmd, stderr: &head{}, dead: make(chan struct{}), sent: map[string]bool{}}
	cmd.Stderr = c.stderr
	alone(cmd)
	var err error
	if c.in, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting a child to render in: %w", err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting a child to render in: %w", err)
	}
	cmd.Stdout, c.out = in, out
	if err := cmd.Start(); err != nil {
		_ = in.Close()
		_ = out.Close()
		return nil, fmt.Errorf("starting a child to render in: %w", err)
	}
	_ = in.Close()
	go func() {
		_ = cmd.Wait() // the state is read from cmd.ProcessState
		close(c.dead)
	}()
	return c, nil
}

// environment is empty but for what Go's runtime is to know, and what no
// program on Windows starts without.
func environment(l Limits) []string {
	env := []string{"PATH=", fmt.Sprintf("GOMEMLIMIT=%d", l.Memory*3/4), "GOMAXPROCS=2", "GOGC=800", "GOTRACEBACK=none"}
	if runtime.GOOS == "windows" {
		env = append(env, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"))
	}
	return env
}

// run sends j and waits for the answer; last says that c exits after it. After
// an error c is dead.
func (c *child) run(ctx context.Context, j *Job, l Limits) (a answer, err error) {
	if j.Prepare != nil {
		if err := j.Prepare(c.sent); err != nil {
			c.end() // its files are unknown now
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
		return answer{}, c.why(l)
	case <-timeout.C:
		c.end()
		<-done
		return answer{}, &JobError{Text: tooLong(l.Timeout), Fatal: true, TimedOut: true}
	case <-ctx.Done():
		c.end()
		<-done
		return answer{}, ctx.Err()
	}
}

// end kills c and waits until it is gone. One that wants to end by itself has
// closed its output before.
func (c *child) end() {
	_ = c.in.Close()
	select {
	case <-c.dead: // its number may be another's by now
	default:
		kill(c.cmd)
		<-c.dead
	}
	if f, ok := c.out.(io.Closer); ok {
		_ = f.Close()
	}
}

// why says how c ended; c is dead.
func (c *child) why(l Limits) error {
	stderr := c.stderr.String()
	code := c.cmd.ProcessState.ExitCode()
	switch {
	case code == exitRecursion, strings.Contains(stderr, "stack overflow"):
		return &JobError{Text: EndlessRecursion, Fatal: true}
	case code == exitMemory, outOfMemoryRE.MatchString(stderr):
		return &JobError{Text: "rendering needed more than " + FormatBytes(l.Memory) + " of memory", Fatal: true}
	case code == exitTimeout:
		return &JobError{Text: tooLong(l.Timeout), Fatal: true, TimedOut: true}
	}
	text := fmt.Sprintf("the child process ended: %s", c.cmd.ProcessState)
	if line, _, _ := strings.Cut(strings.TrimSpace(stderr), "\n"); line != "" {
		text += ": " + line
	}
	return &JobError{Text: text, Ended: true}
}

// outOfMemoryRE finds what Go's runtime, cgo and the race detector say when the
// system refuses memory.
var outOfMemoryRE = regexp.MustCompile(`out of memory|cannot allocate memory|pthread_create failed|ThreadSanitizer`)

// TooMuchOutput is the error text of a job that prints more than its limit.
func TooMuchOutput(l Limits) string { return "it printed more than " + FormatBytes(l.MaxOutput) }

// FormatBytes formats a number of bytes in the largest unit that fits, rounded down.
func FormatBytes(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// A head keeps the first bytes written to it: a runtime that dies prints the
// reason first and then at length.
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

// tooLong is what to say of a rendering that did not end in time.
func tooLong(d time.Duration) string {
	return fmt.Sprintf("rendering did not end within %s; --render-timeout gives it more time", d)
}
