package session

import (
	"fmt"
	"io"
	"os"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// readMaps reads the files of --map.
func readMaps(f *Flags) ([]rules.Rule, error) {
	if f.MapRegistry != "" && len(f.Maps) == 0 {
		return nil, fmt.Errorf("--map-registry %q: expected with --map", f.MapRegistry)
	}
	if f.MapRegistry != "" {
		if _, err := rules.ParseRuleFlag("example.invalid=" + f.MapRegistry); err != nil {
			return nil, fmt.Errorf("--map-registry %q: expected a registry with or without a path, such as cgr.dev/example", f.MapRegistry)
		}
	}
	var out []rules.Rule
	for _, name := range f.Maps {
		src, err := readAtMost(name, rules.MaxMap)
		if err != nil {
			return nil, fmt.Errorf("--map %q: %w", name, repofile.WithoutPath(err))
		}
		list, err := rules.ReadMap(name, src, f.MapRegistry)
		if err != nil {
			return nil, fmt.Errorf("--map: %w", err)
		}
		out = append(out, list...)
	}
	return out, nil
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
