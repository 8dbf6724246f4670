package pullrequest

import (
	"context"
	"errors"
	"fmt"
)

// Apply makes the remote branch and its pull request match the change. If the
// change has no commits, Apply closes the pull request and deletes the branch.
// The result says what was done even if the error is not nil: if Pushed is
// true, the branch was pushed and a later step failed.
func (s *Session) Apply(ctx context.Context, c Change) (*Result, error) {
	r := &Result{Repo: s.slug, Base: s.Base, Branch: s.o.Branch}
	if s.noToken != nil { // in a dry run
		r.Warnings = append(r.Warnings, s.noToken.Message+"; without --dry-run, pr needs it")
	}
	c.Body = truncateBody(c.Body, s.kind.maxBody)
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
		if p := (*Problem)(nil); s.noToken != nil && errors.As(err, &p) && p.Usage {
			return lackList{p, s.noToken}.problem()
		}
		return err
	}
	upToDate, err := s.isUpToDate(ctx, tip)
	if err != nil {
		return err
	}
	var open, declined *pull
	if s.forge != nil {
		if open, declined, err = s.findPull(ctx); err != nil {
			return err
		}
	}
	r.Commit = tip
	if upToDate {
		r.Commit = s.head
	}
	if upToDate && declined != nil {
		r.Action, r.Number, r.URL = Declined, declined.number, declined.url
		return nil
	}
	if !upToDate {
		if !s.o.DryRun {
			if err := s.push(ctx, tip); err != nil {
				return err
			}
		}
		r.Pushed = true
	}
	if open == nil {
		return s.openPull(ctx, c, r)
	}
	return s.updatePull(ctx, open, c, r)
}

// isUpToDate reports whether the branch on the remote has the same commits as
// tip. It returns an error if the branch has commits of somebody else.
func (s *Session) isUpToDate(ctx context.Context, tip string) (bool, error) {
	existing, err := s.readExisting(ctx)
	if err != nil || s.head == "" {
		return false, err
	}
	want, err := s.readBranch(ctx, tip)
	if err != nil {
		return false, err
	}
	return existing.equal(want), nil
}

// openPull opens the pull request of the pushed branch.
func (s *Session) openPull(ctx context.Context, c Change, r *Result) error {
	r.Action = Opened
	if s.o.DryRun {
		return nil
	}
	p, warnings, err := s.openForgePull(ctx, c)
	if err != nil {
		return s.wrapAfterPush(err)
	}
	r.Number, r.URL = p.number, p.url
	r.Warnings = warnings
	return nil
}

// updatePull updates the open pull request where it differs from the change.
func (s *Session) updatePull(ctx context.Context, open *pull, c Change, r *Result) error {
	r.Action, r.Number, r.URL = Unchanged, open.number, open.url
	if r.Pushed {
		r.Action = Updated
	}
	if s.o.DryRun {
		return nil
	}
	textChanged, err := s.setText(ctx, open, c)
	if err != nil {
		return s.wrapAfterPush(err)
	}
	var metadataChanged bool
	r.Warnings, metadataChanged = s.addMetadata(ctx, open, false)
	if textChanged || metadataChanged {
		r.Action = Updated
	}
	return nil
}

// wrapAfterPush adds to an error of the forge that the branch is pushed.
func (s *Session) wrapAfterPush(err error) error {
	return fmt.Errorf("the branch %q is pushed, but its pull request could not be opened or updated\n  %w", s.o.Branch, err)
}

// readExisting fetches and reads the branch on the remote. It returns an error
// if the branch has commits of somebody else, which a push would remove.
func (s *Session) readExisting(ctx context.Context) (branchState, error) {
	if s.head == "" {
		return branchState{}, nil
	}
	if err := s.fetch(ctx, s.o.PushRemote, s.head, s.o.Branch); err != nil {
		return branchState{}, err
	}
	b, err := s.readBranch(ctx, s.head)
	if err == nil && !b.allOurs && s.isInBase(ctx, s.head) {
		return branchState{allOurs: true}, nil // merged, or a new branch without commits
	}
	if err == nil && !b.allOurs {
		err = &Problem{
			Message: fmt.Sprintf("the branch %q on the remote %q has a commit that regmigrate did not make: %s", s.o.Branch, s.o.PushRemote, b.foreignCommit),
			Hint:    "the branch was not changed; merge its pull request, delete the branch, or use another branch with --branch NAME",
		}
	}
	return b, err
}

// isInBase reports whether a commit is an ancestor of the base. In a shallow
// clone it returns false if the history is not available.
func (s *Session) isInBase(ctx context.Context, commit string) bool {
	_, err := s.git.run(ctx, gitCall{args: []string{"merge-base", "--is-ancestor", commit, s.BaseCommit}})
	return err == nil
}

// withdraw closes the pull request and deletes the branch.
func (s *Session) withdraw(ctx context.Context, c Change, r *Result) error {
	r.Action = Nothing
	if s.head == "" {
		return nil // a forge closes the pull request when its branch is deleted
	}
	if _, err := s.readExisting(ctx); err != nil {
		return err
	}
	if s.forge != nil {
		open, _, err := s.findPull(ctx)
		if err != nil {
			return err
		}
		if open != nil {
			r.Action, r.Number, r.URL = Closed, open.number, open.url
			if !s.o.DryRun {
				if err := s.closePull(ctx, open, c.ClosingComment); err != nil {
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
