package pullrequest

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// push puts commit on the branch of the change, or deletes the branch if it is
// "", unless the branch has moved since it was looked at.
func (s *Session) push(ctx context.Context, commit string) error {
	ref := "refs/heads/" + s.o.Branch
	_, err := s.git.run(ctx, gitCall{network: true, args: []string{"push", "--porcelain", "--no-verify", "--recurse-submodules=no", "--no-follow-tags", "--signed=no",
		"--force-with-lease=" + ref + ":" + s.head, "--", s.o.PushRemote, commit + ":" + ref}})
	if err == nil {
		s.head = commit
		return nil
	}
	return s.pushProblem(err, commit == "")
}

// pushProblem says why a push was rejected: git prints a line for the branch
// on its standard output, and what the server had to say on the other.
func (s *Session) pushProblem(err error, deleting bool) error {
	g := (*gitError)(nil)
	if !errors.As(err, &g) {
		return err
	}
	reason := ""
	for _, l := range lines(g.stdout) {
		if f := strings.Split(l, "\t"); len(f) == 3 && f[0] == "!" {
			reason = f[2]
		}
	}
	if reason == "" {
		return remoteProblem(err, s.o.PushRemote)
	}
	what := "pushing"
	if deleting {
		what = "deleting"
	}
	p := &Problem{Message: fmt.Sprintf("%s the branch %q was rejected: %s", what, s.o.Branch, reason), err: err}
	var said []string
	for _, l := range lines(g.stderr) {
		if m, ok := strings.CutPrefix(l, "remote:"); ok && strings.TrimSpace(m) != "" {
			said = append(said, strings.TrimSpace(m))
		}
	}
	for _, l := range said[:min(len(said), 12)] {
		p.Message += "\n  the forge says: " + l
	}
	all := reason + strings.Join(said, "\n")
	switch {
	case strings.Contains(reason, "stale info"):
		p.Message = fmt.Sprintf("the branch %q moved on the remote %q while it was looked at, and was left as it is", s.o.Branch, s.o.PushRemote)
		p.Hint = "run the same command again"
	case strings.Contains(all, "without `workflows` permission") || strings.Contains(all, "without `workflow` scope"):
		p.Hint = "a change of .github/workflows needs a token with the permission workflows: write; --exclude '.github/workflows/**' leaves them out"
	case strings.Contains(all, "rotected branch") || strings.Contains(all, "GH006") || strings.Contains(all, "GH013"):
		p.Hint = "the branch is protected; --branch NAME names another one, or a rule of the forge has to let the token's user push it"
	case strings.Contains(all, "denied"), strings.Contains(all, "ermission"):
		p.Hint = "the token needs the permission contents: write"
	default:
		p.Hint = "nothing else was changed; run the same command again once the forge takes it"
	}
	return p
}

// remoteProblem says what a git that talked to the remote failed for.
func remoteProblem(err error, remote string) error {
	g := (*gitError)(nil)
	if !errors.As(err, &g) {
		return err
	}
	has := func(texts ...string) bool {
		for _, t := range texts {
			if strings.Contains(g.stderr, t) {
				return true
			}
		}
		return false
	}
	p := &Problem{err: err}
	said := ""
	if l := lines(g.stderr); len(l) > 0 {
		said = ": " + strings.Join(l[:min(len(l), 6)], "\n  ")
	}
	switch {
	case has("Permission denied (publickey", "Host key verification failed", "Could not resolve hostname"):
		p.Message = fmt.Sprintf("the remote %q does not let ssh in%s", remote, said)
		p.Hint = "ssh -T with that user and host tries it, and ssh-add -l lists the keys; over https the token is taken instead"
	case has("could not read Username", "could not read Password", "Authentication failed", "returned error: 401"):
		p.Message = fmt.Sprintf("the remote %q does not accept the token%s", remote, said)
		p.Hint = "it may have expired, or belong to another forge"
	case has("returned error: 403", "Permission denied", "not allowed", "access denied"):
		p.Message = fmt.Sprintf("the remote %q refuses%s", remote, said)
		p.Hint = "the token needs the permission contents: write"
	case has("not found", "does not exist", "does not appear to be a git repository"):
		p.Message = fmt.Sprintf("the remote %q is not found%s", remote, said)
		p.Hint = "is the address right, and may the token see it?"
	default:
		p.Message = fmt.Sprintf("git %s with the remote %q failed%s", g.command, remote, said)
		p.Hint = "once it answers, run the same command again: what was done is found again"
	}
	return p
}
