package rewrite

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link/families"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// PlanFiles reads what o names and plans what moves. It writes nothing. An error
// means that there is no plan: a path that does not exist, or ctx is done.
// What is wrong with a single file stands in its File.Err.
func PlanFiles(ctx context.Context, o Options) (*Plan, error) {
	g, err := gather(ctx, o)
	if err != nil {
		return nil, err
	}
	return g.plan(ctx)
}

// PlanText plans what moves in src, which is not read from a file: name, a
// slash-separated path, says what it would be called, and with its content
// which format it has. The plan cannot be applied; its only file, when there
// is something to say of it, has the result.
func PlanText(ctx context.Context, o Options, name string, src []byte) (*Plan, error) {
	g := &gatherer{opts: o, linkers: families.New(o.Bump)}
	g.keep(walk.File{Path: name}, classifyContent(src, o.Rules, o.Rules.MayMatch))
	return g.plan(ctx)
}

// plan decides what becomes of what was gathered.
func (g *gatherer) plan(ctx context.Context) (*Plan, error) {
	o := g.opts
	p := &Plan{Root: o.Walk.Root, Rules: o.Rules, ScannedFiles: g.looked}
	t, groups := g.link(ctx)
	p.Groups, p.FamilyFiles, p.Unrendered = t.Groups, g.names, t.Unrendered
	done := map[string][]edit.Edit{}
	if err := verifyGroups(ctx, g.found, groups, &o, done); err != nil {
		return nil, err
	}
	groups = g.follow(t, groups)
	if err := verifyGroups(ctx, g.found, groups, &o, done); err != nil {
		return nil, err
	}
	l := newLedger(groups, o.scopes())
	for _, c := range g.found {
		l.recordExplicit(c)
	}
	for _, c := range g.found {
		if c.outside {
			continue
		}
		if c.file.Before != nil {
			l.addFindings(c)
		}
		if len(c.file.Findings) > 0 || c.file.Err != nil || len(c.file.Edits) > 0 {
			p.Files = append(p.Files, c.file)
		}
	}
	g.advise(t, p)
	p.Advice = slices.Concat(g.advice(t.Advice), g.catalogue(groups), g.pushed(groups), g.unseen(groups))
	slices.SortStableFunc(p.Advice, compareAdvice)
	sort.SliceStable(p.Files, func(i, j int) bool { return p.Files[i].Path < p.Files[j].Path })
	p.Skipped, p.groups = g.skipped, groups
	return p, nil
}

// verifyGroups turns the groups into edits and verifies every file that has some. A
// file that fails takes the groups that touch it out, in all files, and what
// is left is verified again. A file that done has with just its edits was
// verified before; settle adds those that it verifies.
func verifyGroups(ctx context.Context, found []*scannedFile, groups []*group, o *Options, done map[string][]edit.Edit) error {
	for {
		edits, wanted := editsOf(groups), expectedPieces(groups)
		var todo []*scannedFile
		for _, c := range found {
			c.file.Edits = edits[c.file.Path]
			if len(c.file.Edits) > 0 && !slices.Equal(done[c.file.Path], c.file.Edits) {
				todo = append(todo, c)
			}
		}
		errs := make([]error, len(todo))
		var big sync.Mutex // as in a gatherer
		parallel(o.Walk.Jobs, len(todo), func(i int) {
			if len(todo[i].file.Before) >= bigFile {
				big.Lock()
				defer big.Unlock()
			}
			if ctx.Err() == nil {
				errs[i] = todo[i].verifyEdits(o, wanted[todo[i].file.Path])
			}
		})
		if err := ctx.Err(); err != nil {
			return err
		}
		failed, again := map[string]bool{}, false
		for i, c := range todo {
			if errs[i] == nil {
				done[c.file.Path] = c.file.Edits
				continue
			}
			if dropConsequences(groups, c.file.Path) {
				again = true // what only follows must not keep what moves from moving
				continue
			}
			failed[c.file.Path] = true
			c.file.Err = fmt.Errorf("the edits could not be verified, so the file stays as it is: %w", errs[i])
		}
		if len(failed) == 0 && !again {
			return nil
		}
		for _, g := range groups {
			for _, e := range g.edits {
				if failed[e.Path] {
					g.keep(format.NotEditedSafely, "the edits of "+e.Path+" could not be verified")
					break
				}
			}
		}
	}
}

// dropConsequences holds the consequences in the file at path, and reports whether
// there were any.
func dropConsequences(groups []*group, path string) bool {
	found := false
	for _, g := range groups {
		if g.isConsequence && g.moves() && g.edits[0].Path == path {
			g.keep(format.NotEditedSafely, "")
			found = true
		}
	}
	return found
}

// parallel calls do for 0 ≤ i < n from up to jobs goroutines; 0 means one a CPU.
func parallel(jobs, n int, do func(i int)) {
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(jobs, n) {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
