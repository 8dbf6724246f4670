package fleet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// failureKind says that a JSON object is a FailedRun.
const failureKind = "failure"

// A FailedRun is the report of a run that failed before it wrote one.
type FailedRun struct {
	Version    int    `json:"version"`
	Kind       string `json:"kind"` // failureKind
	Program    string `json:"program,omitempty"`
	Repository string `json:"repository"`
	ExitCode   int    `json:"exitCode,omitempty"`
	Reason     string `json:"reason"`
}

// maxReason is the length of a reason at most, in bytes.
const maxReason = 500

// NewFailedRun returns the report of a run. The reason is the last line of what the run
// printed that is not empty.
func NewFailedRun(repository string, exitCode int, printed io.Reader, program string) (*FailedRun, error) {
	src, err := io.ReadAll(io.LimitReader(printed, 16<<20))
	if err != nil {
		return nil, fmt.Errorf("reading what the run printed: %w", err)
	}
	reason := ""
	for line := range bytes.Lines(src) {
		if text := bytes.TrimSpace(line); len(text) > 0 {
			reason = string(text[:min(len(text), maxReason)])
		}
	}
	return &FailedRun{version, failureKind, program, repository, exitCode, strings.ToValidUTF8(reason, "?")}, nil
}

// Write writes the report as JSON.
func (f *FailedRun) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(f)
}
