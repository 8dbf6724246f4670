package session

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// readMaps reads the files of --map. It also returns a description of each.
func readMaps(f *Flags) (out []rules.Rule, described []string, err error) {
	if f.MapRegistry != "" && len(f.Maps) == 0 {
		return nil, nil, fmt.Errorf("--map-registry %q: expected with --map", f.MapRegistry)
	}
	if f.MapRegistry != "" {
		if _, err := rules.ParseRuleFlag("example.invalid=" + f.MapRegistry); err != nil {
			return nil, nil, fmt.Errorf("--map-registry %q: expected a registry with or without a path, such as cgr.dev/example", f.MapRegistry)
		}
	}
	for _, name := range f.Maps {
		src, err := readAtMost(name, rules.MaxMap)
		if err != nil {
			return nil, nil, fmt.Errorf("--map %q: %w", name, repofile.WithoutPath(err))
		}
		list, skipped, err := rules.ReadMap(name, src, f.MapRegistry)
		if err != nil {
			return nil, nil, fmt.Errorf("--map: %w", err)
		}
		text := "map " + filepath.Base(name)
		if skipped.String() != "" {
			text += " (" + skipped.String() + ")"
		}
		out, described = append(out, list...), append(described, text)
	}
	return out, described, nil
}

// readAtMost reads a file that the user named, and at most one byte more than limit.
func readAtMost(name string, limit int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, limit+1))
}
