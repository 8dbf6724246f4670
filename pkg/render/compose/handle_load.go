package compose

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// The functions of this file run in child processes.

// HandleLoad loads a project from copies of its files in a folder below the working
// directory, which it removes.
func HandleLoad(c *render.Call) (any, error) {
	return render.HandlerOf(load)(c)
}

func load(q *loadRequest, l render.Limits) (*loadResponse, error) {
	logrus.SetOutput(io.Discard) // the library logs warnings
	folder, err := os.MkdirTemp(".", "compose-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	abs, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	x := loading{loadRequest: q, root: filepath.Join(abs, filepath.FromSlash(strings.Repeat("d/", depth)), "repository")}
	if err := x.writeFiles(); err != nil {
		return nil, fmt.Errorf("copying the files of a project: %w", err)
	}
	if err := x.checkFiles(); err != nil {
		return &loadResponse{Problem: err.Error()}, nil
	}
	out := &loadResponse{}
	model, err := x.load()
	if err != nil {
		if at := (*fs.PathError)(nil); errors.As(err, &at) && errors.Is(err, fs.ErrNotExist) {
			err = x.miss(at.Path, err)
		}
		out.Problem = x.message(err)
		out.Missing = x.missing
		return out, nil
	}
	if out.Model, err = json.Marshal(x.withoutRoot(model)); err != nil {
		return nil, fmt.Errorf("writing the model: %w", err)
	}
	if int64(len(out.Model)) > l.MaxOutput {
		return nil, errors.New(render.TooMuchOutput(l))
	}
	out.Missing, out.Absent = x.missing, x.missing
	return out, nil
}

// A loading is the loading of one project.
type loading struct {
	*loadRequest
	root    string // of the copies of the files
	missing []string
}

// file returns the path of the copy of the file called name.
func (x *loading) file(name string) string { return filepath.Join(x.root, filepath.FromSlash(name)) }

// miss records that the project reads the file at the path abs, which does not exist. It
// returns problem, or an *outsideError if the path leads out of the repository.
func (x *loading) miss(abs string, problem error) error {
	name, err := filepath.Rel(x.root, abs)
	if err != nil || !filepath.IsLocal(name) {
		return &outsideError{filepath.ToSlash(name)}
	}
	if !slices.Contains(x.missing, filepath.ToSlash(name)) {
		x.missing = append(x.missing, filepath.ToSlash(name))
	}
	return problem
}

// writeFiles writes the copies of the files.
func (x *loading) writeFiles() error {
	if err := os.MkdirAll(x.file(path.Dir(x.Main[0])), 0o700); err != nil {
		return err
	}
	for name, src := range x.Files {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("%q: %w", name, fs.ErrInvalid)
		}
		if err := os.MkdirAll(filepath.Dir(x.file(name)), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(x.file(name), src, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// message returns the text of err without the path of the copies.
func (x *loading) message(err error) string {
	text := strings.ReplaceAll(err.Error(), x.root+string(filepath.Separator), "")
	return strings.Join(strings.Fields(strings.ReplaceAll(text, x.root, ".")), " ")
}

// load returns the model of the project, and the environment and the labels that each of
// its services gets.
func (x *loading) load() (_ map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil {
			outside, ok := p.(*outsideError)
			if !ok {
				panic(p)
			}
			err = outside
		}
	}()
	details, err := x.details()
	if err != nil {
		return nil, err
	}
	options := x.options(&details)
	model, err := loader.LoadModelWithContext(context.Background(), details, options)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	text, err := json.Marshal(model) // the next step changes the model
	if err != nil {
		return nil, err
	}
	out["model"] = json.RawMessage(text)
	if err := x.checkReads(model); err != nil {
		return nil, err
	}
	p, err := loader.ModelToProject(model, loader.ToOptions(&details, []func(*loader.Options){options}), details)
	if err != nil {
		return nil, err
	}
	resolved := map[string]any{}
	for name, s := range p.AllServices() {
		resolved[name] = map[string]any{"environment": s.Environment, "labels": s.Labels}
	}
	out["resolved"] = resolved
	return out, nil
}

// details returns the files of the project and its environment.
func (x *loading) details() (types.ConfigDetails, error) {
	d := types.ConfigDetails{WorkingDir: x.file(path.Dir(x.Main[0])), Environment: types.Mapping{}}
	for _, name := range x.Main {
		d.ConfigFiles = append(d.ConfigFiles, types.ConfigFile{Filename: x.file(name), Content: x.Files[name]})
	}
	var files []string
	for _, name := range x.Environment {
		files = append(files, x.file(name))
	}
	env, err := dotenv.GetEnvFromFile(map[string]string{}, files)
	if err != nil {
		return d, err
	}
	d.Environment.Merge(env)
	return d, nil
}

// options returns the options of the library.
func (x *loading) options(d *types.ConfigDetails) func(*loader.Options) {
	name := loader.NormalizeProjectName(filepath.Base(d.WorkingDir))
	if name == "" {
		name = "project"
	}
	fromEnvironment := d.Environment["COMPOSE_PROJECT_NAME"]
	return func(o *loader.Options) {
		o.Listeners = []loader.Listener{checkEvent}
		o.Profiles = []string{"*"}
		o.SetProjectName(name, false)
		if fromEnvironment != "" {
			o.SetProjectName(fromEnvironment, true)
		}
	}
}

// checkReads checks the files that services read, and removes those that do not exist:
// the repository need not have the environment of a service.
func (x *loading) checkReads(model map[string]any) error {
	services, _ := model["services"].(map[string]any)
	for _, s := range services {
		service, _ := s.(map[string]any)
		for _, key := range []string{"env_file", "label_file"} {
			var kept []any
			for _, item := range asList(service[key]) {
				file, _ := item.(string)
				if m, ok := item.(map[string]any); ok {
					file, _ = m["path"].(string)
				}
				if !filepath.IsAbs(file) {
					return &outsideError{file}
				}
				if name, err := filepath.Rel(x.root, file); err != nil || !filepath.IsLocal(name) {
					return &outsideError{file}
				}
				if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
					_ = x.miss(file, nil) // it is inside
					continue
				}
				kept = append(kept, item)
			}
			if kept != nil {
				service[key] = kept
			} else {
				delete(service, key)
			}
		}
	}
	return nil
}

// asList returns the elements of v, or v alone if it is no list.
func asList(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// withoutRoot returns v with the path of the copies replaced.
func (x *loading) withoutRoot(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[strings.ReplaceAll(k, x.root, "/repository")] = x.withoutRoot(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = x.withoutRoot(item)
		}
		return out
	case string:
		return strings.ReplaceAll(v, x.root, "/repository")
	case json.RawMessage:
		var decoded any
		if json.Unmarshal(v, &decoded) == nil {
			return x.withoutRoot(decoded)
		}
	}
	return v
}
