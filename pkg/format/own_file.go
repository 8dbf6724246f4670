package format

import (
	"bytes"
	"path"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

// IsOwnFile reports whether the file at name is a configuration or a baseline of
// regmigrate. The start of src shows a baseline, which can have any name. Names
// of registries in such a file are not references.
func IsOwnFile(name string, src []byte) bool {
	return slices.Contains(rules.ConfigNames, path.Base(name)) || IsBaseline(src)
}

// IsBaseline reports whether src starts as a baseline of regmigrate does. The
// lines of a baseline repeat mentions of other files.
func IsBaseline(src []byte) bool {
	return bytes.HasPrefix(src, []byte(`{"regmigrate-baseline":`))
}
