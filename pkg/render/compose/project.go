package compose

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A project is the files of one project.
type project struct {
	files       []string               // Compose files, as found
	others      []string               // environment files, and what the Compose files name otherwise
	dockerfiles []string               // that builds name
	unproven    []render.Diff          // what is not in the repository
	seen        map[string]bool        // all of them; true for a Compose file
	needed      map[string]render.Diff // what names a file that must exist
}

// project returns the files of the project of a Compose file.
func (x *verifier) project(ctx context.Context, name string) *project {
	p := &project{seen: map[string]bool{}, needed: map[string]render.Diff{}}
	p.add(name, true)
	for _, s := range x.siblingsIn(path.Dir(name)) {
		p.add(s, !isEnvironment(path.Base(s)))
	}
	for i := 0; i < len(p.files) && ctx.Err() == nil; i++ {
		file := p.files[i]
		for _, n := range x.namedBy(file) {
			at, why := resolve(path.Dir(file), n)
			if n.isDockerfile {
				if at != "" {
					p.dockerfiles = append(p.dockerfiles, at)
				}
				continue
			}
			if why != "" {
				p.unproven = append(p.unproven, render.Diff{Template: fmt.Sprintf("%s:%d", file, n.line), Object: n.where, Why: fmt.Sprintf("the project needs %q: %s", clip(n.path), why)})
			} else if at != "" {
				p.add(at, n.parse)
				if _, ok := p.needed[at]; !ok && !n.optional {
					p.needed[at] = render.Diff{Template: fmt.Sprintf("%s:%d", file, n.line), Object: n.where, Why: fmt.Sprintf("the project needs %q, which does not exist", clip(n.path))}
				}
			}
			if len(p.seen) > maxFiles {
				p.unproven = append(p.unproven, render.Diff{Template: name + ":1", Why: fmt.Sprintf("the project has more than %d files", maxFiles)})
				return p
			}
		}
		// Compose reads .env in the folder of each included file.
		p.add(path.Join(path.Dir(file), ".env"), false)
	}
	return p
}

// namesFilesRE matches the variables of an environment file that select the files of a
// project, outside of comments.
var namesFilesRE = regexp.MustCompile(`(?m)^[^#\n]*\bCOMPOSE_(?:FILE|ENV_FILES)\b`)

// siblingsIn returns the files of a folder that belong to a project there, before or after
// the change.
func (x *verifier) siblingsIn(dir string) []string {
	x.mu.Lock()
	out, ok := x.siblings[dir]
	x.mu.Unlock()
	if ok {
		return out
	}
	out = append(siblings(x.before, dir), siblings(x.after, dir)...)
	slices.Sort(out)
	out = slices.Compact(out)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.siblings[dir] = out
	return out
}

// add adds a file to a project.
func (p *project) add(name string, isCompose bool) {
	if known, ok := p.seen[name]; known || ok && !isCompose {
		return
	}
	p.seen[name] = isCompose
	if isCompose {
		p.files = append(p.files, name)
	} else {
		p.others = append(p.others, name)
	}
}

// namedBy returns the files that a Compose file names, before or after the change.
func (x *verifier) namedBy(file string) []named {
	x.mu.Lock()
	out, ok := x.named[file]
	x.mu.Unlock()
	if ok {
		return out
	}
	var last []byte
	for _, tree := range []fs.FS{x.before, x.after} {
		src, err := render.ReadFile(tree, file, maxFileSize)
		if err != nil || last != nil && bytes.Equal(src, last) {
			continue
		}
		last = src
		more, err := namedFiles(src)
		if errors.Is(err, errTooMany) { // comparing the file reports other errors
			more = []named{{path: "$", where: "include", line: 1}}
		}
		for _, n := range more {
			if !slices.Contains(out, n) || len(out) > 1000 {
				out = append(out, n)
			}
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.named[file] = out
	return out
}
