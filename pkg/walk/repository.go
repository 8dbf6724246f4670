package walk

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// A repository holds the git data about the root. It is the zero value if the
// root is not the top of a repository.
type repository struct {
	tracked  index
	hasIndex bool   // tracked says which files git tracks; a new repository tracks none
	warning  string // Detail of the skips of ignored files, set if the index could not be read
}

// openRepository reads the git data of the root, and adds the patterns that
// apply to the whole tree to top.
//
// A file outside the tree that the user may not read counts as missing, as for git:
// in a container, the home folder often belongs to another user. It is an error if the
// system cannot say whether the root is a repository, or what the other files contain:
// the run would scan files that git ignores.
func (w *walker) openRepository(top *dir) error {
	data, ok, err := gitDir(w.root)
	if err != nil {
		return fmt.Errorf("reading the repository: %w", err)
	}
	if !ok {
		return nil
	}
	common, err := commonDir(data)
	if err != nil {
		return fmt.Errorf("reading the repository: %w", err)
	}
	conf, err := readConfig(common)
	if err != nil {
		return fmt.Errorf("reading git's configuration: %w", err)
	}
	tracked, err := readIndex(filepath.Join(data, "index"), conf.hashSize())
	switch {
	case err == nil:
		w.git.tracked, w.git.hasIndex = tracked, true
	case errors.Is(err, fs.ErrNotExist): // a new repository has no index
		w.git.hasIndex = true
	default:
		w.git.warning = fmt.Sprintf("git's index could not be read (%v); git may track this file", repofile.WithoutPath(err))
	}
	if w.NoIgnore {
		return nil
	}
	// The file that is read last has priority: info/exclude over the user's file.
	users, own := conf.excludesFile(w.root), filepath.Join(common, "info", "exclude")
	for _, path := range []string{users, own} {
		if path == "" {
			continue
		}
		rules, err := readIgnoreFile(path, "", top.rules)
		if isUncertain(err) && (path == own || !errors.Is(err, fs.ErrPermission)) {
			return fmt.Errorf("reading the patterns of files that git ignores: %w", err)
		}
		if err == nil {
			top.rules = rules
		}
	}
	return nil
}
