package compose

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// Limits of a project: a larger one is not loaded.
const (
	maxFiles        = 1000
	maxBytes        = 32 << 20
	maxFileSize     = 4 << 20
	maxEnvironments = 20
)

// A project is one way to load a Compose file.
type project struct {
	name         string     // the path of the Compose file that gets the verdict
	main         []string   // the files to load, in the order in which they are merged
	environments [][]string // the environment files to load it with, one run for each list
}

// A tree is the files of a repository.
type tree struct {
	fs.FS

	// later has the environment files that FS does not have, nil for none: a commit has no
	// environment file that git ignores, and both sides must be loaded with the same.
	later fs.FS
}

// The names of the files that Compose loads by default, the most important first, and
// what it merges with them. Source: DefaultFileNames and DefaultOverrideFileNames of the
// package cli in compose-go.
var (
	defaultNames  = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}
	overrideNames = []string{"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"}
)

// projects returns the projects of the Compose files called names. The default file of a
// folder is a project with its override, and without it. Any other file is loaded alone
// or, if it has no service of its own that can run, merged with the default file.
func (x *verifier) projects(names []string) []*project {
	var out []*project
	for _, name := range names {
		if strings.Contains("/"+path.Dir(name)+"/", "/workflows/") { // compose.yaml of GitHub Actions
			continue
		}
		p := &project{name: name, main: []string{name}, environments: x.after.environments(path.Dir(name))}
		base := path.Base(name)
		main := x.before.defaultFile(path.Dir(name))
		switch {
		case main == "" || name == main:
		case slices.Contains(overrideNames, base), strings.Contains(base, "override"):
			p.main = []string{main, name}
		case !x.before.runsAlone(name):
			p.main = []string{main, name}
		}
		out = append(out, p)
	}
	return out
}

// defaultFile returns the path of the file in dir that Compose loads by default, "" if
// there is none.
func (t tree) defaultFile(dir string) string {
	for _, base := range defaultNames {
		if name := path.Join(dir, base); t.isFile(name) {
			return name
		}
	}
	return ""
}

// runsAlone reports whether each service of the Compose file called name has an image or
// a build, or extends another one.
func (t tree) runsAlone(name string) bool {
	src, err := t.read(name)
	return err == nil && hasOwnServices(src)
}

// environments returns the environment files in dir, each in a list of its own, the
// default .env first.
func (t tree) environments(dir string) [][]string {
	entries, err := fs.ReadDir(t, dir)
	if err != nil {
		return nil
	}
	var out [][]string
	if name := path.Join(dir, ".env"); t.isFile(name) {
		out = append(out, []string{name})
	}
	for _, e := range entries {
		base := e.Name()
		isEnv := strings.HasPrefix(base, ".env.") || strings.HasSuffix(base, ".env") && base != ".env" || strings.HasPrefix(base, "env.")
		if isEnv && e.Type().IsRegular() && len(out) < maxEnvironments {
			out = append(out, []string{path.Join(dir, base)})
		}
	}
	return out
}

func (t tree) isFile(name string) bool {
	info, err := fs.Stat(t, name)
	return err == nil && info.Mode().IsRegular()
}

// read reads a file of the repository.
func (t tree) read(name string) ([]byte, error) {
	f, err := t.Open(name)
	if t.later != nil && errors.Is(err, fs.ErrNotExist) && !format.HasYAMLName(name) {
		f, err = t.later.Open(name)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: repofile.ErrIrregular}
	}
	if info.Size() > maxFileSize {
		return nil, &repofile.TooLargeError{Limit: maxFileSize}
	}
	return io.ReadAll(io.LimitReader(f, maxFileSize))
}

// filesOf returns the files that the text of the project names: its Compose files, those
// that they include or extend, the environment files, and .env in each of their folders.
// Loading the project shows whether it needs more.
func (t tree) filesOf(p *project) (map[string][]byte, error) {
	files := map[string][]byte{}
	queue := slices.Clone(p.main)
	for _, env := range p.environments {
		queue = append(queue, env...)
	}
	isRequired := len(p.main)
	for i := 0; i < len(queue); i++ {
		name := queue[i]
		if _, ok := files[name]; ok {
			continue
		}
		src, err := t.read(name)
		if err != nil && i < isRequired {
			return nil, fmt.Errorf("reading %s: %w", name, repofile.WithoutPath(err))
		}
		if err != nil {
			continue
		}
		if err := addFile(files, name, src); err != nil {
			return nil, err
		}
		if format.HasYAMLName(name) {
			queue = append(append(queue, path.Join(path.Dir(name), ".env")), format.ComposeFiles(name, src)...)
		}
	}
	return files, nil
}

var errTooLarge = errors.New("the project has more files than are loaded (1,000 files, 32 MiB)")

// addFile adds a file to those of a project.
func addFile(files map[string][]byte, name string, src []byte) error {
	size := len(src)
	for _, src := range files {
		size += len(src)
	}
	if len(files) >= maxFiles || size > maxBytes {
		return errTooLarge
	}
	files[name] = src
	return nil
}
