package format

import (
	"io/fs"
	"path"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// OtherFiles are the files of a repository that say how a file is used: the Compose files
// beside an environment file, the Dockerfile of a build. Nil has no files.
type OtherFiles struct {
	root string
	tree fs.FS // in the place of root
}

// Limits of OtherFiles.
const (
	maxOtherFile  = 1 << 20 // bytes of a file
	maxOtherFiles = 1000    // of a folder
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

// beside returns the paths of the files in a folder, sorted.
func (o *OtherFiles) beside(dir string) (out []string) {
	o.open(dir, func(tree fs.FS) {
		entries, err := fs.ReadDir(tree, dir)
		if err != nil || len(entries) > maxOtherFiles {
			return
		}
		for _, e := range entries {
			if e.Type().IsRegular() {
				out = append(out, path.Join(dir, e.Name()))
			}
		}
	})
	return out
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
