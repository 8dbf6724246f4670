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

// branchTrailer is the trailer that tells a later run which commits are its own: its
// value is the branch that they were made for.
const branchTrailer = "Regmigrate-Branch"

// buildCommits makes the commits of a change on top of the base and returns the last.
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
				Hint:    "commits are signed since commit.gpgSign is set; git config commit.gpgSign false makes them without in this repository", err: err,
			}
		}
		if err != nil {
			return "", err
		}
		tip = strings.TrimSpace(id)
	}
	return tip, nil
}

// writeObjects puts contents into git's object database, and returns lines for
// git update-index --index-info.
func (s *Session) writeObjects(ctx context.Context, dir string, files []File) (string, error) {
	var names strings.Builder
	for i, f := range files {
		if e, ok := s.files[f.Path]; !ok || e.kind != "blob" || e.mode == modeLink {
			return "", fmt.Errorf("%s is no file of %s at %.12s", f.Path, s.Base, s.BaseCommit)
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
		return "", fmt.Errorf("git hash-object: %d objects for %d files", len(ids), len(files))
	}
	var info strings.Builder
	for i, f := range files {
		fmt.Fprintf(&info, "%s %s\t%s\x00", s.files[f.Path].mode, ids[i], f.Path)
	}
	return info.String(), nil
}

// An identity is who makes commits.
type identity struct {
	author, committer string // "Name <address>"
	sign              bool
}

// findIdentity is what the options say, or else git, or else one for the other.
func (s *Session) findIdentity(ctx context.Context) (identity, error) {
	who := identity{author: s.o.Author, committer: s.o.Committer}
	for _, x := range []struct {
		to   *string
		name string
	}{{&who.author, "GIT_AUTHOR_IDENT"}, {&who.committer, "GIT_COMMITTER_IDENT"}} {
		if *x.to != "" {
			continue
		}
		// Without a name in its configuration git makes one up of the machine's.
		out, err := s.git.run(ctx, gitCall{args: []string{"-c", "user.useConfigOnly=true", "var", x.name}})
		if err == nil {
			*x.to = out[:strings.LastIndex(out, ">")+1]
		}
	}
	if who.author == "" {
		who.author = who.committer
	}
	if who.committer == "" {
		who.committer = who.author
	}
	if who.author == "" {
		return who, &Problem{Message: "git does not know who commits", Hint: `--author "Name <address>" says it, or git config user.name and user.email`, Usage: true}
	}
	sign, err := s.git.run(ctx, gitCall{args: []string{"config", "--type=bool", "--default=false", "commit.gpgSign"}})
	who.sign = err == nil && strings.TrimSpace(sign) == "true" && !s.o.DryRun // nobody is asked for a key to look
	return who, nil
}

func (w identity) env() []string {
	a, c := identityRE.FindStringSubmatch(w.author), identityRE.FindStringSubmatch(w.committer)
	if a == nil || c == nil {
		return nil // git itself has made it, and has it
	}
	return []string{"GIT_AUTHOR_NAME=" + a[1], "GIT_AUTHOR_EMAIL=" + a[2], "GIT_COMMITTER_NAME=" + c[1], "GIT_COMMITTER_EMAIL=" + c[2]}
}

// commitMessage is a commit's message with its trailers.
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

// A branchState is what is on the branch of the change on top of the base.
type branchState struct {
	commits       []string // what each says and changes, in order, for comparison
	diff          string   // all that they change
	allOurs       bool     // all of it is the work of this package
	foreignCommit string   // what is not, for a person
}

const fieldSep, recordSep = "\x1f", "\x1e"

// readBranch reads what is on top of the base in the commit head, down to the
// first commit that this package did not make. A merge of the base into the
// branch, such as the forge makes it by a button, is no other's work.
func (s *Session) readBranch(ctx context.Context, head string) (branchState, error) {
	var c branchState
	out, err := s.git.run(ctx, gitCall{args: []string{"log", "--first-parent", "--encoding=UTF-8", "--no-show-signature", "-n", "1000",
		"--format=%H" + fieldSep + "%P" + fieldSep + "%an <%ae>" + fieldSep + "%B" + recordSep, head}})
	if err != nil {
		return c, err
	}
	from, merged := "", ""
	for rec := range strings.SplitSeq(out, recordSep) {
		f := strings.SplitN(strings.TrimLeft(rec, "\n"), fieldSep, 4)
		if len(f) < 4 {
			break
		}
		parents := strings.Fields(f[1])
		switch {
		case len(parents) == 2 && merged == "" && s.mayBeInBase(ctx, parents[1]):
			merged = parents[1]
		case len(parents) == 1 && slices.Contains(lines(f[3]), branchTrailer+": "+s.o.Branch):
			diff, err := s.diff(ctx, parents[0], f[0])
			if err != nil {
				return c, err
			}
			c.commits = append(c.commits, f[2]+fieldSep+strings.TrimSpace(f[3])+fieldSep+diff)
		default:
			from = f[0]
		}
		if from != "" {
			break
		}
	}
	slices.Reverse(c.commits)
	switch {
	case len(c.commits) == 0:
		subject, _ := s.git.run(ctx, gitCall{args: []string{"log", "-n", "1", "--format=%h %an: %s", head}})
		c.foreignCommit = strings.TrimSpace(subject)
	case from == "":
		c.foreignCommit = "more than 1000 commits"
	case !s.mayBeInBase(ctx, from):
		subject, _ := s.git.run(ctx, gitCall{args: []string{"log", "-n", "1", "--format=%h %an: %s", from}})
		c.foreignCommit = strings.TrimSpace(subject)
	}
	c.allOurs = c.foreignCommit == ""
	if merged != "" {
		from, c.commits = merged, nil
	}
	if c.allOurs {
		c.diff, err = s.diff(ctx, from, head)
	}
	return c, err
}

// mayBeInBase reports whether a commit is one of the base. In a shallow clone that
// cannot be known, and counts as yes.
func (s *Session) mayBeInBase(ctx context.Context, commit string) bool {
	if _, err := s.git.run(ctx, gitCall{args: []string{"merge-base", "--is-ancestor", commit, s.BaseCommit}}); err == nil {
		return true
	}
	shallow, err := s.git.run(ctx, gitCall{args: []string{"rev-parse", "--is-shallow-repository"}})
	return err == nil && strings.TrimSpace(shallow) == "true"
}

// diff says which files differ between two commits, and in which objects.
func (s *Session) diff(ctx context.Context, from, to string) (string, error) {
	return s.git.run(ctx, gitCall{args: []string{"diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", "--raw", from, to}})
}

// equal reports whether two chains say and change the same.
func (c branchState) equal(other branchState) bool {
	return c.diff == other.diff && (c.commits == nil || slices.Equal(c.commits, other.commits))
}
