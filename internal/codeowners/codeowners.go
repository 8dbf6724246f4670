// Package codeowners reads the owners of files from the CODEOWNERS file of a repository.
//
// Patterns are those of GitHub: the last line that matches a file decides. A line that is
// not valid is ignored, as GitHub ignores it. Sections are those of GitLab: each section
// decides by itself, and a file has the owners of all sections. A line without owners in a
// section has the default owners of the section.
package codeowners

import (
	"bytes"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/hmarr/codeowners"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// Names are the places of the file, in the order in which they are tried: those of GitHub,
// then those of other forges.
var Names = []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS", ".bitbucket/CODEOWNERS"}

// maxSize is the size of the file at most, in bytes. GitHub ignores larger files. Source:
// https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
const maxSize = 3 << 20

// Owners are the lines of a CODEOWNERS file. The zero value has none.
type Owners struct{ sections []section }

type section struct {
	defaults []string
	rules    []rule
}

type rule struct {
	matches func(path string) bool
	owners  []string
}

// heading is the heading of a section of GitLab: [Name], ^[Name], [Name][2] @owner.
// Source: https://docs.gitlab.com/user/project/codeowners/reference/
var heading = regexp.MustCompile(`^\^?\[[^\]]+\](?:\[\d+\])?(?:\s+(.*))?$`)

// Read returns the owners of the repository in the folder root. Without a CODEOWNERS file
// it returns the zero value.
func Read(root string) (Owners, error) {
	dir, err := repofile.OpenDir(root)
	if err != nil {
		return Owners{}, err
	}
	defer dir.Close()
	for _, name := range Names {
		src, _, err := dir.ReadAtMost(name, maxSize)
		switch {
		case err == nil:
			return Parse(src), nil
		case !errors.Is(err, fs.ErrNotExist):
			return Owners{}, err
		}
	}
	return Owners{}, nil
}

// Parse returns the owners of a CODEOWNERS file.
func Parse(src []byte) Owners {
	o := Owners{sections: []section{{}}}
	for line := range bytes.Lines(src) {
		text := strings.TrimSpace(string(line))
		if m := heading.FindStringSubmatch(text); m != nil {
			o.sections = append(o.sections, section{defaults: strings.Fields(m[1])})
			continue
		}
		set, err := codeowners.ParseFile(strings.NewReader(text), codeowners.WithOwnerMatchers([]codeowners.OwnerMatcher{codeowners.OwnerMatchFunc(anyOwner)}))
		if err != nil || len(set) != 1 {
			continue
		}
		r := rule{matches: func(path string) bool { ok, err := set[0].Match(path); return ok && err == nil }}
		for _, x := range set[0].Owners {
			r.owners = append(r.owners, x.Value)
		}
		last := &o.sections[len(o.sections)-1]
		last.rules = append(last.rules, r)
	}
	return o
}

// anyOwner accepts every owner: GitLab has groups in groups, and roles.
func anyOwner(s string) (codeowners.Owner, error) { return codeowners.Owner{Value: s}, nil }

// Of returns the owners of a file, sorted, each once. The path is relative to the root of
// the repository, with slashes.
func (o Owners) Of(path string) []string {
	var out []string
	for _, s := range o.sections {
		for _, r := range slices.Backward(s.rules) {
			if !r.matches(path) {
				continue
			}
			if len(r.owners) == 0 {
				r.owners = s.defaults
			}
			out = append(out, r.owners...)
			break
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
