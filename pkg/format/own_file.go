package format

import (
	"bytes"
	"path"
)

// IsOwnFile reports whether the file called name is one of the program's own: its
// configuration, or a baseline, which the first line of src tells whatever its
// name is. What such a file names is no use of it.
func IsOwnFile(name string, src []byte) bool {
	return path.Base(name) == ".regmigrate.yaml" || bytes.HasPrefix(src, []byte(`{"regmigrate-baseline":`))
}
