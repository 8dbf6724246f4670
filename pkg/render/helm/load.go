package helm

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/ignore"

	"github.com/regmigrate/regmigrate/internal/archive"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// load reads a chart as Helm's directory loader does: files that .helmignore
// names are left out, and a byte order mark is cut off. Packed sub-charts are
// looked at before Helm unpacks them.
func load(files map[string][]byte) (*chart.Chart, error) {
	rules, err := ignoreRules(files[ignore.HelmIgnore])
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	var list []*loader.BufferedFile
	room := archive.NewBudget()
	for _, name := range names {
		if ignored(rules, name) {
			continue
		}
		data := bytes.TrimPrefix(files[name], []byte("\xef\xbb\xbf"))
		if int64(len(data)) > loader.MaxDecompressedFileSize {
			return nil, fmt.Errorf("%s is larger than the %s that Helm takes", name, render.FormatBytes(loader.MaxDecompressedFileSize))
		}
		if archive.IsPacked(name) {
			if err := room.Read(name, data, nil); err != nil {
				return nil, err
			}
		}
		list = append(list, &loader.BufferedFile{Name: name, Data: data})
	}
	c, err := loader.LoadFiles(list)
	if err != nil {
		return nil, fmt.Errorf("loading the chart: %w", err)
	}
	return c, nil
}

func ignoreRules(src []byte) (*ignore.Rules, error) {
	rules, err := ignore.Parse(bytes.NewReader(src))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", ignore.HelmIgnore, err)
	}
	rules.AddDefaults()
	return rules, nil
}

// ignored reports whether rules leave out the file name or a folder above it.
func ignored(rules *ignore.Rules, name string) bool {
	for i := 0; i < len(name); i++ {
		if name[i] == '/' && rules.Ignore(name[:i], info{path.Base(name[:i]), true}) {
			return true
		}
	}
	return rules.Ignore(name, info{path.Base(name), false})
}

// An info is what the ignore rules want to know of a file.
type info struct {
	name string
	dir  bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return 0 }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.dir }
func (i info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
