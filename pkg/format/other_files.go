package format

import (
	"io/fs"
	"path"
	"sync"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// OtherFiles are the files of a repository that say how a file is used: the Compose files
// beside an environment file, the Dockerfile of a build. Nil has no files.
type OtherFiles struct {
	root string
	tree fs.FS // in the place of root

	dockerfiles sync.Map // of map[string][]*variableUse, by path
	folders     sync.Map // of folder, by path
}

// Limits of OtherFiles.
const (
	maxOtherFile  = 1 << 20  // bytes of a file
	maxOtherFiles = 1000     // of a folder
	maxComposeUse = 4 << 20  // bytes of the Compose files in a folder, for all environment files there
	maxFolderUse  = 64 << 20 // bytes of all files in a folder, for all environment files there
)

// NewOtherFiles returns the files of the repository in the folder root; nil if root is "".
// It does not follow symbolic links out of the repository.
func NewOtherFiles(root string) *OtherFiles {
	if root == "" {
		return nil
	}
	return &OtherFiles{root: root}
}

// OtherFilesOf returns the files of tree.
func OtherFilesOf(tree fs.FS) *OtherFiles { return &OtherFiles{tree: tree} }

// read returns the content of the file at a slash-separated path, nil if there is none.
func (o *OtherFiles) read(name string) (src []byte) {
	o.open(name, func(tree fs.FS) {
		if info, err := fs.Stat(tree, name); err == nil && info.Mode().IsRegular() && info.Size() <= maxOtherFile {
			src, _ = fs.ReadFile(tree, name)
		}
	})
	return src
}

// A folder is what OtherFiles knows of a folder.
type folder struct {
	files []string // the paths of its regular files, sorted; nil if they are too many

	// tooMany reports that the folder has too many files to read its Compose files and
	// scripts for each of its environment files.
	tooMany bool
}

// folder returns what is in a folder. It reads each folder once.
func (o *OtherFiles) folder(dir string) folder {
	if o == nil {
		return folder{}
	}
	if known, ok := o.folders.Load(dir); ok {
		return known.(folder)
	}
	var f folder
	o.open(dir, func(tree fs.FS) {
		entries, err := fs.ReadDir(tree, dir)
		if err == nil {
			f = newFolder(dir, entries)
		}
	})
	o.folders.Store(dir, f)
	return f
}

func newFolder(dir string, entries []fs.DirEntry) (f folder) {
	var environments, compose, all int64
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		f.files = append(f.files, path.Join(dir, e.Name()))
		if info.Size() > maxOtherFile {
			continue
		}
		all += info.Size()
		if IsEnvironment(e.Name()) {
			environments++
		}
		if IsCompose(e.Name()) {
			compose += info.Size()
		}
	}
	if len(entries) > maxOtherFiles {
		f.files = nil
	}
	f.tooMany = compose > 0 && (f.files == nil || environments*compose > maxComposeUse || environments*all > maxFolderUse)
	return f
}

// open calls do with the tree, unless name is no path in it.
func (o *OtherFiles) open(name string, do func(tree fs.FS)) {
	if o == nil || !fs.ValidPath(name) || repofile.IsInGitFolder(name) {
		return
	}
	if o.tree != nil {
		do(o.tree)
		return
	}
	d, err := repofile.OpenDir(o.root)
	if err != nil {
		return
	}
	defer d.Close()
	do(d)
}
