package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// A qualityIssue is an issue in the report of Code Quality. Source: "Code quality
// report format" of GitLab, a part of the specification of Code Climate.
type qualityIssue struct {
	Type        string          `json:"type"`
	Description string          `json:"description"`
	Check       string          `json:"check_name"`
	Categories  []string        `json:"categories"`
	Fingerprint string          `json:"fingerprint"`
	Severity    string          `json:"severity"`
	Location    qualityLocation `json:"location"`
}

type qualityLocation struct {
	Path  string `json:"path"`
	Lines struct {
		Begin int `json:"begin"`
	} `json:"lines"`
}

// writeCodeQuality writes results as a report of Code Quality, which GitLab and Code
// Climate read: a JSON array. A result without a line has line 1, and a result
// without a file the path ".".
func writeCodeQuality(w io.Writer, p *rewrite.Plan, o Options) error {
	severity := map[string]string{"error": "major", "warning": "minor", "note": "info"}
	issues := []qualityIssue{}
	add := func(check, level, text, path string, line int, fingerprint string) {
		file, inner, isPacked := packedPath(path)
		if isPacked {
			text, line = text+" File in the archive: "+escape(inner)+".", 1
		}
		x := qualityIssue{"issue", text, check, []string{"Compatibility"}, fingerprint, severity[level], qualityLocation{Path: orDot(file)}}
		x.Location.Lines.Begin = max(line, 1)
		issues = append(issues, x)
	}
	for _, r := range results(p, o) {
		add(r.rule, r.level, r.text, r.finding.file.Path, r.finding.Line, r.fingerprint)
	}
	s := summarize(p, o)
	seen := map[string]int{}
	for _, r := range runResults(p, &s) {
		if r.kind == proofResult && r.level == "note" {
			continue // a proof that holds is not an issue
		}
		key := r.kind + "\x00" + r.path + "\x00" + r.text
		sum := sha256.Sum256([]byte(key + "\x00" + strconv.Itoa(seen[key])))
		seen[key]++
		add(r.kind, r.level, escape(r.text), r.path, r.line, hex.EncodeToString(sum[:16]))
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(issues); err != nil {
		return fmt.Errorf("writing the Code Quality report: %w", err)
	}
	return nil
}

// orDot returns path, or "." if path is empty.
func orDot(path string) string {
	if path == "" {
		return "."
	}
	return path
}
