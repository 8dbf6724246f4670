//go:build !unix

package rewrite

import "os"

// open opens the file at path for reading.
func open(path string) (*os.File, error) { return os.Open(path) }
