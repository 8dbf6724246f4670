package compose

import (
	"context"
	"strings"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// LoadJob is the kind of the jobs that load projects, for the key of [HandleLoad] in
// [render.Handlers].
const LoadJob = "compose load"

// A loadRequest is the request of a LoadJob. Paths are relative to the repository.
type loadRequest struct {
	Files       map[string][]byte // the files of the repository that the child process gets
	Main        []string          // the Compose files
	Environment []string          // environment files
}

// environmentName returns the name of the environment for a person.
func (q *loadRequest) environmentName() string {
	if len(q.Environment) == 0 {
		return "an empty environment"
	}
	return strings.Join(q.Environment, ", ")
}

// A loadResponse is the response of a LoadJob.
type loadResponse struct {
	Model []byte // JSON

	// Missing are files that the project reads and that the child process did not get.
	Missing []string

	// Absent are the environment files of services among them: they are optional here.
	Absent []string

	// Problem says why the project does not load.
	Problem string
}

// maxRounds bounds how often a project is loaded again because it needs a file that its
// text does not name, such as one with a variable in its name.
const maxRounds = 100

// load loads a project. It adds files that the project turns out to need to files. It
// returns a JobError if the project does not load.
func (c *comparison) load(ctx context.Context, t tree, files map[string][]byte, q loadRequest) (*loadResponse, error) {
	for range maxRounds {
		q.Files = files
		var out loadResponse
		if err := c.runner.Run(ctx, render.Job{Kind: LoadJob, Request: &q, Response: &out}); err != nil {
			return nil, err
		}
		isNew := false
		for _, name := range out.Missing {
			if _, ok := files[name]; ok {
				continue
			}
			src, err := t.read(name)
			if err != nil {
				if !isAbsent(err) {
					return nil, &render.JobError{Text: "reading " + name + ": " + repofile.WithoutPath(err).Error()}
				}
				continue
			}
			if err := addFile(files, name, src); err != nil {
				return nil, &render.JobError{Text: err.Error()}
			}
			isNew = true
		}
		if isNew {
			continue
		}
		if out.Problem != "" {
			return nil, &render.JobError{Text: out.Problem}
		}
		return &out, nil
	}
	return nil, &render.JobError{Text: "the project needs too many files"}
}
