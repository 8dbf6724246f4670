package format

import (
	"errors"
	"path"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// JSON is any JSON file, comments and several values in a row included.
var JSON = &Format{
	Name:   "json",
	Doc:    "JSON: Kubernetes objects and any other",
	Detect: isJSON,
	Scan:   scanJSON,
	Verify: verifyJSON,
}

func isJSON(name string, src []byte) bool {
	switch path.Ext(name) {
	case ".json", ".jsonc", ".ndjson", ".jsonl":
		return true
	}
	return false
}

func scanJSON(in Input) (ScanResult, error) {
	file, err := syntax.ParseJSON(in.Src)
	var wrong *syntax.ParseError
	if errors.As(err, &wrong) {
		return scanFallbackText(in), nil
	} else if err != nil {
		return ScanResult{}, err
	}
	in.editsEscapes = true
	in.setDocs(file.Docs)
	return detect(in, file.Docs, func(_ string, mark edit.Span) Context {
		return Context{Mark: mark, Reason: Comment, Scope: Comments}
	}), nil
}

// verifyJSON accepts edits of text that is not JSON.
func verifyJSON(c Change) error {
	_, err := syntax.ParseJSON(c.Before)
	var wrong *syntax.ParseError
	if errors.As(err, &wrong) {
		return nil // text that no parser accepts: see scanFallbackText
	}
	return syntax.VerifyJSON(c.Before, c.Edits)
}
