package pullrequest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A branchState describes the commits of a branch on top of the base.
type branchState struct {
	commits       []string // author, message and diff of each commit, in order
	diff          string   // of all commits together
	allOurs       bool     // this package made all commits
	foreignCommit string   // describes a commit that this package did not make
}

// Separators in the output of git log.
const fieldSep, recordSep = "\x1f", "\x1e"

// maxCommits is the maximum number of commits that readBranch reads.
const maxCommits = 1000

// readBranch reads the commits on top of the base, from the commit head down to
// the first commit that this package did not make. A merge of the base into the
// branch, which the user interface of a forge offers, counts as made by this
// package.
func (s *Session) readBranch(ctx context.Context, head string) (branchState, error) {
	var c branchState
	out, err := s.git.run(ctx, gitCall{args: []string{"log", "--first-parent", "--encoding=UTF-8", "--no-show-signature", "-n", strconv.Itoa(maxCommits),
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
		c.foreignCommit = fmt.Sprintf("more than %d commits", maxCommits)
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

// mayBeInBase reports whether a commit is an ancestor of the base. In a shallow
// clone, whose history is incomplete, it always returns true.
func (s *Session) mayBeInBase(ctx context.Context, commit string) bool {
	if _, err := s.git.run(ctx, gitCall{args: []string{"merge-base", "--is-ancestor", commit, s.BaseCommit}}); err == nil {
		return true
	}
	shallow, err := s.git.run(ctx, gitCall{args: []string{"rev-parse", "--is-shallow-repository"}})
	return err == nil && strings.TrimSpace(shallow) == "true"
}

// diff returns the files that differ between two commits, with their object IDs.
func (s *Session) diff(ctx context.Context, from, to string) (string, error) {
	return s.git.run(ctx, gitCall{args: []string{"diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", "--raw", from, to}})
}

// equal reports whether two branches have the same commits. If one of them
// contains a merge of the base, only the whole diff counts.
func (c branchState) equal(other branchState) bool {
	return c.diff == other.diff && (c.commits == nil || slices.Equal(c.commits, other.commits))
}
