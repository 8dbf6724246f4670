package pullrequest

import (
	"context"
	"strings"
)

// An identity names the author and the committer of commits.
type identity struct {
	author, committer string // "Name <address>"
	sign              bool   // whether commits are signed
}

// findIdentity returns the author and the committer of the options, or of the
// configuration of git. If only one of them is known, it is used for both.
func (s *Session) findIdentity(ctx context.Context) (identity, error) {
	who := identity{author: s.o.Author, committer: s.o.Committer}
	for _, x := range []struct {
		to   *string
		name string
	}{{&who.author, "GIT_AUTHOR_IDENT"}, {&who.committer, "GIT_COMMITTER_IDENT"}} {
		if *x.to != "" {
			continue
		}
		// useConfigOnly: without a configured name, git would derive one from
		// the user and the machine.
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
		return who, &Problem{Message: "the author of the commits is unknown", Hint: `add --author "Name <address>", or set user.name and user.email with git config`, Usage: true}
	}
	sign, err := s.git.run(ctx, gitCall{args: []string{"config", "--type=bool", "--default=false", "commit.gpgSign"}})
	who.sign = err == nil && strings.TrimSpace(sign) == "true" && !s.o.DryRun // a dry run does not ask for a passphrase
	return who, nil
}

func (w identity) env() []string {
	a, c := identityRE.FindStringSubmatch(w.author), identityRE.FindStringSubmatch(w.committer)
	if a == nil || c == nil {
		return nil // from git itself, which uses it anyway
	}
	return []string{"GIT_AUTHOR_NAME=" + a[1], "GIT_AUTHOR_EMAIL=" + a[2], "GIT_COMMITTER_NAME=" + c[1], "GIT_COMMITTER_EMAIL=" + c[2]}
}
