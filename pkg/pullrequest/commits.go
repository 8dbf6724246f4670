package pullrequest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// branchTrailer is the trailer by which a later run recognizes the commits of
// this package. Its value is the branch that they were made for.
const branchTrailer = "Regmigrate-Branch"

// buildCommits makes the commits of a change on top of the base and returns the
// last one.
func (s *Session) buildCommits(ctx context.Context, change Change) (string, error) {
	dir, err := os.MkdirTemp("", "regmigrate-pr-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	index := filepath.Join(dir, "index")
	if _, err := s.git.run(ctx, gitCall{args: []string{"read-tree", "--no-sparse-checkout", s.BaseCommit}, index: index}); err != nil {
		return "", err
	}
	who, err := s.findIdentity(ctx)
	if err != nil {
		return "", err
	}
	tip := s.BaseCommit
	for _, c := range change.Commits {
		info, err := s.writeObjects(ctx, dir, c.Files)
		if err != nil {
			return "", err
		}
		if _, err := s.git.run(ctx, gitCall{args: []string{"update-index", "-z", "--index-info"}, index: index, stdin: strings.NewReader(info)}); err != nil {
			return "", err
		}
		tree, err := s.git.run(ctx, gitCall{args: []string{"write-tree"}, index: index})
		if err != nil {
			return "", err
		}
		args := []string{"commit-tree", "-p", tip}
		if who.sign {
			args = append(args, "-S")
		}
		id, err := s.git.run(ctx, gitCall{
			args:  append(args, strings.TrimSpace(tree)),
			stdin: strings.NewReader(s.commitMessage(c.Message, who)), env: who.env(),
		})
		if g := (*gitError)(nil); who.sign && errors.As(err, &g) {
			return "", &Problem{
				Message: "git could not sign the commit: " + strings.Join(lines(g.stderr), "\n  "),
				Hint:    "commits are signed because commit.gpgSign is set; git config commit.gpgSign false turns signing off in this repository", err: err,
			}
		}
		if err != nil {
			return "", err
		}
		tip = strings.TrimSpace(id)
	}
	return tip, nil
}

// writeObjects adds the contents of files to git's object database, and returns
// the input for git update-index --index-info. dir is a temporary folder.
func (s *Session) writeObjects(ctx context.Context, dir string, files []File) (string, error) {
	var names strings.Builder
	for i, f := range files {
		if e, ok := s.files[f.Path]; !ok || e.kind != "blob" || e.mode == modeLink {
			return "", fmt.Errorf("%s is not a file in %s at %.12s", f.Path, s.Base, s.BaseCommit)
		}
		name := filepath.Join(dir, fmt.Sprintf("blob%d", i))
		if err := os.WriteFile(name, f.Content, 0o600); err != nil {
			return "", err
		}
		names.WriteString(filepath.ToSlash(name) + "\n")
	}
	out, err := s.git.run(ctx, gitCall{args: []string{"hash-object", "-w", "--no-filters", "--stdin-paths"}, stdin: strings.NewReader(names.String())})
	if err != nil {
		return "", err
	}
	ids := strings.Fields(out)
	if len(ids) != len(files) {
		return "", fmt.Errorf("git hash-object: expected %d objects, got %d", len(files), len(ids))
	}
	var info strings.Builder
	for i, f := range files {
		fmt.Fprintf(&info, "%s %s\t%s\x00", s.files[f.Path].mode, ids[i], f.Path)
	}
	return info.String(), nil
}

// commitMessage returns text with the trailers. If text ends with a paragraph of
// trailers, they are added to that paragraph.
func (s *Session) commitMessage(text string, who identity) string {
	text = strings.TrimSpace(text)
	trailers := slices.Clone(s.o.Trailers)
	trailers = append(trailers, branchTrailer+": "+s.o.Branch)
	if s.o.SignOff {
		trailers = append(trailers, "Signed-off-by: "+who.committer)
	}
	if paragraphs := strings.Split(text, "\n\n"); len(paragraphs) > 1 {
		last := lines(paragraphs[len(paragraphs)-1])
		if !slices.ContainsFunc(last, func(l string) bool { return !trailerRE.MatchString(l) }) {
			return text + "\n" + strings.Join(trailers, "\n") + "\n"
		}
	}
	return text + "\n\n" + strings.Join(trailers, "\n") + "\n"
}
