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
func start(self []string, folder string, l limits) (*child, error) {
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
func environment(l limits) []string {
	env := []string{"PATH=", fmt.Sprintf("GOMEMLIMIT=%d", l.Memory*3/4), "GOMAXPROCS=2", "GOGC=800", "GOTRACEBACK=none"}
	if runtime.GOOS == "windows" {
		env = append(env, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"))
	}
	return env
}

// errGone says that the child ended before it answered.
var errGone = errors.New("the child process ended")

// ask sends j and waits for the answer. After an error c is dead.
func (c *child) ask(ctx context.Context, j *job) (*answer, error) {
	type got struct {
		a   answer
		err error
	}
	if j.Build != nil {
		if err := j.Build.fill(c.sent); err != nil {
			c.end() // what it has of the files is not known
			return nil, &chartError{text: err.Error()}
		}
	}
	ch := make(chan got, 1)
	go func() {
		var g got
		if g.err = writeFrame(c.in, j); g.err == nil {
			// What is rendered comes back with its objects: twice its size.
			g.err = readFrame(c.out, 4*j.Limits.MaxOutput, &g.a)
		}
		ch <- g
	}()
	late := time.NewTimer(j.Limits.Deadline)
	defer late.Stop()
	select {
	case g := <-ch:
		if g.err == nil {
			return &g.a, nil
		}
		c.end()
		if errors.Is(g.err, errTooLong) {
			return nil, &chartError{text: printedTooMuch(j.Limits.MaxOutput), fatal: true}
		}
		err := c.why(j.Limits)
		if ce := (*chartError)(nil); j.Build != nil && errors.As(err, &ce) {
			ce.text, _, _ = strings.Cut(ce.text, ", through tpl") // which has none
		}
		return nil, err
	case <-late.C:
		c.end()
		return nil, &chartError{text: tooLong(j.Limits.Deadline), fatal: true, late: true}
	case <-ctx.Done():
		c.end()
		return nil, ctx.Err()
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

// why says how c ended; it is dead.
func (c *child) why(l limits) error {
	said := c.stderr.String()
	code := c.cmd.ProcessState.ExitCode()
	switch {
	case code == exitRecursion, strings.Contains(said, "stack overflow"):
		return &chartError{text: "endless recursion, through tpl most likely", fatal: true}
	case code == exitMemory, outOfMemoryRE.MatchString(said):
		return &chartError{text: "rendering needed more than " + size(l.Memory) + " of memory", fatal: true}
	case code == exitDeadline:
		return &chartError{text: tooLong(l.Deadline), fatal: true, late: true}
	case said == "":
		return fmt.Errorf("%w: %s", errGone, c.cmd.ProcessState)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	return fmt.Errorf("%w: %s: %s", errGone, c.cmd.ProcessState, line)
}

// outOfMemoryRE finds what Go's runtime, cgo and the race detector say when the
// system refuses memory.
var outOfMemoryRE = regexp.MustCompile(`out of memory|cannot allocate memory|pthread_create failed|ThreadSanitizer`)

func printedTooMuch(limit int64) string { return "it printed more than " + size(limit) }

// size is a number of bytes in words.
func size(n int64) string {
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
