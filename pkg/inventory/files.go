package inventory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/walk"
)

// binaryHead is how much of a file git looks at for a NUL byte to tell that
// it is binary. Source: buffer_is_binary in git's xdiff-interface.c.
const binaryHead = 8000

// bigFile is the size in bytes from which on files are parsed one at a time:
// trees take many times its size.
const bigFile = 4 << 20

// AddFiles lists the references of the files that Options.Walk names. An error
// means that there is no list: a path that does not exist, or ctx is done.
//
// A value is listed where its field is certainly an image (a container of a
// workload, an image volume, FROM, a service of Compose, a job of a CI), where
// the name of its key says so and it has a host, a tag, a digest or one of
// these beside it (image: nginx:1.27, repository beside tag, a kustomization's
// newName), and anywhere, also within longer texts, when it spells out a host
// and a tag or digest, or a host that is known to serve images. A registry
// alone, a chart, pictures, policies, mirror tables, what Kubernetes reports
// under status, and the copy of an object that kubectl keeps in its
// annotations are not listed; comments, documentation, scripts and code only
// when their scope is asked for.
func (v *Inventory) AddFiles(ctx context.Context) error {
	bufs := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	var big sync.Mutex
	skipped, err := walk.Walk(ctx, v.opts.Walk, func(f walk.File) error {
		buf := bufs.Get().(*bytes.Buffer)
		defer bufs.Put(buf)
		src, skip, err := v.read(f, buf)
		if skip == "" && err == nil && src != nil {
			if len(src) >= bigFile {
				big.Lock()
				defer big.Unlock()
			}
			s := v.scan(f.Path, src, Use{Origin: InFile, Path: strings.Clone(f.Path), Line: 1})
			v.add(s.refs, s.unresolved)
			err = s.err
		}
		v.recordFile(f, skip, err)
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Skipped = append(v.Skipped, skipped...)
	slices.Sort(v.FamilyFiles)
	slices.SortFunc(v.Skipped, func(a, b walk.Skip) int { return strings.Compare(a.Path, b.Path) })
	slices.SortStableFunc(v.Failures, func(a, b Failure) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// recordFile records what became of the file f.
func (v *Inventory) recordFile(f walk.File, skip walk.Reason, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case skip != "":
		v.Skipped = append(v.Skipped, walk.Skip{Path: f.Path, Reason: skip, Err: err})
	default:
		v.ScannedFiles++
		if v.linkers.Wants(f.Path) {
			v.FamilyFiles = append(v.FamilyFiles, f.Path)
		}
		if err != nil {
			v.Failures = append(v.Failures, Failure{f.Path, err})
		}
	}
	if v.opts.Progress != nil {
		v.opts.Progress(v.ScannedFiles)
	}
}

// read reads the file f into buf. The bytes are buf's.
func (v *Inventory) read(f walk.File, buf *bytes.Buffer) ([]byte, walk.Reason, error) {
	file, err := os.Open(f.Abs)
	if err != nil {
		return nil, walk.Unreadable, withoutPath(err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, walk.Unreadable, withoutPath(err)
	case !info.Mode().IsRegular():
		return nil, walk.Irregular, nil
	case info.Size() > v.opts.MaxSize:
		return nil, walk.TooLarge, nil
	}
	buf.Reset()
	if _, err := buf.ReadFrom(io.LimitReader(file, v.opts.MaxSize)); err != nil {
		return nil, walk.Unreadable, withoutPath(err)
	}
	src := buf.Bytes()
	switch head := src[:min(len(src), binaryHead)]; {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, walk.UTF16, nil
	case bytes.IndexByte(head, 0) >= 0:
		return nil, walk.Binary, nil
	}
	return src, "", nil
}

// withoutPath returns what the system said without the path, which whoever
// reports it names once.
func withoutPath(err error) error {
	if p := (*os.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// errSize is the error of an object of a stream that is too large.
func (v *Inventory) errSize() error {
	return fmt.Errorf("an object of more than %d MiB, which is not read", v.opts.MaxSize>>20)
}
