// Package dockerfile compares Dockerfiles before and after a change.
//
// It reads them as BuildKit does, with the parser of BuildKit, and compares them
// instruction by instruction. All texts must be equal but for references in the places
// that can hold one: the image of FROM, --from, the directive syntax, the default of an ARG
// that a FROM uses, and references with a registry in commands and values. A reference must
// change exactly as the rules require. It builds nothing.
// BuildKit's conversion to LLB would compare the same, and would link the clients of gRPC
// and containerd.
package dockerfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// Options are the settings of Verify.
type Options struct {
	Rewrite render.RewriteFunc // required

	// Plan returns the file called name with the edits that regmigrate itself would make.
	// It shows which words of commands are images. Nil: none is.
	Plan func(ctx context.Context, name string, src []byte) ([]byte, error)

	// Files are the paths of the Dockerfiles to verify.
	Files []string

	// Changed skips files that do not change.
	Changed bool

	// Progress is called after each file, one call at a time; nil means no calls.
	Progress func(done, total int, v *render.Verdict)
}

// maxSize is the largest size of a Dockerfile that is compared, in bytes.
const maxSize = 1 << 20

// Verify compares each Dockerfile in o.Files of the trees before and after. It returns one
// verdict for each file.
//
// A Dockerfile may differ only in references, each changed exactly as o.Rewrite requires. A file is
// Unproven if it does not parse, if an image needs a build argument without a default, or
// if a word changed as the rules require and may be no image. A file that the change deletes,
// or that becomes a symbolic link or a folder, is Failed; one that it creates is Unproven, and so
// is a changed symbolic link. There is no verdict on a link that does not change.
//
// Verify returns a [render.Incomplete] together with the known verdicts when it is
// interrupted.
func Verify(ctx context.Context, r *render.Runner, before, after fs.FS, o Options) ([]render.Verdict, error) {
	var names []string
	for _, name := range o.Files {
		b, err1 := render.ReadFile(before, name, maxSize)
		a, err2 := render.ReadFile(after, name, maxSize)
		linkB, isLinkB := render.IsLink(before, name)
		linkA, isLinkA := render.IsLink(after, name)
		if isLinkB && isLinkA && linkB == linkA && bytes.Equal(b, a) && (err1 == nil) == (err2 == nil) {
			continue // the file that it leads to is compared if it is a Dockerfile
		}
		if !o.Changed || err1 != nil || err2 != nil || !bytes.Equal(b, a) {
			names = append(names, name)
		}
	}
	return r.VerifyAll(ctx, names, o.Progress, func(name string) (render.Verdict, error) {
		if err := ctx.Err(); err != nil {
			return render.Verdict{}, err
		}
		return verifyFile(ctx, before, after, name, &o)
	})
}

// verifyFile compares one file. The error is that of ctx.
func verifyFile(ctx context.Context, before, after fs.FS, name string, o *Options) (render.Verdict, error) {
	v := render.Verdict{Dir: name, Kind: render.Dockerfile}
	b, errB := render.ReadFile(before, name, maxSize)
	a, errA := render.ReadFile(after, name, maxSize)
	isNew, isGone := repofile.IsAbsent(errB), repofile.IsAbsent(errA)
	_, isLink := render.IsLink(before, name)
	switch {
	case isNew && isGone:
		v.State, v.Reason = render.Unproven, "the file is in neither tree"
		return v, nil
	case isNew:
		v.State, v.Reason = render.Unproven, "the file is new, so that nothing can be compared: read it"
		return v, nil
	case isGone:
		v.Reason = "the file is gone after the change: restore it, or delete it in another commit"
		return v, nil
	case render.TypeChange(before, after, name) != "":
		v.Reason = render.TypeChange(before, after, name) + ": restore it"
		return v, nil
	case isLink:
		v.State, v.Reason = render.Unproven, "the file is a symbolic link, and the link or the file that it leads to changed: read it"
		return v, nil
	case errB != nil:
		v.State, v.Reason = render.Unproven, "reading the file: "+repofile.WithoutPath(errB).Error()
		return v, nil
	case errors.As(errA, new(*repofile.TooLargeError)): // references can get longer
		v.State, v.Reason = render.Unproven, "reading the file after the change: "+repofile.WithoutPath(errA).Error()
		return v, nil
	case errA != nil:
		v.Reason = "reading the file after the change: " + repofile.WithoutPath(errA).Error()
		return v, nil
	}
	v.ValuesFiles, v.Unchanged = 1, bytes.Equal(b, a)
	c := comparer{ctx: ctx, rewrite: o.Rewrite, verdict: v, changedVariables: map[string]int{}, budget: maxExpanded}
	var planned []byte
	if _, err := parse(b); err == nil && o.Plan != nil && !v.Unchanged {
		if planned, err = o.Plan(ctx, name, b); err != nil {
			if ctx.Err() != nil {
				return render.Verdict{}, ctx.Err()
			}
			planned = nil // no word of a command counts as an image
		}
	}
	out := c.compareFiles(b, a, planned)
	return out, ctx.Err()
}

// A comparer compares one Dockerfile.
type comparer struct {
	ctx           context.Context
	rewrite       render.RewriteFunc
	before, after *file
	verdict       render.Verdict
	differences   int
	doubts        []render.Diff
	budget        int // see evaluator

	globalArgs       []changedArg
	plannedWords     []plannedWord
	changedVariables map[string]int // the lines of the ENV and ARG of stages whose value changed

	// The instruction that is compared.
	line     int  // 1-based
	isGlobal bool // it is before the first FROM
	onBuild  bool // it is the instruction after ONBUILD
	key      string
}

// compareFiles compares the file before and after the change. planned is the file as
// regmigrate itself would write it, or nil. A panic of the parser is an error of this file
// alone.
func (c *comparer) compareFiles(before, after, planned []byte) (out render.Verdict) {
	defer func() {
		if p := recover(); p != nil {
			out = c.verdict
			out.State, out.Reason = render.Unproven, fmt.Sprintf("the parser failed: %v", p)
		}
	}()
	v := &c.verdict
	var err error
	if c.before, err = parse(before); err != nil {
		v.State, v.Reason, v.ValuesFiles = render.Unproven, err.Error(), 0
		return *v
	}
	if c.after, err = parse(after); err != nil {
		v.State, v.Reason = render.Failed, "after the change: "+err.Error()
		return *v
	}
	p := &file{}
	if planned != nil {
		if f, err := parse(planned); err == nil {
			p = f
		}
	}
	v.Objects = len(c.before.stages)
	c.directives(c.before, c.after)
	if !v.Unchanged && !isKnownFrontend(c.before.syntax, c.rewrite) {
		c.doubt(1, "# syntax", "it is not known how this frontend reads the file")
	}
	c.instructions(c.before.nodes, c.after.nodes, p.nodes)
	if c.differences == 0 {
		c.stages()
		c.checkVariables()
	}
	c.decide()
	return *v
}

// decide sets the state of the verdict.
func (c *comparer) decide() {
	v := &c.verdict
	switch {
	case c.differences > 0:
		v.State, v.Reason = render.Failed, v.Diffs[0].String()
		if c.differences > 1 {
			v.Reason += fmt.Sprintf(" (and %s)", render.Count(c.differences-1, "more difference"))
		}
	case len(c.doubts) > 0:
		v.State, v.Reason = render.Unproven, c.doubts[0].String()
		if len(c.doubts) > 1 {
			v.Reason += fmt.Sprintf(" (and %d more)", len(c.doubts)-1)
		}
		for _, d := range c.doubts {
			v.AddDiff(d)
		}
	default:
		v.State = render.Proven
	}
	slices.SortFunc(v.Leftovers, render.Leftover.Compare)
	v.Leftovers = slices.Compact(v.Leftovers)
}

// differs adds a difference in the instruction of the given line, 1-based.
func (c *comparer) differs(line int, instruction, why string) {
	c.differences++
	c.verdict.AddDiff(c.diff(line, instruction, why))
}

// doubt adds why the file is not proven.
func (c *comparer) doubt(line int, instruction, why string) {
	c.doubts = append(c.doubts, c.diff(line, instruction, why))
}

func (c *comparer) diff(line int, instruction, why string) render.Diff {
	return render.Diff{Template: fmt.Sprintf("%s:%d", c.verdict.Dir, max(1, line)), Object: instruction, Why: why}
}

// VerifyText compares a Dockerfile that is a text in another file. texts are the text before
// and after the change, and as regmigrate itself would write it. name is for messages.
func VerifyText(ctx context.Context, rewrite render.RewriteFunc, name string, texts [3]string) render.Verdict {
	v := render.Verdict{Dir: name, Kind: render.Dockerfile, ValuesFiles: 1, Unchanged: texts[0] == texts[1]}
	c := comparer{ctx: ctx, rewrite: rewrite, verdict: v, changedVariables: map[string]int{}, budget: maxExpanded}
	return c.compareFiles([]byte(texts[0]), []byte(texts[1]), []byte(texts[2]))
}
