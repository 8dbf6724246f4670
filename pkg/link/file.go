package link

import (
	"errors"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// A File is a scanned file.
type File struct {
	Path    string // slash-separated, relative to the root
	Src     []byte
	Scanned format.ScanResult

	// Outside says that the file is outside of the paths of the run: linkers
	// may read it, but it must not be written.
	Outside bool

	// Limit is the error of a linker that needed more of the file than may be read, or
	// nil. The file must then not be changed.
	Limit *format.LimitError
}

// ParseYAML reads f as [syntax.ParseYAML] does, and sets Limit if f has too many parts. A
// linker calls it for a file of the tree. The parameter want selects documents; nil
// selects all.
func (f *File) ParseYAML(want func(part []byte) bool) (*syntax.File, error) {
	y, err := syntax.ParseYAML(f.Src, want)
	if limit := (*format.LimitError)(nil); errors.As(err, &limit) {
		f.Limit = limit
	}
	return y, err
}
