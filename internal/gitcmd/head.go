package gitcmd

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// A Head is the commit that is checked out, and the remote origin.
type Head struct {
	Commit string    // in hexadecimal
	Time   time.Time // of the commit, in UTC
	Remote string    // the URL of the remote as configured, which may contain a password; "" without that remote
}

// ReadHead returns the commit that is checked out in the repository that contains dir. It
// returns an error if dir is in no repository, or if the repository has no commit.
// Its remote is origin.
func ReadHead(ctx context.Context, dir string) (Head, error) {
	return ReadCommit(ctx, dir, "HEAD", "origin")
}

// ReadCommit returns a commit of the repository that contains dir, with the URL of a remote.
func ReadCommit(ctx context.Context, dir, revision, remote string) (Head, error) {
	commit, err := output(ctx, dir, "rev-parse", "--verify", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return Head{}, err
	}
	h := Head{Commit: strings.TrimSpace(commit)}
	// git log would run programs that verify signatures.
	text, err := output(ctx, dir, "cat-file", "commit", h.Commit)
	if err != nil {
		return Head{}, err
	}
	h.Time = commitTime(text)
	h.Remote = remoteURL(ctx, dir, remote)
	return h, nil
}

// RemoteURL returns the URL of origin as configured in the repository that contains dir.
// The URL may contain a password. It is "" without a remote origin.
func RemoteURL(ctx context.Context, dir string) string { return remoteURL(ctx, dir, "origin") }

func remoteURL(ctx context.Context, dir, remote string) string {
	url, err := output(ctx, dir, "config", "--get", "remote."+remote+".url")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(url)
}

// Branches returns the branch that is checked out in the repository that contains dir, and the
// default branch of origin, as far as they are known.
func Branches(ctx context.Context, dir string) []string {
	var out []string
	for _, ref := range [][2]string{{"HEAD", "refs/heads/"}, {"refs/remotes/origin/HEAD", "refs/remotes/origin/"}} {
		text, err := output(ctx, dir, "symbolic-ref", "--quiet", ref[0])
		if name, ok := strings.CutPrefix(strings.TrimSpace(text), ref[1]); err == nil && ok {
			out = append(out, name)
		}
	}
	return out
}

// IsBranch reports whether name is a branch of the repository that contains dir, or of its
// remote origin, and no tag.
func IsBranch(ctx context.Context, dir, name string) bool {
	has := func(prefix string) bool {
		_, err := output(ctx, dir, "show-ref", "--verify", "--quiet", prefix+name)
		return err == nil
	}
	return name != "" && name != "HEAD" && (has("refs/heads/") || has("refs/remotes/origin/")) && !has("refs/tags/")
}

// commitTime returns the time in the line "committer NAME <EMAIL> SECONDS ZONE" of a
// commit object, or the zero time if the object has no such line. Source: gitformat-commit.
func commitTime(object string) time.Time {
	header, _, _ := strings.Cut(object, "\n\n")
	for line := range strings.Lines(header) {
		if !strings.HasPrefix(line, "committer ") {
			continue
		}
		fields := strings.Fields(line[strings.LastIndexByte(line, '>')+1:])
		if len(fields) != 2 {
			break
		}
		if n, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
			return time.Unix(n, 0).UTC()
		}
	}
	return time.Time{}
}
