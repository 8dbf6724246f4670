package format

import (
	"bytes"
	"fmt"
)

// Limits of the parts of one file. A tree needs a hundred times the memory of its text:
// the comments say about how much a part needs. docs/limits.md lists all limits.
const (
	maxDocuments = 50_000  // YAML documents; 7 kB each
	maxParts     = 500_000 // parts of YAML, JSON, TOML and templates, see countParts; 1.3 kB each
	maxLines     = 250_000 // lines NAME=VALUE, and of units; 1.6 kB each
)

// A LimitError says that a file has more parts than are read into memory. The file is
// searched for mentions, and not changed.
type LimitError struct {
	Parts string // what the file has too much of, such as "YAML documents"
	Max   int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("it has more than %d %s; such files are only searched", e.Max, e.Parts)
}

// checkLimits returns a *LimitError if src has too many parts for the format.
func (f *Format) checkLimits(src []byte) error {
	switch f.Name {
	case "yaml", "template":
		if 4*maxDocuments < len(src) && countDocuments(src) > maxDocuments {
			return &LimitError{"YAML documents", maxDocuments}
		}
		fallthrough
	case "json", "toml":
		if maxParts < len(src) && f.countParts(src) > maxParts {
			return &LimitError{"lines, keys and items", maxParts}
		}
	case "env", "quadlet":
		if maxLines < len(src) && bytes.Count(src, []byte("\n")) > maxLines {
			return &LimitError{"lines", maxLines}
		}
	}
	return nil
}

// countParts returns a number that is not smaller than that of the nodes in the tree of
// src. It counts the characters that begin a node; those in strings, too.
func (f *Format) countParts(src []byte) int {
	n := 1
	for i, c := range src {
		switch c {
		case ',', ':', '[', '{':
			n++
		case '\n':
			if f.Name != "json" {
				n++
			}
		case '-', '?': // an item or a key, if a blank follows
			if f.Name != "json" && i+1 < len(src) && (src[i+1] == ' ' || src[i+1] == '\t') {
				n++
			}
		case '.', '=': // in a key of TOML
			if f.Name == "toml" {
				n++
			}
		}
	}
	return n
}

// countDocuments returns the number of lines that begin a YAML document.
func countDocuments(src []byte) int {
	n := bytes.Count(src, []byte("\n---"))
	if bytes.HasPrefix(src, []byte("---")) {
		n++
	}
	return n
}
