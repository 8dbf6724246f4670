package walk

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// A repository is what git knows about the root: the zero value where the root
// is not the top of one.
type repository struct {
	tracked index
	doubt   string // what an ignored file's Skip should tell, since the index could not be read
}

// openRepository reads what git knows about the root, and gives top the
// patterns that hold in the whole tree.
//
// Of the files outside of the tree, those that cannot be read count as
// missing: in a container, the home folder is often another user's.
func (w *walker) openRepository(top *dir) {
	data, ok := gitDir(w.root)
	if !ok {
		return
	}
	common := commonDir(data)
	conf := readConfig(common)

	tracked, err := readIndex(filepath.Join(data, "index"), conf.hashSize())
	switch {
	case err == nil:
		w.git.tracked = tracked
	case !errors.Is(err, fs.ErrNotExist): // a repository without a commit has none
		w.git.doubt = fmt.Sprintf("git's index could not be read (%v): what git tracks may be among this", withoutPath(err))
	}
	if w.NoIgnore {
		return
	}
	// What is read later decides first: info/exclude before the user's file.
	for _, path := range []string{conf.excludesFile(w.root), filepath.Join(common, "info", "exclude")} {
		if path == "" {
			continue
		}
		if rules, err := readIgnoreFile(path, "", top.rules); err == nil {
			top.rules = rules
		}
	}
}
