package pullrequest

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/go-github/v88/github"
)

// maxBody is how many characters GitHub takes as the text of a pull request.
const maxBody = 65536

// Apply makes the remote and the forge have the change and a pull request for
// it, or none of either when it has no commits. What was done stands in the
// result even if there is an error: Pushed says that the branch was pushed and
// the rest is missing.
func (s *Session) Apply(ctx context.Context, c Change) (*Result, error) {
	r := &Result{Repo: s.slug, Base: s.Base, Branch: s.o.Branch}
	c.Body = truncateBody(c.Body)
	var err error
	if len(c.Commits) == 0 {
		err = s.withdraw(ctx, c, r)
	} else {
		err = s.publish(ctx, c, r)
	}
	for i, w := range r.Warnings {
		r.Warnings[i] = s.git.redact(w)
	}
	return r, s.redactError(err)
}

// publish pushes the change and opens or updates its pull request.
func (s *Session) publish(ctx context.Context, c Change, r *Result) error {
	tip, err := s.buildCommits(ctx, c)
	if err != nil {
		return err
	}
	old, err := s.readExisting(ctx)
	if err != nil {
		return err
	}
	same := false
	if s.head != "" {
		want, err := s.readBranch(ctx, tip)
		if err != nil {
			return err
		}
		same = old.equal(want)
	}
	var open, declined *github.PullRequest
	if s.forge != nil {
		if open, declined, err = s.forge.findPull(ctx, s.Base, s.o.Branch, s.head); err != nil {
			return err
		}
	}
	r.Commit = tip
	if same {
		r.Commit = s.head
	}
	if same && declined != nil {
		r.Action, r.Number, r.URL = Declined, declined.GetNumber(), declined.GetHTMLURL()
		return nil
	}
	if !same {
		if !s.o.DryRun {
			if err := s.push(ctx, tip); err != nil {
				return err
			}
		}
		r.Pushed = true
	}
	if open == nil {
		r.Action = Opened
		if s.o.DryRun {
			return nil
		}
		p, err := s.forge.openPull(ctx, s.Base, s.o.Branch, c, s.o.Draft)
		if err != nil {
			return s.wrapAfterPush(err)
		}
		r.Number, r.URL = p.GetNumber(), p.GetHTMLURL()
		r.Warnings, _ = s.forge.addMetadata(ctx, p, s.o, true)
		return nil
	}
	r.Action, r.Number, r.URL = Unchanged, open.GetNumber(), open.GetHTMLURL()
	if r.Pushed {
		r.Action = Updated
	}
	if s.o.DryRun {
		return nil
	}
	changed, err := s.forge.updatePull(ctx, open, c)
	if err != nil {
		return s.wrapAfterPush(err)
	}
	var more bool
	r.Warnings, more = s.forge.addMetadata(ctx, open, s.o, false)
	if changed || more {
		r.Action = Updated
	}
	return nil
}

// wrapAfterPush adds to an error that the branch is there.
func (s *Session) wrapAfterPush(err error) error {
	return fmt.Errorf("the branch %q is pushed, and its pull request is not as it should be\n  %w", s.o.Branch, err)
}

// readExisting reads the branch of the change as it is on the remote. That it has
// somebody else's commits is an error: it would lose them.
func (s *Session) readExisting(ctx context.Context) (branchState, error) {
	if s.head == "" {
		return branchState{}, nil
	}
	if err := s.fetch(ctx, s.o.PushRemote, s.head, s.o.Branch); err != nil {
		return branchState{}, err
	}
	old, err := s.readBranch(ctx, s.head)
	if err == nil && !old.allOurs && s.isInBase(ctx, s.head) {
		return branchState{allOurs: true}, nil // merged, or a new branch without a commit
	}
	if err == nil && !old.allOurs {
		err = &Problem{
			Message: fmt.Sprintf("the branch %q on the remote %q has commits that were not made for it: %s", s.o.Branch, s.o.PushRemote, old.foreignCommit),
			Hint:    "it is left as it is; merge its pull request, or delete the branch, or name another one with --branch",
		}
	}
	return old, err
}

// isInBase is inBase where a shallow clone counts as no.
func (s *Session) isInBase(ctx context.Context, commit string) bool {
	_, err := s.git.run(ctx, gitCall{args: []string{"merge-base", "--is-ancestor", commit, s.BaseCommit}})
	return err == nil
}

// withdraw closes the pull request and deletes its branch.
func (s *Session) withdraw(ctx context.Context, c Change, r *Result) error {
	r.Action = Nothing
	if s.head == "" {
		return nil // without its branch, a forge has closed it itself
	}
	if _, err := s.readExisting(ctx); err != nil {
		return err
	}
	if s.forge != nil {
		open, _, err := s.forge.findPull(ctx, s.Base, s.o.Branch, s.head)
		if err != nil {
			return err
		}
		if open != nil {
			r.Action, r.Number, r.URL = Closed, open.GetNumber(), open.GetHTMLURL()
			if !s.o.DryRun {
				if err := s.forge.closePull(ctx, open, c.ClosingComment); err != nil {
					return err
				}
			}
		}
	}
	r.Pushed = true
	if s.o.DryRun {
		return nil
	}
	return s.push(ctx, "")
}

// truncateBody cuts a text that the forge would refuse.
func truncateBody(body string) string {
	if utf8.RuneCountInString(body) <= maxBody {
		return body
	}
	const note = "\n\n(cut off: the forge takes no more)\n"
	cut := []rune(body)[:maxBody-len(note)-4]
	text := string(cut)
	if i := strings.LastIndexByte(text, '\n'); i > 0 {
		text = text[:i]
	}
	if strings.Count(text, "\n```")%2 == 1 {
		text += "\n```"
	}
	return text + note
}
