package rewrite

import (
	"slices"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// composeFiles returns the files with a name of a Compose file, sorted.
func (r *reader) composeFiles() []string {
	var files []string
	for _, name := range r.yaml {
		if format.IsCompose(name) {
			files = append(files, name)
		}
	}
	return files
}

// readComposeFiles scans the files again that Compose files include or extend: they
// are Compose files, whatever their names are.
func (r *reader) readComposeFiles() {
	files := r.composeFiles()
	for len(files) > 0 {
		src := r.readRaw(files[0])
		named := format.ComposeFiles(files[0], src)
		files = files[1:]
		for _, name := range named {
			if _, isScanned := slices.BinarySearch(r.yaml, name); !isScanned || r.as[name] != "" || format.IsCompose(name) {
				continue
			}
			if r.as == nil {
				r.as = map[string]string{}
			}
			r.as[name] = format.ComposeName
			files = append(files, name)
			r.scanAgain(name)
		}
	}
}

// scanAgain scans the file at path, which was scanned before.
func (r *reader) scanAgain(path string) {
	f, src := r.readAny(path)
	if src == nil {
		return
	}
	found := r.scan(f, src)
	i, known := slices.BinarySearchFunc(r.files, path, func(f *scannedFile, path string) int {
		switch {
		case f.file.Path < path:
			return -1
		case f.file.Path > path:
			return 1
		}
		return 0
	})
	switch {
	case known:
		r.files[i] = found
	case len(found.contents.Occurrences) > 0:
		r.files = slices.Insert(r.files, i, found)
	}
}
