// Package compose compares the Compose projects of a repository before and after a change.
//
// It compares the texts of all files of a project, as trees of YAML. Everything must be
// equal, except for references in fields that can hold one, each changed exactly as the
// rules require. So all values of variables, all profiles and all overrides give the same
// project but for the references. It does not load a project: nothing is expanded, fetched
// or opened outside of the repository.
package compose

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sync"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/render"
)

type planFunc = func(ctx context.Context, name string, src []byte) ([]byte, error)

// Options are the settings of Verify.
type Options struct {
	Rewrite render.RewriteFunc // required

	// Plan returns the file called name with the edits that regmigrate itself would make.
	// It shows which words of texts are images. Nil: none is.
	Plan planFunc

	// HasLonger reports whether a rule is for a prefix that begins with a text, such as
	// quay.io/acme/ before a variable. Nil: none is.
	HasLonger func(text string) bool

	// Files are the paths of the Compose files to verify.
	Files []string

	// Changed skips projects without a changed file.
	Changed bool

	// Progress is called after each project, one call at a time; nil means no calls.
	Progress func(done, total int, v *render.Verdict)
}

// Verify compares the project of each Compose file in o.Files of the trees before and
// after: the file, the Compose files and the environment files in its folder, and all files
// that these name. It returns one verdict for each.
//
// A project is Unproven if one of its files is not in the repository, is new, or cannot be
// read, if an environment file changed, or if a text changed as the rules require and may
// be no image. A file that is gone after the change is a failure.
//
// Verify returns a [render.Incomplete] together with the known verdicts when it is
// interrupted.
func Verify(ctx context.Context, r *render.Runner, before, after fs.FS, o Options) ([]render.Verdict, error) {
	x := verifier{before: before, after: after, options: &o, results: map[resultKey]*fileResult{}, named: map[string][]named{}, same: map[string]bool{}, siblings: map[string][]string{}}
	var names []string
	for _, name := range o.Files {
		if workflowRE.MatchString(path.Dir(name)) { // a workflow called compose.yaml
			continue
		}
		if o.Changed && !x.mayChange(ctx, name) {
			continue
		}
		names = append(names, name)
	}
	return r.VerifyAll(ctx, names, o.Progress, func(name string) (render.Verdict, error) {
		v := x.verify(ctx, name)
		return v, ctx.Err()
	})
}

// workflowRE matches the folders of workflows.
var workflowRE = regexp.MustCompile(`(?:^|/)\.(?:github|gitea|forgejo)/workflows$`)

// A verifier verifies projects.
type verifier struct {
	before, after fs.FS
	options       *Options

	mu       sync.Mutex // of the fields below
	results  map[resultKey]*fileResult
	same     map[string]bool
	named    map[string][]named // the files that the files of both trees name
	siblings map[string][]string
}

// A resultKey names the comparison of a file, as a Compose file or as text.
type resultKey struct {
	name      string
	isCompose bool
}

// mayChange reports whether a file of the project changes.
func (x *verifier) mayChange(ctx context.Context, name string) bool {
	p := x.project(ctx, name)
	return slices.ContainsFunc(slices.Concat(p.files, p.others, p.dockerfiles), func(file string) bool { return ctx.Err() == nil && !x.isSame(file) })
}

// isSame reports whether a file does not change.
func (x *verifier) isSame(file string) bool {
	x.mu.Lock()
	same, ok := x.same[file]
	x.mu.Unlock()
	if ok {
		return same
	}
	b, err1 := render.ReadFile(x.before, file, maxFileSize)
	a, err2 := render.ReadFile(x.after, file, maxFileSize)
	same = bytes.Equal(b, a) && (err1 == nil) == (err2 == nil) && render.TypeChange(x.before, x.after, file) == ""
	x.mu.Lock()
	defer x.mu.Unlock()
	x.same[file] = same
	return same
}

// verify verifies the project of a Compose file.
func (x *verifier) verify(ctx context.Context, name string) render.Verdict {
	v := render.Verdict{Dir: name, Kind: render.ComposeFile, ValuesFiles: 1}
	p := x.project(ctx, name)
	var differences, doubts []render.Diff
	doubts = append(doubts, p.unproven...)
	v.Unchanged = true
	services := map[string]bool{}
	var results []*fileResult
	for i, file := range slices.Concat(p.files, p.others) {
		if ctx.Err() != nil {
			return v
		}
		r := x.file(ctx, file, i < len(p.files))
		results = append(results, r)
		differences, doubts = append(differences, r.differences...), append(doubts, r.doubts...)
		if needed, ok := p.needed[file]; ok && r.absent {
			doubts = append(doubts, needed)
		}
		v.Moved += r.moved
		v.Unchanged = v.Unchanged && r.unchanged
		v.Leftovers = append(v.Leftovers, r.leftovers...)
		for _, s := range r.services {
			services[s] = true
		}
	}
	for _, file := range p.dockerfiles {
		if ctx.Err() == nil && !format.IsDockerfile(file) && !x.isSame(file) {
			v.Unchanged = false
			doubts = append(doubts, render.Diff{Template: file + ":1", Why: "the file changed and has no proof: a build uses it as a Dockerfile"})
		}
	}
	for _, d := range builtImages(results) {
		if !slices.ContainsFunc(doubts, func(x render.Diff) bool { return x.Template == d.Template && x.Object == d.Object }) {
			doubts = append(doubts, d)
		}
	}
	if v.Objects = len(services); v.Objects == 0 && len(doubts) == 0 {
		doubts = append(doubts, render.Diff{Template: name + ":1", Why: "the project has no services"})
	}
	v.State = render.Proven
	// A project with differences lists these alone.
	if list := slices.Concat(differences, doubts); len(list) > 0 {
		v.State, v.Reason = render.Unproven, list[0].String()
		if len(differences) > 0 {
			v.State, list = render.Failed, differences
		}
		if len(list) > 1 {
			v.Reason += fmt.Sprintf(" (and %d more)", len(list)-1)
		}
		for _, d := range list {
			v.AddDiff(d)
		}
	}
	slices.SortFunc(v.Leftovers, render.Leftover.Compare)
	v.Leftovers = slices.Compact(v.Leftovers)
	return v
}

// file compares one file. Several projects can have it.
func (x *verifier) file(ctx context.Context, name string, isCompose bool) *fileResult {
	x.mu.Lock()
	key := resultKey{name, isCompose}
	r, ok := x.results[key]
	x.mu.Unlock()
	if ok {
		return r
	}
	r = &fileResult{}
	c := comparer{ctx: ctx, name: name, rewrite: x.options.Rewrite, plan: x.options.Plan, hasLonger: x.options.HasLonger, out: r}
	before, errB := render.ReadFile(x.before, name, maxFileSize)
	after, errA := render.ReadFile(x.after, name, maxFileSize)
	r.unchanged = bytes.Equal(before, after) && (errB == nil) == (errA == nil)
	switch {
	case isAbsent(errB) && isAbsent(errA):
		r.absent = true
		if isCompose {
			c.doubt(nil, "", "the file does not exist")
		}
	case isAbsent(errB):
		c.doubt(nil, "", "the file is new: git may ignore it, or the change adds it to the project")
	case isAbsent(errA):
		c.differs(nil, "", "the file is gone after the change: restore it")
	case render.TypeChange(x.before, x.after, name) != "":
		c.differs(nil, "", render.TypeChange(x.before, x.after, name)+": restore it")
	case errB != nil:
		c.doubt(nil, "", repofile.WithoutPath(errB).Error())
	case errA != nil:
		c.doubt(nil, "", "after the change: "+repofile.WithoutPath(errA).Error())
	case isCompose:
		c.compareYAML(before, after)
	case r.unchanged:
	case render.SameLines(string(before), string(after), x.options.Rewrite):
		c.doubt(nil, "", "the file changed as the rules require, but its values may be used for something else than images: read it")
	case c.isPlanned(before, after):
		c.doubt(nil, "", "the file changed as the uses of its variables in this folder require, but other programs may read it, too: read it")
	default:
		c.differs(nil, "", "the file changed, which no rule requires")
	}
	if isEnvironment(path.Base(name)) && (namesFilesRE.Match(before) || namesFilesRE.Match(after)) {
		c.doubt(nil, "", "COMPOSE_FILE and COMPOSE_ENV_FILES select other files: they are not compared")
	}
	if ctx.Err() != nil {
		return r // an interrupted comparison is not complete
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.results[key] = r
	return r
}
