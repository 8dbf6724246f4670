package fleet

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// finish adds the subjects of a report that was read to its end.
func (d *document) finish() {
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return !d.has[n] })
	}
	switch {
	case d.has["version"] && d.version != version:
		d.unreadable(fmt.Sprintf("version %d of the report: expected %d; make the report again with this version of regmigrate", d.version, version))
	case !d.has["version"]:
		d.unreadable("not a report of regmigrate: it has no version")
	case d.kind == stateKind: // its subjects are added already
	case d.kind == failureKind:
		d.finishFailure()
	case d.has["reversal"]:
		d.unreadable("the report of --reverse, which does not say what is left; make a report of the repository")
	case has("contexts", "images"):
		d.finishClusters()
	case has("rulesDigest", "files", "proofs"):
		d.addRepository(Plan)
	case has("images", "unrendered"):
		for at, c := range d.byPath {
			d.count("", strings.Join(d.owners[at.path], " "), at.registry).add(*c)
		}
		d.addRepository(Inventory)
	case has("action", "branch", "repository"):
		d.finishPull()
	default:
		d.unreadable("not a report of regmigrate")
	}
}

// unreadable adds a failed subject. It has the name of the repository if the report says it
// before its end.
func (d *document) unreadable(reason string) {
	s := d.subject(Repository, d.source.Repository, Unreadable)
	if s.Name == "" {
		s.Kind, s.Name = Unknown, d.file
	}
	s.Reasons = []string{reason}
	d.m.add(s, nil)
}

// subject returns a subject with what every report says.
func (d *document) subject(kind Kind, name string, from Source) *Subject {
	s := &Subject{Kind: kind, Name: name, Source: from, File: d.file, Program: d.program, Commit: d.source.Commit, Time: d.source.Time, Rules: d.rules, Proofs: d.proofs}
	for _, f := range d.reasons {
		s.Reasons = append(s.Reasons, f.String())
	}
	if d.hidden > 0 {
		s.Reasons = append(s.Reasons, "… and "+wording.Count(d.hidden, "more failure"))
	}
	return s
}

// addRepository adds the repository of a report. Without a remote, it has the name of the
// file.
func (d *document) addRepository(from Source) {
	name := d.source.Repository
	if name == "" {
		name = strings.TrimSuffix(filepath.ToSlash(d.file), ".json")
	}
	d.m.add(d.subject(Repository, name, from), d.cells[""])
}

// finishClusters adds the clusters of a list. A failure belongs to the cluster that its path
// begins with, else to all.
func (d *document) finishClusters() {
	for _, context := range d.contexts {
		s := d.subject(Cluster, context, Listing)
		s.Time, s.Reasons = d.time, nil
		for _, f := range d.reasons {
			if len(d.contexts) == 1 || !slices.ContainsFunc(d.contexts, func(other string) bool { return other != context && isOf(f.Path, other) }) {
				s.Reasons = append(s.Reasons, f.String())
			}
		}
		if d.hidden > 0 {
			s.Reasons = append(s.Reasons, "… and "+wording.Count(d.hidden, "more failure"))
		}
		if d.interrupted {
			s.Reasons = append(s.Reasons, "interrupted: the list is not complete")
		}
		if s.Name == "" {
			s.Name = strings.TrimSuffix(filepath.ToSlash(d.file), ".json")
		}
		d.m.add(s, d.cells[context])
	}
}

// isOf reports whether the path of a failure begins with a context.
func isOf(path, context string) bool { return path == context || strings.HasPrefix(path, context+"/") }

// finishPull adds the repository of a pull request, whose name has no host.
func (d *document) finishPull() {
	s := d.subject(Repository, d.repository, PullRequest)
	s.PullRequest = &Pull{d.action, d.number, d.url}
	c := d.count("", "", "")
	c.NotChanged = d.notChanged
	if d.action != "nothing" && d.action != "closed" {
		c.ToMove = d.rewritten
	}
	d.m.add(s, d.cells[""])
}

// finishFailure adds the repository of a run that failed.
func (d *document) finishFailure() {
	s := d.subject(Repository, d.repository, Failure)
	if s.Name == "" {
		s.Name = strings.TrimSuffix(filepath.ToSlash(d.file), ".json")
	}
	reason := d.reason
	if reason == "" {
		reason = "the run failed"
	}
	if d.exitCode != 0 {
		reason += fmt.Sprintf(" (exit code %d)", d.exitCode)
	}
	s.Reasons = append(s.Reasons, reason)
	d.m.add(s, nil)
}
