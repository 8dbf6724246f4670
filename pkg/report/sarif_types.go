package report

// The parts of a SARIF log that the report uses. Source: SARIF 2.1.0 of OASIS.

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Provenance  []sarifVersionControl `json:"versionControlProvenance,omitempty"`
	ColumnKind  string                `json:"columnKind"`
	Invocations []sarifInvocation     `json:"invocations,omitempty"`
	Results     []sarifResult         `json:"results"`
	Properties  map[string]int        `json:"properties"`
}

type sarifVersionControl struct {
	RepositoryURI string `json:"repositoryUri"`
	RevisionID    string `json:"revisionId"`
}

// invocation returns the only invocation of the run.
func (run *sarifRun) invocation() *sarifInvocation {
	if len(run.Invocations) == 0 {
		run.Invocations = []sarifInvocation{{}}
	}
	return &run.Invocations[0]
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID      string     `json:"id"`
	Short   sarifText  `json:"shortDescription"`
	Full    sarifText  `json:"fullDescription"`
	Help    sarifText  `json:"help"`
	HelpURI string     `json:"helpUri"`
	Default sarifLevel `json:"defaultConfiguration"`
}

type sarifLevel struct {
	Level string `json:"level"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

// notify adds a notification. An empty path or a line of 0 means none.
func (in *sarifInvocation) notify(level, text, path string, line int) {
	n := sarifNotification{Level: level, Message: sarifMessage(escape(text))}
	if path != "" {
		at := sarifPhysical{File: sarifFile(path)}
		if line > 0 {
			at.Region = &sarifRegion{StartLine: line}
		}
		n.Locations = []sarifLocation{{at}}
	}
	in.Notifications = append(in.Notifications, n)
}

type sarifNotification struct {
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
}

type sarifResult struct {
	RuleID        string            `json:"ruleId"`
	RuleIndex     int               `json:"ruleIndex"`
	Level         string            `json:"level"`
	BaselineState string            `json:"baselineState,omitempty"`
	Message       sarifText         `json:"message"`
	Locations     []sarifLocation   `json:"locations"`
	Fingerprints  map[string]string `json:"partialFingerprints"`
	Fixes         []sarifFix        `json:"fixes,omitempty"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	File   sarifArtifact `json:"artifactLocation"`
	Region *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
	EndLine     int `json:"endLine,omitempty"`
	EndColumn   int `json:"endColumn,omitempty"`
}

type sarifFix struct {
	Description sarifText     `json:"description"`
	Changes     []sarifChange `json:"artifactChanges"`
}

type sarifChange struct {
	File         sarifArtifact      `json:"artifactLocation"`
	Replacements []sarifReplacement `json:"replacements"`
}

type sarifReplacement struct {
	Deleted  sarifRegion `json:"deletedRegion"`
	Inserted sarifText   `json:"insertedContent"`
}
