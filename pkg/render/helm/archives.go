package helm

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"

	"github.com/regmigrate/regmigrate/internal/archive"
	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/internal/repofile"
)

// Archives are the packed charts of a folder: the dependencies of charts whose charts/
// folder does not have them.
type Archives struct {
	dir   string
	names []string // NAME-VERSION.tgz, sorted
}

// OpenArchives lists the packed charts in the folder dir.
func OpenArchives(dir string) (*Archives, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for packed charts: %w", err)
	}
	a := &Archives{dir: dir}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".tgz") {
			a.names = append(a.names, e.Name())
		}
	}
	return a, nil
}

// find returns the file of the chart name: with the locked version if there is one, else the
// only one whose version is in the range. It returns "" for none, or for several.
func (a *Archives) find(name, versions, locked string) string {
	found := ""
	for _, file := range a.names {
		version, ok := strings.CutPrefix(strings.TrimSuffix(file, ".tgz"), name+"-")
		if !ok || version == "" || version[0] != 'v' && (version[0] < '0' || version[0] > '9') {
			continue
		}
		if locked != "" && version != locked || !chartutil.IsCompatibleRange(versions, version) {
			continue
		}
		if found != "" {
			return ""
		}
		found = file
	}
	return found
}

// read returns the content of a file, which must be the packed chart name.
func (a *Archives) read(file, name string) ([]byte, error) {
	data, err := repofile.ReadFile(filepath.Join(a.dir, file), loader.MaxDecompressedFileSize)
	if err != nil {
		return nil, fmt.Errorf("reading the packed chart: %w", err)
	}
	if !archive.IsGzip(data) {
		return nil, fmt.Errorf("%s is not a packed chart", filepath.Join(a.dir, file))
	}
	found := ""
	err = archive.NewBudget().Read(file, data, func(entry string, _ int64, body io.Reader) error {
		_, inner, _ := strings.Cut(entry, "!")
		if path.Base(inner) != chartFile || strings.Count(inner, "/") != 1 {
			return nil
		}
		src, err := io.ReadAll(io.LimitReader(body, loader.MaxDecompressedFileSize))
		if err != nil {
			return err
		}
		if v, err := chartutil.ReadValues(src); err == nil {
			found, _ = v["name"].(string)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the packed chart: %w", err)
	}
	if found != name {
		return nil, fmt.Errorf("%s: expected the chart %q, got %q", filepath.Join(a.dir, file), name, found)
	}
	return data, nil
}

// WithArchives returns a Tree whose charts have the dependencies of a that their charts/
// folders and the tree do not have. With nil it returns t.
func (t *Tree) WithArchives(a *Archives) *Tree {
	if a == nil {
		return t
	}
	return &Tree{t.index.withArchives(a)}
}

func (x *chartIndex) withArchives(a *Archives) *chartIndex {
	out := *x
	out.archives = a
	return &out
}

// addArchives adds the dependencies of the chart in dir that only the archives have. prefix
// is the path of the chart in the result.
func (r *chartReader) addArchives(dir, prefix string) error {
	if r.archives == nil {
		return nil
	}
	list, locked := r.dependencies(dir), map[string]string{}
	for _, file := range []string{"Chart.lock", "requirements.lock"} {
		for _, d := range r.dependenciesIn(path.Join(dir, file)) {
			locked[d.name] = cmp.Or(locked[d.name], d.version)
		}
	}
	seen := map[string]bool{}
	for _, d := range list {
		if seen[d.name+"\n"+d.version] || strings.HasPrefix(d.repository, "file://") || r.hasChart(path.Join(dir, "charts"), d.name) || r.findDependency(dir, d.name, d.repository, d.version).dir != "" {
			continue
		}
		seen[d.name+"\n"+d.version] = true
		isTwice := slices.ContainsFunc(list, func(o dependency) bool { return o.name == d.name && o.version != d.version })
		version := locked[d.name]
		if isTwice {
			version = "" // the lock file has one for each
		}
		file := r.archives.find(d.name, d.version, version)
		if file == "" {
			continue
		}
		data, err := r.archives.read(file, d.name)
		if err != nil {
			return err
		}
		r.files[prefix+"charts/"+file] = data
		if r.bytes += len(data); r.bytes > maxChartBytes {
			return fmt.Errorf("the chart has more than %d bytes", maxChartBytes)
		}
	}
	return nil
}
