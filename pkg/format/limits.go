package format

import (
	"bytes"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// Limits of the parts of one file. A tree needs a hundred times the memory of its text:
// the comments say about how much a part needs. docs/limits.md lists all limits.
const (
	maxParts = 500_000 // parts of JSON, TOML and templates, see countParts; 1.3 kB each
	maxLines = 250_000 // lines NAME=VALUE, and of units; 1.6 kB each
)

// A LimitError says that a file has more parts than are read into memory. The file is
// searched for mentions, and not changed.
type LimitError = syntax.LimitError

// checkLimits returns a *LimitError if src has too many parts for the format. The limits
// of YAML are those of [syntax.ParseYAML], which counts the documents that it reads.
func (f *Format) checkLimits(src []byte) error {
	switch f.Name {
	case "json", "toml":
		return checkParts(f.Name, src)
	case "env", "quadlet":
		if maxLines < len(src) && bytes.Count(src, []byte("\n")) > maxLines {
			return &LimitError{Parts: "lines", Max: maxLines}
		}
	}
	return nil
}

// checkParts returns a *LimitError if src, in the syntax json, toml or template, has too
// many parts.
func checkParts(language string, src []byte) error {
	if maxParts < len(src) && countParts(language, src) > maxParts {
		return &LimitError{Parts: "lines, keys and items", Max: maxParts}
	}
	return nil
}

// countParts returns a number that is not smaller than that of the nodes in the tree of
// src. It counts the characters that begin a node; those in strings, too.
func countParts(language string, src []byte) int {
	if language == "template" { // of YAML, if it has parts
		_, n := syntax.CountYAMLParts(src)
		return n
	}
	n := 1
	for _, c := range src {
		switch c {
		case ',', ':', '[', '{':
			n++
		case '\n':
			if language != "json" {
				n++
			}
		case '.', '=': // in a key of TOML
			if language == "toml" {
				n++
			}
		}
	}
	return n
}
