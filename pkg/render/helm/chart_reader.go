package helm

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/ignore"

	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// Bounds on one chart.
const (
	maxChartFiles = 20000
	maxChartBytes = 256 << 20
	maxLocalDepth = 8 // local dependencies of local dependencies
	maxDepth      = 64
)

// Charts returns the charts of tree that are not sub-charts in the charts/
// folder of another chart, sorted by folder. A chart that cannot be read has an
// Err; Charts returns an error when tree itself cannot be read.
//
// Charts follows symbolic links where tree does. The file system of an os.Root
// does not follow links out of its folder.
func Charts(tree fs.FS) ([]Chart, error) {
	x, err := newChartIndex(tree, "")
	if err != nil {
		return nil, err
	}
	out := make([]Chart, 0, len(x.dirs))
	for _, dir := range x.dirs {
		out = append(out, x.read(dir))
	}
	return out, nil
}

// read reads the chart in the folder dir, with its values files.
func (x *chartIndex) read(dir string) Chart {
	c := Chart{Dir: dir, Files: map[string][]byte{}, Values: []Values{{Name: "default values"}}}
	r := chartReader{chartIndex: x, files: c.Files, dependencyDirs: map[string]string{}}
	if c.Err = r.chart(dir, "", 0); c.Err == nil {
		c.Err = c.addValuesFiles(x.tree)
	}
	if v, err := chartutil.ReadValues(c.Files["Chart.yaml"]); err == nil {
		c.Name, _ = v["name"].(string)
	}
	if len(r.dependencyDirs) > 0 {
		c.DependencyDirs = r.dependencyDirs
	}
	return c
}

// ChartFiles returns the files that Helm loads for the chart in the folder dir
// of tree: the path in tree by the path in the chart. Dependencies are included
// when charts/ holds them or they are file:// references.
func ChartFiles(tree fs.FS, dir string) (map[string]string, error) {
	noNames := func() map[string][]chartVersion { return nil } // other dependencies are not taken from the tree
	r := chartReader{chartIndex: &chartIndex{tree: tree, byName: noNames}, files: map[string][]byte{}, sources: map[string]string{}}
	return r.sources, r.chart(dir, "", 0)
}

// addValuesFiles adds the values files next to values.yaml, such as
// values-prod.yaml, and those that chart-testing installs c with. Source:
// github.com/helm/chart-testing, ci/*-values.yaml.
func (c *Chart) addValuesFiles(tree fs.FS) error {
	seen := map[string]bool{"values.yaml": true}
	for _, pattern := range []string{"values*.yaml", "values*.yml", "*values.yaml", "*values.yml", "ci/*-values.yaml"} {
		names, err := fs.Glob(tree, path.Join(escapeGlob(c.Dir), pattern))
		if err != nil {
			return fmt.Errorf("looking for values files in %q: %w", c.Dir, err)
		}
		for _, name := range names {
			inChart := path.Join(path.Dir(pattern), path.Base(name))
			if info, err := fs.Stat(tree, name); seen[inChart] || err == nil && info.IsDir() {
				continue
			}
			seen[inChart] = true
			src, err := readBounded(tree, name)
			if err != nil {
				return err
			}
			c.Values = append(c.Values, Values{Name: inChart, Files: [][]byte{src}})
		}
	}
	return nil
}

// escapeGlob returns a pattern that matches dir only.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// A chartReader reads the files of a chart.
type chartReader struct {
	*chartIndex
	files          map[string][]byte // the result, as Chart.Files
	bytes          int               // total size of files
	dependencyDirs map[string]string // see Chart.DependencyDirs
	sources        map[string]string // as the result of ChartFiles; nil when not needed
}

// chart adds the chart in dir, and its local dependencies. prefix is the path of
// the chart in the result; it is empty or ends in a slash. depth counts local
// dependencies of local dependencies.
func (r *chartReader) chart(dir, prefix string, depth int) error {
	src, err := fs.ReadFile(r.tree, path.Join(dir, ignore.HelmIgnore))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading %s: %w", ignore.HelmIgnore, err)
	}
	rules, err := ignoreRules(src)
	if err != nil {
		return err
	}
	if src != nil {
		r.put(prefix+ignore.HelmIgnore, path.Join(dir, ignore.HelmIgnore), src)
	}
	if err := r.folder(dir, "", prefix, rules); err != nil {
		return err
	}
	if err := r.addArchives(dir, prefix); err != nil {
		return err
	}
	for name, d := range r.localDependencies(dir) {
		if depth == maxLocalDepth {
			return fmt.Errorf("local dependencies are nested more than %d deep", maxLocalDepth)
		}
		if d.byName && r.dependencyDirs != nil {
			r.dependencyDirs[name] = d.dir
		}
		if err := r.chart(d.dir, prefix+"charts/"+name+"/", depth+1); err != nil {
			return fmt.Errorf("reading the dependency %q: %w", d.dir, err)
		}
	}
	return nil
}

// folder adds the files of the folder sub of the chart in dir, except for those
// that rules ignore.
func (r *chartReader) folder(dir, sub, prefix string, rules *ignore.Rules) error {
	if strings.Count(sub, "/") > maxDepth {
		return fmt.Errorf("folders are nested more than %d deep in %q", maxDepth, dir)
	}
	entries, err := fs.ReadDir(r.tree, path.Join(dir, sub))
	if err != nil {
		return fmt.Errorf("reading the chart: %w", err)
	}
	for _, e := range entries {
		name := path.Join(sub, e.Name())
		full := path.Join(dir, name)
		isDir := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			info, err := fs.Stat(r.tree, full)
			if err != nil {
				return fmt.Errorf("following the link: %w", err)
			}
			isDir = info.IsDir()
		}
		switch {
		case isDir && e.Name() == ".git", rules.Ignore(name, fileInfo{e.Name(), isDir}):
		case isDir:
			if err := r.folder(dir, name, prefix, rules); err != nil {
				return err
			}
		default:
			if err := r.file(full, prefix+name); err != nil {
				return err
			}
		}
	}
	return nil
}

// file adds the file full of the tree as name.
func (r *chartReader) file(full, name string) error {
	data, err := readBounded(r.tree, full)
	if err != nil {
		return err
	}
	r.put(name, full, data)
	if r.bytes += len(data); r.bytes > maxChartBytes || len(r.files) > maxChartFiles {
		return fmt.Errorf("the chart has more than %d files or %s", maxChartFiles, render.FormatBytes(maxChartBytes))
	}
	return nil
}

func (r *chartReader) put(name, full string, data []byte) {
	r.files[name] = data
	if r.sources != nil {
		r.sources[name] = full
	}
}

// readBounded reads a regular file within Helm's limit of size.
func readBounded(tree fs.FS, name string) ([]byte, error) {
	f, err := tree.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading the chart: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading the chart: %q is not a regular file", name)
	}
	data, err := io.ReadAll(io.LimitReader(f, loader.MaxDecompressedFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the chart: %w", err)
	}
	if int64(len(data)) > loader.MaxDecompressedFileSize {
		return nil, fileTooLarge(name)
	}
	return data, nil
}

func fileTooLarge(name string) error {
	return fmt.Errorf("%q is larger than Helm's limit of %s", name, render.FormatBytes(loader.MaxDecompressedFileSize))
}
