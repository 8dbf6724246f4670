// Package dockerfile compares Dockerfiles before and after a change.
//
// It reads them as BuildKit does, with the parser of BuildKit, and compares them
// instruction by instruction: the text of each instruction, and the images of FROM and
// --from with the values of arguments. It builds nothing. BuildKit's conversion to LLB
// would compare the same, and would link the clients of gRPC and containerd.
package dockerfile

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"slices"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// Options are the settings of Verify.
type Options struct {
	Rewrite render.RewriteFunc // required

	// Files are the paths of the Dockerfiles to verify.
	Files []string

	// Changed skips files that do not change.
	Changed bool

	// AssumeImages accepts changes of short names in text that is only likely an image.
	AssumeImages bool

	// Progress is called after each file, one call at a time; nil means no calls.
	Progress func(done, total int, v *render.Verdict)
}

// maxSize is the largest size of a Dockerfile that is compared, in bytes.
const maxSize = 1 << 20

// Verify compares each Dockerfile in o.Files of the trees before and after. It returns one
// verdict for each file.
//
// A Dockerfile may differ only in references, each changed exactly as o.Rewrite says, and
// only where an instruction can hold one. A file that BuildKit would not build without
// build arguments is Unproven; one that it would build before the change only is Failed.
//
// Verify returns a [render.Incomplete] together with the known verdicts when it is
// interrupted.
func Verify(ctx context.Context, r *render.Runner, before, after fs.FS, o Options) ([]render.Verdict, error) {
	var names []string
	for _, name := range o.Files {
		b, err1 := read(before, name)
		a, err2 := read(after, name)
		if !o.Changed || err1 != nil || err2 != nil || !bytes.Equal(b, a) {
			names = append(names, name)
		}
	}
	return r.VerifyAll(ctx, names, o.Progress, func(name string) (render.Verdict, error) {
		if err := ctx.Err(); err != nil {
			return render.Verdict{}, err
		}
		v := render.Verdict{Dir: name, Kind: render.Dockerfile, ValuesFiles: 1}
		b, err := read(before, name)
		if err != nil {
			v.State, v.Reason, v.ValuesFiles = render.Unproven, "reading the file: "+repofile.WithoutPath(err).Error(), 0
			return v, nil
		}
		a, err := read(after, name)
		if err != nil {
			v.Reason = "reading the file after the change: " + repofile.WithoutPath(err).Error()
			return v, nil
		}
		v.Unchanged = bytes.Equal(b, a)
		c := comparer{rewrite: o.Rewrite, assumeImages: o.AssumeImages, verdict: v}
		return c.compareFiles(b, a), nil
	})
}

// read reads a regular file.
func read(tree fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(tree, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "open", Path: name, Err: repofile.ErrIrregular}
	case info.Size() > maxSize:
		return nil, &repofile.TooLargeError{Limit: maxSize}
	}
	return fs.ReadFile(tree, name)
}

// A comparer compares one Dockerfile.
type comparer struct {
	rewrite      render.RewriteFunc
	assumeImages bool
	verdict      render.Verdict
	differences  int
	shortArgs    []string // arguments whose value changed, a name without a domain
}

// compareFiles compares the file before and after the change. A panic of the parser is
// an error of this file alone.
func (c *comparer) compareFiles(before, after []byte) (out render.Verdict) {
	defer func() {
		if p := recover(); p != nil {
			out = c.verdict
			out.State, out.Reason = render.Unproven, fmt.Sprintf("the parser failed: %v", p)
		}
	}()
	v := &c.verdict
	b, err := parse(before)
	if err != nil {
		v.State, v.Reason, v.ValuesFiles = render.Unproven, err.Error(), 0
		return *v
	}
	a, err := parse(after)
	if err != nil {
		v.State, v.Reason = render.Failed, "after the change: "+err.Error()
		return *v
	}
	v.Objects = len(b.stages)
	c.directives(b, a)
	c.instructions(b.nodes, a.nodes)
	unproven := ""
	if c.differences == 0 {
		unproven = c.sources(b, a)
	}
	switch {
	case c.differences > 0:
		v.State, v.Reason = render.Failed, v.Diffs[0].String()
		if c.differences > 1 {
			v.Reason += fmt.Sprintf(" (and %s)", render.Count(c.differences-1, "more difference"))
		}
	case unproven != "":
		v.State, v.Reason = render.Unproven, unproven
	default:
		v.State = render.Proven
	}
	slices.SortFunc(v.Leftovers, render.Leftover.Compare)
	v.Leftovers = slices.Compact(v.Leftovers)
	return *v
}

// differs adds a difference in the instruction of the given line, 1-based.
func (c *comparer) differs(line int, instruction, why string) {
	c.differences++
	c.verdict.AddDiff(render.Diff{Template: fmt.Sprintf("line %d", line), Object: instruction, Why: why})
}
