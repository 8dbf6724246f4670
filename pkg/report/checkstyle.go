package report

import (
	"encoding/xml"
	"io"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

type checkstyleReport struct {
	XMLName xml.Name         `xml:"checkstyle"`
	Version string           `xml:"version,attr"`
	Files   []checkstyleFile `xml:"file"`
}

type checkstyleFile struct {
	Name   string            `xml:"name,attr"`
	Errors []checkstyleError `xml:"error"`
}

type checkstyleError struct {
	Line     int    `xml:"line,attr,omitempty"`
	Column   int    `xml:"column,attr,omitempty"`
	Severity string `xml:"severity,attr"`
	Message  string `xml:"message,attr"`
	Source   string `xml:"source,attr"`
}

// writeCheckstyle writes results in the XML format of Checkstyle, which Jenkins,
// reviewdog and others read. Columns count code points. Source: the class XMLLogger
// of Checkstyle.
func writeCheckstyle(w io.Writer, p *rewrite.Plan, o Options) error {
	severity := map[string]string{"error": "error", "warning": "warning", "note": "info"}
	out := checkstyleReport{Version: "4.3"}
	index := map[string]int{}
	add := func(path string, e checkstyleError) {
		file, inner, isPacked := packedPath(path)
		if isPacked {
			e.Message += " File in the archive: " + escape(inner) + "."
			e.Line, e.Column = 0, 0
		}
		i, ok := index[file]
		if !ok {
			i = len(out.Files)
			index[file] = i
			out.Files = append(out.Files, checkstyleFile{Name: orDot(file)})
		}
		out.Files[i].Errors = append(out.Files[i].Errors, e)
	}
	for _, r := range results(p, o) {
		add(r.finding.file.Path, checkstyleError{Line: r.finding.Line, Column: r.finding.Column,
			Severity: severity[r.level], Message: r.text, Source: "regmigrate." + r.rule})
	}
	s := summarize(p, o)
	for _, r := range runResults(p, &s) {
		if r.kind == proofResult && r.level == "note" {
			continue // a proof that holds is not an error
		}
		add(r.path, checkstyleError{Line: r.line, Severity: severity[r.level], Message: escape(r.text), Source: "regmigrate." + r.kind})
	}
	return writeXML(w, "Checkstyle", out)
}
