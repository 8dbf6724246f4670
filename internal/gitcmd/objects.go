package gitcmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// errMissing says that the repository does not have an object.
var errMissing = errors.New("missing object")

// maxBlob is the size in bytes of the largest object that is read.
const maxBlob = 64 << 20

// objects reads objects with one process of git. The zero value with ctx and dir
// starts it when it is needed.
type objects struct {
	ctx context.Context
	dir string

	mu  sync.Mutex
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// read returns the content of the blob with the name object. The error is errMissing
// if the repository does not have it.
func (o *objects) read(object string) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.start(); err != nil {
		return nil, err
	}
	src, err := o.ask(object)
	if err != nil && !errors.Is(err, errMissing) && !errors.Is(err, errTooLarge) {
		o.stop() // its output is not what was expected
	}
	return src, err
}

var errTooLarge = fmt.Errorf("the file is larger than %d MiB", maxBlob>>20)

func (o *objects) start() error {
	if o.cmd != nil {
		return nil
	}
	cmd := Command(o.ctx, o.dir, "cat-file", "--batch")
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting git: %w", err)
	}
	o.cmd, o.in, o.out = cmd, in, bufio.NewReader(out)
	return nil
}

// ask sends the name of an object and reads the answer: OBJECT TYPE SIZE, the
// content and a newline, or OBJECT missing.
func (o *objects) ask(object string) ([]byte, error) {
	if _, err := io.WriteString(o.in, object+"\n"); err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	line, err := o.out.ReadString('\n')
	if errors.Is(err, io.EOF) {
		o.stop()
		return nil, errMissing // git before 2.44 ends when it may not fetch the object
	}
	if err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	fields := strings.Fields(line)
	if len(fields) == 2 && fields[1] == "missing" {
		return nil, errMissing
	}
	if len(fields) != 3 {
		return nil, fmt.Errorf("git cat-file: unexpected answer %q", line)
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("git cat-file: unexpected answer %q", line)
	}
	if size > maxBlob {
		if _, err := io.CopyN(io.Discard, o.out, size+1); err != nil {
			return nil, fmt.Errorf("git cat-file: %w", err)
		}
		return nil, errTooLarge
	}
	src := make([]byte, size+1)
	if _, err := io.ReadFull(o.out, src); err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	return src[:size], nil
}

// close ends the process.
func (o *objects) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stop()
	return nil
}

func (o *objects) stop() {
	if o.cmd == nil {
		return
	}
	o.in.Close()
	_ = o.cmd.Process.Kill() // it may wait for us to read
	_ = o.cmd.Wait()
	o.cmd = nil
}
