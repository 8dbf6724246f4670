package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// ConfigName is the usual name of the configuration file.
var ConfigName = rules.ConfigNames[0]

// unreadNames are names that people give to a configuration, and that are not read.
// Files of the last three names may have another purpose.
var unreadNames = []string{".regmigrate", ".regmigrate.toml", "regmigrate.yaml", "regmigrate.yml", "regmigrate.json"}

// configKeys matches a key that a configuration has, and a Kubernetes object does
// not have.
var configKeys = regexp.MustCompile(`(?m)^(?:presets|rules)\s*:|^\s*\{?\s*"(?:presets|rules)"\s*:`)

// configIn returns the configuration file of the folder dir of the repository at root,
// or "". It returns an error if the folder has two configurations, and if it has only a
// file whose name is almost right: without that error, the run would have other rules
// than the user thinks.
func configIn(root, dir string) (string, error) {
	found := ""
	for _, name := range rules.ConfigNames {
		file := filepath.Join(dir, name)
		switch _, err := os.Lstat(file); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return "", fmt.Errorf("looking for a configuration: %w", err)
		case found != "":
			return "", fmt.Errorf("looking for a configuration: %q has both %s and %s\n  keep one of them, or choose one with --config", dir, filepath.Base(found), name)
		default:
			found = file
		}
	}
	if found != "" {
		return found, nil
	}
	for _, name := range unreadNames {
		switch ok, err := isConfig(root, filepath.Join(dir, name)); {
		case err != nil:
			return "", fmt.Errorf("looking for a configuration: %w", err)
		case ok:
			return "", fmt.Errorf("looking for a configuration: %q is not read, because of its name\n  rename it to %s, or use --config", filepath.Join(dir, name), ConfigName)
		}
	}
	return "", nil
}

// isConfig reports whether the file has the keys of a configuration.
func isConfig(root, file string) (bool, error) {
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, nil
	}
	rel, err := relativeFile(root, file)
	if err != nil {
		return false, nil
	}
	src, _, err := readIn(root, rel, maxConfig)
	if err != nil && !repofile.IsAbsent(err) && !errors.Is(err, repofile.ErrIrregular) && !errors.As(err, new(*repofile.TooLargeError)) {
		return false, fmt.Errorf("reading %q: %w", file, err)
	}
	return err == nil && (filepath.Ext(file) == ".toml" || configKeys.Match(src)), nil
}
