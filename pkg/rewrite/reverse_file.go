package rewrite

import (
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// recordedPathProblem returns why name cannot be the path of a changed file, "" if it
// can.
func recordedPathProblem(name string) string {
	for element := range strings.SplitSeq(name, "/") {
		if element == "" || element == "." || element == ".." {
			return "the path is not one of a file below the root"
		}
	}
	switch {
	case strings.ContainsRune(name, 0) || !filepath.IsLocal(filepath.FromSlash(name)):
		return "the path is not one of a file below the root"
	case repofile.IsInGitFolder(name) || isShortGitName(name):
		return "the path leads into .git"
	}
	return ""
}

// isShortGitName reports whether the path name has an element that some systems read as
// .git: its short name of Windows, a trailing dot or space, a stream, or characters that
// HFS+ ignores.
func isShortGitName(name string) bool {
	for element := range strings.SplitSeq(name, "/") {
		visible := strings.Map(func(r rune) rune {
			if r >= 0x200c && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x206a && r <= 0x206f || r == 0xfeff {
				return -1
			}
			return r
		}, element)
		visible, _, _ = strings.Cut(visible, ":")
		visible = strings.TrimRight(visible, ". ")
		if strings.EqualFold(visible, ".git") || strings.EqualFold(visible, "git~1") {
			return true
		}
	}
	return false
}

// maxReversedSize is the largest size of a file that is read to reverse it, in bytes.
const maxReversedSize = 256 << 20

// readState reads a file of the recorded plan. The error is a *RecordError; a file that
// cannot be reversed has an error of its own.
func (r *reverser) readState(f *RecordedFile) (reversedFile, error) {
	out := reversedFile{file: File{Path: f.Path, Abs: filepath.Join(r.root, filepath.FromSlash(f.Path))}}
	src, err := r.read(f.Path, out.file.Abs)
	if err != nil {
		out.file.Err = err
		return out, nil
	}
	out.file.Before = src
	switch Digest(src) {
	case f.BeforeDigest:
		out.isBefore = true
		return out, nil
	case f.AfterDigest:
	default:
		out.file.Err = errChangedSince
		return out, nil
	}
	edits, err := invertRecorded(src, f.Edits)
	if err != nil {
		return out, &RecordError{f.Path, err.Error()}
	}
	restored, err := edit.Apply(src, edits)
	if err != nil {
		return out, &RecordError{f.Path, err.Error()}
	}
	if Digest(restored) != f.BeforeDigest {
		return out, &RecordError{f.Path, "the opposite edits do not restore the bytes with beforeDigest"}
	}
	out.file.Edits = edits
	r.folder.CheckAll(oneFile(f.Path, src), func(_ string, err error) {
		if err != nil {
			out.file.Err = pathlessError(err)
		}
	})
	return out, nil
}

// read returns the bytes of a regular file to which no symbolic link leads.
func (r *reverser) read(name, abs string) ([]byte, error) {
	at := r.root
	for element := range strings.SplitSeq(name, "/") {
		at = filepath.Join(at, element)
		info, err := os.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, errors.New("the file does not exist any more; restore it, for example with git checkout, and run the command again")
		case err != nil:
			return nil, repofile.WithoutPath(err)
		case info.Mode()&fs.ModeSymlink != 0:
			return nil, errors.New("a symbolic link is in its path now, and regmigrate writes through no link; put the file back in its place")
		}
	}
	src, err := repofile.ReadFile(abs, maxReversedSize)
	if err != nil {
		return nil, repofile.WithoutPath(err)
	}
	return src, nil
}

// oneFile returns a sequence with one file.
func oneFile(name string, src []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) { yield(name, src) }
}
