package helm

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/ignore"

	"github.com/regmigrate/regmigrate/internal/archive"
)

// loadChart loads a chart as Helm's directory loader does: without the files that
// .helmignore names, and without byte order marks. It checks packed sub-charts
// against the bounds of package archive before Helm unpacks them.
func loadChart(files map[string][]byte) (*chart.Chart, error) {
	rules, err := ignoreRules(files[ignore.HelmIgnore])
	if err != nil {
		return nil, err
	}
	var list []*loader.BufferedFile
	budget := archive.NewBudget()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if ignored(rules, name) {
			continue
		}
		data := bytes.TrimPrefix(files[name], []byte("\xef\xbb\xbf"))
		if int64(len(data)) > loader.MaxDecompressedFileSize {
			return nil, fileTooLarge(name)
		}
		if archive.IsPacked(name) {
			if err := budget.Read(name, data, nil); err != nil {
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

// ignored reports whether rules ignore the file name or one of its folders.
func ignored(rules *ignore.Rules, name string) bool {
	for i := 0; i < len(name); i++ {
		if name[i] == '/' && rules.Ignore(name[:i], fileInfo{path.Base(name[:i]), true}) {
			return true
		}
	}
	return rules.Ignore(name, fileInfo{path.Base(name), false})
}

// A fileInfo is a fs.FileInfo with the properties that ignore rules read.
type fileInfo struct {
	name string
	dir  bool
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return 0 }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return i.dir }
func (i fileInfo) Sys() any           { return nil }

func (i fileInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
