package helm

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/ignore"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// What one chart may be on disk.
const (
	maxChartFiles = 20000
	maxChartBytes = 256 << 20
	maxLocal      = 8 // dependencies in other folders that have such dependencies
	maxDepth      = 64
)

// Charts returns the charts of tree, sorted by folder: what `helm template`
// could be asked to render. A chart below another's charts/ is part of that
// one. A chart that cannot be read has its Err set; the error of Charts is
// one of walking tree itself.
//
// Links are followed as far as tree follows them; the file system of an
// os.Root does not leave its folder.
func Charts(tree fs.FS) ([]Chart, error) {
	x, err := newIndex(tree)
	if err != nil {
		return nil, err
	}
	out := make([]Chart, 0, len(x.dirs))
	for _, dir := range x.dirs {
		out = append(out, x.read(dir))
	}
	return out, nil
}

// read reads the chart in the folder dir, with its value sets.
func (x *index) read(dir string) Chart {
	c := Chart{Dir: dir, Files: map[string][]byte{}, Values: []Values{{Name: "default values"}}}
	g := chartReader{index: x, into: c.Files, dependencyDirs: map[string]string{}}
	if c.Err = g.chart(dir, "", 0); c.Err == nil {
		c.Err = c.addSets(x.tree)
	}
	if v, err := chartutil.ReadValues(c.Files["Chart.yaml"]); err == nil {
		c.Name, _ = v["name"].(string)
	}
	if len(g.dependencyDirs) > 0 {
		c.DependencyDirs = g.dependencyDirs
	}
	return c
}

// ChartFiles returns the files that Helm would load for the chart in the folder
// dir of tree: their path below the chart, and their path in tree. Dependencies
// are included when charts/ holds them or they are file:// references.
func ChartFiles(tree fs.FS, dir string) (map[string]string, error) {
	g := chartReader{index: &index{tree: tree}, into: map[string][]byte{}, from: map[string]string{}}
	return g.from, g.chart(dir, "", 0)
}

// addSets adds the value files that lie beside the default ones, as
// values-prod.yaml does, and those that chart-testing would install c with.
// Source: github.com/helm/chart-testing, ci/*-values.yaml.
func (c *Chart) addSets(tree fs.FS) error {
	seen := map[string]bool{"values.yaml": true}
	for _, pattern := range []string{"values*.yaml", "values*.yml", "*values.yaml", "*values.yml", "ci/*-values.yaml"} {
		names, err := fs.Glob(tree, path.Join(escapeGlob(c.Dir), pattern))
		if err != nil {
			return fmt.Errorf("looking for value files in %q: %w", c.Dir, err)
		}
		for _, name := range names {
			set := path.Join(path.Dir(pattern), path.Base(name))
			if info, err := fs.Stat(tree, name); seen[set] || err == nil && info.IsDir() {
				continue
			}
			seen[set] = true
			src, err := readBounded(tree, name)
			if err != nil {
				return err
			}
			c.Values = append(c.Values, Values{Name: set, Files: [][]byte{src}})
		}
	}
	return nil
}

// escapeGlob makes a pattern that matches just dir.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// A chartReader collects a chart's files.
type chartReader struct {
	*index
	into           map[string][]byte
	bytes          int
	dependencyDirs map[string]string // as Chart.Borrowed
	from           map[string]string // where the files are in the tree, when it is not nil
}

// chart adds the chart in dir under the path at, which is empty or ends in a
// slash; with it the dependencies that are in other folders of the tree.
func (g *chartReader) chart(dir, at string, local int) error {
	src, err := fs.ReadFile(g.tree, path.Join(dir, ignore.HelmIgnore))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading %s: %w", ignore.HelmIgnore, err)
	}
	rules, err := ignoreRules(src)
	if err != nil {
		return err
	}
	if src != nil {
		g.put(at+ignore.HelmIgnore, path.Join(dir, ignore.HelmIgnore), src)
	}
	if err := g.folder(dir, "", at, rules); err != nil {
		return err
	}
	for name, from := range g.localDependencies(dir, at) {
		if local == maxLocal {
			return fmt.Errorf("dependencies in other folders that have such dependencies, %d times over", maxLocal)
		}
		if err := g.chart(from, at+"charts/"+name+"/", local+1); err != nil {
			return fmt.Errorf("reading the dependency %q: %w", from, err)
		}
	}
	return nil
}

// folder adds the files of dir/below, which rules do not leave out.
func (g *chartReader) folder(dir, below, at string, rules *ignore.Rules) error {
	if strings.Count(below, "/") > maxDepth {
		return fmt.Errorf("folders are nested more than %d deep in %q", maxDepth, dir)
	}
	entries, err := fs.ReadDir(g.tree, path.Join(dir, below))
	if err != nil {
		return fmt.Errorf("reading the chart: %w", err)
	}
	for _, e := range entries {
		name := path.Join(below, e.Name())
		full := path.Join(dir, name)
		isDir := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			info, err := fs.Stat(g.tree, full)
			if err != nil {
				return fmt.Errorf("following the link: %w", err)
			}
			isDir = info.IsDir()
		}
		switch {
		case isDir && e.Name() == ".git", rules.Ignore(name, info{e.Name(), isDir}):
		case isDir:
			if err := g.folder(dir, name, at, rules); err != nil {
				return err
			}
		default:
			if err := g.file(full, at+name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *chartReader) file(full, name string) error {
	data, err := readBounded(g.tree, full)
	if err != nil {
		return err
	}
	g.put(name, full, data)
	if g.bytes += len(data); g.bytes > maxChartBytes || len(g.into) > maxChartFiles {
		return fmt.Errorf("the chart has more than %d files or %s", maxChartFiles, render.FormatBytes(maxChartBytes))
	}
	return nil
}

func (g *chartReader) put(name, full string, data []byte) {
	g.into[name] = data
	if g.from != nil {
		g.from[name] = full
	}
}

// readBounded reads a file that Helm would take.
func readBounded(tree fs.FS, name string) ([]byte, error) {
	f, err := tree.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading the chart: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading the chart: %q is no regular file", name)
	}
	data, err := io.ReadAll(io.LimitReader(f, loader.MaxDecompressedFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the chart: %w", err)
	}
	if int64(len(data)) > loader.MaxDecompressedFileSize {
		return nil, fmt.Errorf("%q is larger than the %s that Helm takes", name, render.FormatBytes(loader.MaxDecompressedFileSize))
	}
	return data, nil
}
