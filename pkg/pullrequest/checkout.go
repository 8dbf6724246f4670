package pullrequest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A treeEntry is a file in the tree of the base, as git ls-tree prints it.
type treeEntry struct{ mode, kind, id string }

// Modes of tree entries. Source: gitformat-index(5).
const (
	modeExecutable = "100755"
	modeLink       = "120000"
)

// readTree reads the tree of the base into s.files.
func (s *Session) readTree(ctx context.Context) error {
	out, err := s.git.run(ctx, gitCall{args: []string{"ls-tree", "-r", "-z", "--full-tree", s.BaseCommit}})
	if err != nil {
		return err
	}
	s.files = map[string]treeEntry{}
	for rec := range strings.SplitSeq(out, "\x00") {
		entry, name, ok := strings.Cut(rec, "\t")
		if f := strings.Fields(entry); ok && len(f) == 3 {
			s.files[name] = treeEntry{f[0], f[1], f[2]}
		}
	}
	return nil
}

// HasPath reports whether the base contains the file or folder name, which is
// slash-separated and relative to the root of the repository.
func (s *Session) HasPath(name string) bool {
	if _, ok := s.files[name]; ok || name == "." {
		return true
	}
	for f := range s.files {
		if strings.HasPrefix(f, name+"/") {
			return true
		}
	}
	return false
}

// Checkout writes the files of the base to dir, which must be empty. It writes
// the bytes of git's objects, without line ending conversion or filters, because
// these bytes are the input of the commits. dir becomes a repository with an
// index of the files and without commits.
func (s *Session) Checkout(ctx context.Context, dir string) error {
	format, err := s.git.run(ctx, gitCall{args: []string{"rev-parse", "--show-object-format"}})
	if err != nil {
		return err
	}
	if _, err := s.git.run(ctx, gitCall{args: []string{"init", "--quiet", "--template=", "--object-format=" + strings.TrimSpace(format), dir}}); err != nil {
		return err
	}
	if _, err := s.git.run(ctx, gitCall{args: []string{"read-tree", "--no-sparse-checkout", s.BaseCommit}, index: filepath.Join(dir, ".git", "index")}); err != nil {
		return err
	}
	if err := s.fetchMissingBlobs(ctx); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir) // rejects paths that leave dir
	if err != nil {
		return err
	}
	defer root.Close()
	names := make([]string, 0, len(s.files))
	var ids strings.Builder
	for name, e := range s.files {
		if e.kind != "blob" || slices.ContainsFunc(strings.Split(name, "/"), func(p string) bool { return strings.EqualFold(p, ".git") }) {
			continue
		}
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		ids.WriteString(s.files[name].id + "\n")
	}
	r, w := io.Pipe()
	failed := make(chan error, 1)
	go func() {
		err := s.writeBlobs(root, names, bufio.NewReaderSize(r, 1<<20))
		r.CloseWithError(err)
		failed <- err
	}()
	err = s.git.stream(ctx, gitCall{args: []string{"cat-file", "--batch"}, stdin: strings.NewReader(ids.String())}, w)
	w.Close()
	if e := <-failed; e != nil {
		return fmt.Errorf("checking out %s at %.12s: %w", s.Base, s.BaseCommit, e)
	}
	return err
}

// fetchMissingBlobs fetches the objects of the base that a partial clone (git
// clone --filter) does not have, in one request. git itself would fetch them one
// by one and without the token.
func (s *Session) fetchMissingBlobs(ctx context.Context) error {
	if _, err := s.git.run(ctx, gitCall{args: []string{"config", "--get-regexp", `^(remote\..*\.promisor|extensions\.partialclone)$`}}); err != nil {
		return nil // not a partial clone
	}
	out, err := s.git.run(ctx, gitCall{args: []string{"rev-list", "--objects", "--no-walk", "--missing=print", s.BaseCommit}})
	if err != nil {
		return err
	}
	var ids strings.Builder
	for _, l := range lines(out) {
		if id, missing := strings.CutPrefix(l, "?"); missing {
			ids.WriteString(id + "\n")
		}
	}
	if ids.Len() == 0 {
		return nil
	}
	_, err = s.git.run(ctx, gitCall{remote: s.o.Remote, stdin: strings.NewReader(ids.String()), config: []string{"fetch.negotiationAlgorithm=noop"}, args: []string{
		"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=", "--stdin", "--", s.o.Remote}})
	if err != nil {
		return s.remoteProblem(err, s.o.Remote)
	}
	return nil
}

// writeBlobs reads the output of git cat-file --batch from r and writes one file
// per object to the files names.
func (s *Session) writeBlobs(root *os.Root, names []string, r *bufio.Reader) error {
	made := map[string]bool{".": true}
	for _, name := range names {
		head, err := r.ReadString('\n')
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		f := strings.Fields(head) // id, type, size
		if len(f) != 3 {
			return fmt.Errorf("%s: unexpected output of git cat-file: %q", name, strings.TrimSpace(head))
		}
		size, err := strconv.ParseInt(f[2], 10, 64)
		if err != nil {
			return err
		}
		if dir := path.Dir(name); !made[dir] {
			if err := root.MkdirAll(filepath.FromSlash(dir), 0o777); err != nil {
				return err
			}
			made[dir] = true
		}
		if err := writeBlob(root, name, s.files[name].mode, io.LimitReader(r, size)); err != nil {
			return err
		}
		if _, err := r.Discard(1); err != nil { // the line break after each object
			return err
		}
	}
	_, err := io.Copy(io.Discard, r)
	return err
}

func writeBlob(root *os.Root, name, mode string, src io.Reader) error {
	file := filepath.FromSlash(name)
	if mode == modeLink {
		to, err := io.ReadAll(src)
		if err != nil {
			return err
		}
		_ = root.Symlink(filepath.FromSlash(string(to)), file) // fails where links are not supported; links are not followed anyway
		return nil
	}
	perm := fs.FileMode(0o666)
	if mode == modeExecutable {
		perm = 0o777
	}
	f, err := root.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: another file has the same name except for upper and lower case, which this file system does not distinguish", name)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(f, src)
	return errors.Join(err, f.Close())
}
