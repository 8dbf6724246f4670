package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

type junitSuites struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Name     string        `xml:"name,attr"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Errors   int           `xml:"errors,attr"`
	Skipped  int           `xml:"skipped,attr"`
	Suites   []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string      `xml:"classname,attr"`
	Name    string      `xml:"name,attr"`
	File    string      `xml:"file,attr,omitempty"`
	Line    int         `xml:"line,attr,omitempty"`
	Failure *junitText  `xml:"failure"`
	Error   *junitText  `xml:"error"`
	Skipped *junitText  `xml:"skipped"`
	Output  *junitPlain `xml:"system-out"`
}

type junitText struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
}

type junitPlain struct {
	Text string `xml:",chardata"`
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// writeJUnit writes results as test cases of JUnit, which GitLab, Jenkins, Azure
// Pipelines and others show. A result that fails the check is a failure; a file that
// could not be processed is an error; other findings, unproven proofs and advice are
// skipped. The first test case is about the run: a report without test cases is an
// error in some programs. Source: the schema junit-10.xsd of Jenkins.
func writeJUnit(w io.Writer, p *rewrite.Plan, o Options) error {
	references := &junitSuite{Name: "references"}
	references.add(junitCase{Class: "regmigrate", Name: "files", Output: &junitPlain{wording.Count(p.ScannedFiles, "file") + " scanned"}})
	for _, r := range results(p, o) {
		x := r.finding
		c := junitCase{Class: escape(x.file.Path), Name: escape(x.Old), File: escape(x.file.Path), Line: x.Line}
		if x.Line > 0 {
			c.Name += " (line " + strconv.Itoa(x.Line) + ")"
		}
		c.setOutcome(r.level, r.rule, r.text)
		references.add(c)
	}
	suites := []*junitSuite{references}
	byKind := map[string]*junitSuite{}
	s := summarize(p, o)
	for _, r := range runResults(p, &s) {
		suite := byKind[r.kind]
		if suite == nil {
			suite = &junitSuite{Name: junitSuiteNames[r.kind]}
			byKind[r.kind] = suite
			suites = append(suites, suite)
		}
		c := junitCase{Class: r.kind, Name: junitName(&r), File: escape(r.path), Line: r.line}
		switch {
		case r.kind == failedResult:
			c.Error = &junitText{escape(r.text), r.kind}
		case r.level == "note" && r.kind != adviceResult:
			c.Output = &junitPlain{escape(r.text)} // a proof or an image that holds
		default:
			c.setOutcome(r.level, r.kind, escape(r.text))
		}
		suite.add(c)
	}
	out := junitSuites{Name: "regmigrate", Suites: suites}
	for _, s := range suites {
		out.Tests, out.Failures, out.Errors, out.Skipped = out.Tests+s.Tests, out.Failures+s.Failures, out.Errors+s.Errors, out.Skipped+s.Skipped
	}
	return writeXML(w, "JUnit", out)
}

// maxJUnitName is the number of characters of the name of a test case about advice,
// without its place. Programs list names, and compare them with those of earlier runs.
const maxJUnitName = 100

// junitName returns the name of a test case. That of advice is its first sentence and its
// place: the rest of the text has details, such as the errors of templates.
func junitName(r *runResult) string {
	if r.kind != adviceResult {
		return escape(r.subject)
	}
	name, _, _ := strings.Cut(escape(r.subject), ". ")
	if short := []rune(name); len(short) > maxJUnitName {
		name = string(short[:maxJUnitName])
		if i := strings.LastIndexByte(name, ' '); i > 0 {
			name = name[:i]
		}
		name += "…"
	}
	if r.path != "" {
		name += " (" + escape(location(r.path, r.line)) + ")"
	}
	return name
}

var junitSuiteNames = map[string]string{failedResult: "failed files", proofResult: "proofs", registryResult: "registries", adviceResult: "advice"}

// setOutcome marks c as failed if level is error, and as skipped otherwise.
func (c *junitCase) setOutcome(level, kind, text string) {
	if level == "error" {
		c.Failure = &junitText{text, kind}
		return
	}
	c.Skipped = &junitText{Message: text}
}

// writeXML writes v as an XML document. The encoder replaces what XML cannot contain
// with U+FFFD.
func writeXML(w io.Writer, name string, v any) error {
	_, err := io.WriteString(w, xml.Header)
	if err == nil {
		e := xml.NewEncoder(w)
		e.Indent("", " ")
		err = e.Encode(v)
	}
	if err == nil {
		_, err = io.WriteString(w, "\n")
	}
	if err != nil {
		return fmt.Errorf("writing the %s report: %w", name, err)
	}
	return nil
}
