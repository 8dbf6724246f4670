package inventory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/internal/archive"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// binaryHead is the number of bytes at the start of a file in which git looks
// for a NUL byte to recognize a binary file.
// Source: buffer_is_binary in git's xdiff-interface.c.
const binaryHead = 8000

// bigFile is the size in bytes from which files and objects are parsed one at a
// time: the syntax tree needs many times the memory of its source.
const bigFile = 4 << 20

// AddFiles adds the references of the files that Options.Walk selects. It
// returns an error if a path does not exist or ctx is done; the inventory is
// then incomplete.
//
// A value is listed
//   - in an image field: a container of a workload, an image volume, FROM, a
//     service of Compose, a job of a CI pipeline;
//   - in a key whose name indicates an image, if the value or a sibling key has
//     a host, a tag, a digest or a pull policy, or if a rule names its namespace
//     on Docker Hub (image: nginx:1.27, repository with a sibling tag, newName of a
//     kustomization);
//   - anywhere, also within longer texts, if it spells out a host and a tag or
//     digest, or a host that serves images;
//   - if it names a chart or another artifact in a registry: after oci://, or in
//     a field of a tool for such references. A chart is listed with its registry
//     and its version, even if these are in other fields or objects.
//
// Not listed are registry hosts without a repository, pictures, policies, mirror tables, the status of Kubernetes objects, and the copy of
// the object that kubectl stores in an annotation. Comments, documentation,
// scripts and code are listed only if Options.Scopes selects them.
func (v *Inventory) AddFiles(ctx context.Context) error {
	bufs := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	var big sync.Mutex
	var compose composeFiles
	var generators generatorFiles
	visit := func(f walk.File) error {
		buf := bufs.Get().(*bytes.Buffer)
		defer bufs.Put(buf)
		src, skip, err := v.read(f, buf)
		if v.opts.FindRegistries {
			if archive.IsPacked(f.Path) {
				v.findInArchive(f)
			} else if skip == "" && err == nil {
				v.findRegistries(f.Path, src)
			}
		}
		if skip == "" && err == nil && src != nil {
			if len(src) >= bigFile {
				big.Lock()
				defer big.Unlock()
			}
			s := v.scan(f.Path, src, Use{Origin: InFile, Path: strings.Clone(f.Path), Line: 1})
			v.add(s.refs, s.unresolved)
			err = s.err
			compose.record(f, src)
			generators.record(f.Path, src)
		}
		v.recordFile(f, skip, err)
		return ctx.Err()
	}
	o := v.opts.Walk
	if v.opts.WithVendored {
		o.Vendored = visit
	}
	skipped, err := walk.Walk(ctx, o, visit)
	if err != nil {
		return err
	}
	v.addComposeFiles(&compose)
	if err := v.addGeneratorFiles(ctx, &generators); err != nil {
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

// recordFile counts the file f, or adds f to Skipped if skip is set.
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

// read reads the file f into buf. The result shares memory with buf.
func (v *Inventory) read(f walk.File, buf *bytes.Buffer) ([]byte, walk.Reason, error) {
	file, err := repofile.Open(f.Abs)
	switch {
	case errors.Is(err, repofile.ErrIrregular):
		return nil, walk.Irregular, nil
	case err != nil:
		return nil, walk.Unreadable, repofile.WithoutPath(err)
	}
	defer file.Close()
	if file.Size() > v.opts.MaxSize {
		return nil, walk.TooLarge, nil
	}
	buf.Reset()
	if _, err := buf.ReadFrom(io.LimitReader(file, v.opts.MaxSize)); err != nil {
		return nil, walk.Unreadable, repofile.WithoutPath(err)
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

// errSize is the error for an object of a stream that is larger than MaxSize.
func (v *Inventory) errSize() error {
	return fmt.Errorf("the object is larger than %d MiB and was not scanned", v.opts.MaxSize>>20)
}
