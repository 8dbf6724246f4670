package pullrequest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// push sets the remote branch to commit, or deletes the branch if commit is "".
// The push fails if the branch changed on the remote since the session read it.
func (s *Session) push(ctx context.Context, commit string) error {
	ref := "refs/heads/" + s.o.Branch
	_, err := s.git.run(ctx, gitCall{remote: s.o.PushRemote, args: []string{"push", "--porcelain", "--no-verify", "--recurse-submodules=no", "--no-follow-tags", "--signed=no",
		"--force-with-lease=" + ref + ":" + s.head, "--", s.o.PushRemote, commit + ":" + ref}})
	if err == nil {
		s.head = commit
		return nil
	}
	return s.pushProblem(err, commit == "")
}

// pushProblem returns the error for a rejected push. git prints the status of the
// branch on standard output, and the messages of the server on standard error.
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
		return s.remoteProblem(err, s.o.PushRemote)
	}
	action := "push to"
	if deleting {
		action = "delete"
	}
	p := &Problem{Message: fmt.Sprintf("the remote %q rejected the request to %s the branch %q: %s", s.o.PushRemote, action, s.o.Branch, reason), err: err}
	var messages []string
	for _, l := range lines(g.stderr) {
		if m, ok := strings.CutPrefix(l, "remote:"); ok && strings.TrimSpace(m) != "" {
			messages = append(messages, strings.TrimSpace(m))
		}
	}
	for _, l := range messages[:min(len(messages), 12)] {
		p.Message += "\n  message of the server: " + l
	}
	s.explainRejection(p, reason, strings.Join(messages, "\n"))
	return p
}

// explainRejection adds a hint to the error for a rejected push. reason is the
// status that git prints, serverText the messages of the server.
func (s *Session) explainRejection(p *Problem, reason, serverText string) {
	all := reason + serverText
	switch {
	case strings.Contains(reason, "stale info"):
		p.Message = fmt.Sprintf("the branch %q changed on the remote %q during the run and was not overwritten", s.o.Branch, s.o.PushRemote)
		p.Hint = "run the same command again"
	case strings.Contains(all, "without `workflows` permission") || strings.Contains(all, "without `workflow` scope"):
		p.Hint = "to change .github/workflows, the token needs the permission workflows: write; or skip these files with --exclude '.github/workflows/**'"
	case strings.Contains(all, "rotected branch") || strings.Contains(all, "GH006") || strings.Contains(all, "GH013"):
		p.Hint = "the branch is protected; use another branch with --branch NAME, or allow the user of the token to push to it"
	case strings.Contains(all, "denied"), strings.Contains(all, "ermission"):
		p.Hint = "the token needs the permission " + s.kind.pushPermission
	default:
		p.Hint = "nothing else was changed; run the same command again when the server accepts the push"
	}
}

// remoteProblem returns the error for a git command that failed while it talked
// to a remote.
func (s *Session) remoteProblem(err error, remote string) error {
	g := (*gitError)(nil)
	if !errors.As(err, &g) {
		return err
	}
	has := g.has
	p := &Problem{err: err}
	output := ""
	if l := lines(g.stderr); len(l) > 0 {
		output = ": " + strings.Join(l[:min(len(l), 6)], "\n  ")
	}
	switch {
	case has("Permission denied (publickey", "Host key verification failed", "Could not resolve hostname"):
		p.Message = fmt.Sprintf("the remote %q does not accept the ssh connection%s", remote, output)
		p.Hint = "test the connection with ssh -T USER@HOST and list the keys with ssh-add -l, or use an https address, for which the token is used"
	case g.isUnauthorized():
		p.Message = fmt.Sprintf("the remote %q does not accept the token%s", remote, output)
		p.Hint = "the token may have expired, or may belong to another forge"
	case has("returned error: 403", "Permission denied", "not allowed", "access denied"):
		p.Message = fmt.Sprintf("the remote %q denies access%s", remote, output)
		p.Hint = "the token needs the permission " + s.kind.pushPermission
	case has("not found", "does not exist", "does not appear to be a git repository"):
		p.Message = fmt.Sprintf("the remote %q was not found%s", remote, output)
		p.Hint = "check the address, and that the token can read the repository"
	default:
		p.Message = fmt.Sprintf("git %s with the remote %q failed%s", g.command, remote, output)
		p.Hint = "run the same command again when the remote answers; finished steps are not repeated"
	}
	return p
}

// isUnauthorized reports whether a remote asked for a token, or did not accept it.
func (e *gitError) isUnauthorized() bool {
	return e.has("could not read Username", "could not read Password", "Authentication failed", "returned error: 401")
}

// has reports whether git wrote one of the texts.
func (e *gitError) has(texts ...string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(e.stderr, t) })
}
