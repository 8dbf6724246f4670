package pullrequest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const rerunHint = "run the same command again; finished steps are not repeated"

// describeError returns the error for a failed request to the forge, or nil for nil. doing
// says what the request was for, in words such as "opening the pull request".
func (s *Session) describeError(err error, doing string) error {
	if p := (*Problem)(nil); err == nil || errors.Is(err, context.Canceled) || errors.As(err, &p) {
		return err
	}
	p := &Problem{err: err}
	e := (*apiError)(nil)
	if !errors.As(err, &e) {
		p.Message = fmt.Sprintf("%s: the forge at %s does not answer: %v", doing, s.api, err)
		p.Hint = "when it answers, " + rerunHint
		return p
	}
	text := e.text()
	switch {
	case e.limited:
		p.Message = fmt.Sprintf("%s: the forge accepts no more requests with this token for now", doing)
		p.Hint = "later, " + rerunHint
		if e.wait >= 0 {
			p.Hint = fmt.Sprintf("in %s, %s", e.wait.Round(time.Second), rerunHint)
		}
	case e.status == http.StatusUnauthorized:
		p.Message = fmt.Sprintf("%s: the forge at %s does not accept the token%s", doing, s.api, text)
		p.Hint = "the token may have expired, or may belong to another forge"
	case strings.Contains(text, "GitHub Actions is not permitted to create or approve pull requests"):
		p.Message = fmt.Sprintf("%s: the forge rejects the request%s", doing, text)
		p.Hint = "allow it in the settings of the repository or organization (Actions, General, Workflow permissions), or use the token of a GitHub App"
	case e.status == http.StatusForbidden:
		p.Message = fmt.Sprintf("%s: the forge rejects the request%s", doing, text)
		p.Hint = "the token needs the permission " + s.kind.permission
		if needs := e.header.Get("X-Accepted-GitHub-Permissions"); needs != "" {
			p.Hint = "the token needs one of these permissions: " + needs
		}
	case e.status == http.StatusNotFound:
		p.Message = fmt.Sprintf("%s: %s was not found at %s%s", doing, s.slug, s.api, text)
		p.Hint = fmt.Sprintf("check the name, and that the token can read the repository (permission %s)\n  the forge was taken for %s: --forge NAME selects another one, and --api-url the address of its API, such as %s",
			s.kind.permission, s.kind.title, s.kind.apiExample)
	case e.status == http.StatusConflict:
		p.Message = fmt.Sprintf("%s: the pull request or its branch changed during the run, or another pull request exists%s", doing, text)
		p.Hint = rerunHint
	case e.status >= 500:
		p.Message = fmt.Sprintf("%s: the forge at %s fails: %s%s", doing, s.api, e.statusLine, text)
		p.Hint = "when it works again, " + rerunHint
	default:
		p.Message = fmt.Sprintf("%s: the forge rejects the request: %s%s", doing, e.statusLine, text)
		p.Hint = "if the message does not say what to change, check that the token has the permission " + s.kind.permission
	}
	return p
}
