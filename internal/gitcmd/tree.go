package gitcmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// A Tree has the files of a commit, as a file system. Symbolic links are followed
// within the tree. Submodules are not part of it. Several goroutines may use a Tree.
//
// Contents are those of git's objects: no line ending is converted, and no filter
// runs. Opening a file that a filter has to convert, or whose object is missing, is
// an error that says so.
type Tree struct {
	ctx     context.Context
	dir     string
	rev     string
	entries map[string]*entry

	objects objects

	attributesOnce sync.Once
	attributes     map[string]attributes
	attributesErr  error

	autoCRLFOnce  sync.Once
	autoCRLFValue string
}

// An entry is a file, a symbolic link or a folder of a tree.
type entry struct {
	name     string // the last element of its path
	mode     fs.FileMode
	object   string   // the name of the blob
	children []string // of a folder, sorted: names
}

// ErrUnknownRevision says that the repository does not have the commit. The error
// that wraps it has the message of git, if there is one.
var ErrUnknownRevision = errors.New("no such commit, branch or tag")

// OpenTree returns the tree of the commit rev of the repository whose work tree is
// the folder dir. Close ends the process that reads its files. The error wraps
// ErrUnknownRevision or exec.ErrNotFound.
func OpenTree(ctx context.Context, dir, rev string) (*Tree, error) {
	if _, err := output(ctx, dir, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{tree}"); errors.Is(err, exec.ErrNotFound) {
		return nil, err
	} else if err != nil {
		return nil, &revisionError{err}
	}
	list, err := output(ctx, dir, "ls-tree", "-r", "-z", "--full-tree", rev)
	if err != nil {
		return nil, fmt.Errorf("listing the files of %s: %w", rev, err)
	}
	t := &Tree{ctx: ctx, dir: dir, rev: rev, entries: map[string]*entry{".": {name: ".", mode: fs.ModeDir | 0o755}}}
	for line := range strings.SplitSeq(list, "\x00") {
		t.add(line)
	}
	for _, e := range t.entries {
		slices.Sort(e.children)
	}
	t.objects = objects{ctx: ctx, dir: dir}
	// Without the attributes no file can be compared, and nothing would be proven.
	if _, err := t.attributesOf("."); err != nil {
		return nil, err
	}
	return t, nil
}

// A revisionError is an error of git for a name of a commit.
type revisionError struct{ git error }

func (e *revisionError) Error() string   { return e.git.Error() }
func (e *revisionError) Unwrap() []error { return []error{ErrUnknownRevision, e.git} }

// IsShallow reports whether the repository that contains dir is a shallow clone.
func IsShallow(ctx context.Context, dir string) bool {
	out, err := output(ctx, dir, "rev-parse", "--is-shallow-repository")
	return err == nil && strings.TrimSpace(out) == "true"
}

// dubiousOwner matches git's error about a repository of another user, as in a container
// that runs as root.
var dubiousOwner = regexp.MustCompile(`detected dubious ownership in repository at '(.*)'`)

// output runs git and returns its standard output. The error has its standard error.
func output(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := Command(ctx, dir, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(stderr.String())
		if m := dubiousOwner.FindStringSubmatch(text); m != nil {
			return "", fmt.Errorf("git does not trust %[1]q, which belongs to another user\n  git config --global --add safe.directory %[1]q makes git trust it", m[1])
		}
		if text != "" {
			return "", errors.New(strings.TrimPrefix(text, "fatal: "))
		}
		return "", err
	}
	return stdout.String(), nil
}

// add adds a line of git ls-tree -z: MODE TYPE OBJECT, a tab and the path.
func (t *Tree) add(line string) {
	info, name, ok := strings.Cut(line, "\t")
	fields := strings.Fields(info)
	if !ok || len(fields) != 3 || fields[1] != "blob" || !fs.ValidPath(name) {
		return
	}
	mode := fs.FileMode(0o644)
	switch fields[0] {
	case "120000":
		mode = fs.ModeSymlink | 0o777
	case "100755":
		mode = 0o755
	}
	t.entries[name] = &entry{name: path.Base(name), mode: mode, object: fields[2]}
	for name != "." {
		dir := path.Dir(name)
		parent := t.entries[dir]
		known := parent != nil
		if !known {
			parent = &entry{name: path.Base(dir), mode: fs.ModeDir | 0o755}
			t.entries[dir] = parent
		}
		parent.children = append(parent.children, path.Base(name))
		if known {
			return
		}
		name = dir
	}
}

// Close ends the process of git.
func (t *Tree) Close() error { return t.objects.close() }

// Open opens the file or folder called name, as fs.FS requires.
func (t *Tree) Open(name string) (fs.File, error) {
	fail := func(err error) (fs.File, error) { return nil, &fs.PathError{Op: "open", Path: name, Err: err} }
	target, err := repofile.Follow(name, t.link)
	if err != nil {
		return fail(err)
	}
	e := t.entries[target]
	switch {
	case e == nil:
		return fail(fs.ErrNotExist)
	case e.mode.IsDir():
		return &openDir{info{e, 0}, t.list(target), 0}, nil
	}
	src, err := t.read(target, e)
	if err != nil {
		return fail(err)
	}
	return &openFile{info{e, int64(len(src))}, bytes.NewReader(src)}, nil
}

// read returns the content of the file e at name.
func (t *Tree) read(name string, e *entry) ([]byte, error) {
	a, err := t.attributesOf(name)
	if err != nil {
		return nil, err
	}
	if filter := a.filter(); filter != "" {
		return nil, fmt.Errorf("git converts this file (%s), and regmigrate runs no filters", filter)
	}
	src, err := t.objects.read(e.object)
	if errors.Is(err, errMissing) {
		return nil, fmt.Errorf("the file is not in this partial clone, and nothing is fetched; to fetch it: git cat-file -e %s:%s", t.rev, name)
	}
	if err == nil && bytes.HasPrefix(src, []byte("version https://git-lfs.github.com/spec/")) {
		return nil, errors.New("the file is stored in Git LFS, and regmigrate fetches nothing")
	}
	return src, err
}

// link returns the target of the symbolic link called name, and false for another file.
func (t *Tree) link(name string) (string, bool) {
	e := t.entries[name]
	if e == nil || e.mode&fs.ModeSymlink == 0 {
		return "", false
	}
	target, err := t.objects.read(e.object)
	return string(target), err == nil
}

// ReadLink returns the target of the symbolic link called name.
func (t *Tree) ReadLink(name string) (string, error) {
	if target, ok := t.link(name); ok {
		return target, nil
	}
	return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
}

// Lstat describes the file called name, and not what a symbolic link leads to.
func (t *Tree) Lstat(name string) (fs.FileInfo, error) {
	if e := t.entries[name]; e != nil {
		return info{e, 0}, nil
	}
	return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist}
}

func (t *Tree) list(dir string) []fs.DirEntry {
	var out []fs.DirEntry
	for _, name := range t.entries[dir].children {
		out = append(out, fs.FileInfoToDirEntry(info{t.entries[path.Join(dir, name)], 0}))
	}
	return out
}

// info describes an entry. The size of a file that is not open is 0: git would have
// to read the object.
type info struct {
	*entry
	size int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }

// openFile is an open file.
type openFile struct {
	info
	*bytes.Reader
}

func (f *openFile) Size() int64                { return f.info.Size() }
func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

// openDir is an open folder.
type openDir struct {
	info
	entries []fs.DirEntry
	next    int
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error)   { return 0, errors.New("is a directory") }

// ReadDir returns the next n entries of the folder, as fs.ReadDirFile requires.
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := d.entries[d.next:]
	if n <= 0 {
		d.next = len(d.entries)
		return rest, nil
	}
	if len(rest) == 0 {
		return nil, io.EOF
	}
	rest = rest[:min(n, len(rest))]
	d.next += len(rest)
	return rest, nil
}
