package fleet

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"
)

// A Merger merges reports. The zero value is ready.
type Merger struct {
	subjects   map[key]*Subject
	superseded []Superseded
	texts      map[string]string // each text of subjects once
}

type key struct {
	kind Kind
	name string
}

// Read reads the reports of r, one JSON value after the other. Name is the name of the file,
// for subjects without a name and for errors. Input that cannot be read becomes a failed
// subject.
func (m *Merger) Read(r io.Reader, name string) { m.read(r, name) }

// Fail adds a failed subject for a file that could not be opened or read.
func (m *Merger) Fail(name string, err error) {
	m.add(&Subject{Kind: Unknown, Name: name, Source: Unreadable, File: name, Reasons: []string{err.Error()}}, nil)
}

// Expect says that there must be a report about a repository, HOST/OWNER/NAME or OWNER/NAME.
func (m *Merger) Expect(name string) {
	m.add(&Subject{Kind: Repository, Name: name, Source: Missing, Reasons: []string{"there is no report about the repository"}}, nil)
}

// add adds a report. If cells is nil, the subject has its cells already, or none.
func (m *Merger) add(s *Subject, cells map[Cell]*Counts) {
	if cells == nil {
		cells = map[Cell]*Counts{}
		for i := range s.Cells {
			cells[Cell{Owner: s.Cells[i].Owner, Registry: s.Cells[i].Registry}] = &s.Cells[i].Counts
		}
	}
	s.finish(cells)
	m.shareTexts(s)
	if m.subjects == nil {
		m.subjects = map[key]*Subject{}
	}
	k := key{s.Kind, s.Name}
	old := m.subjects[k]
	if old == nil {
		m.subjects[k] = s
		return
	}
	if compare(s, old) < 0 {
		s, old = old, s
	}
	m.subjects[k] = s
	s.PullRequest = laterPull(s.PullRequest, old.PullRequest)
	// A report of a pull request adds the pull request to the repository; it is not listed,
	// since it may have been added before, in a state that is merged again.
	if old.Source != Missing && old.Source != PullRequest {
		m.superseded = append(m.superseded, Superseded{old.Kind, old.Name, old.File, old.Source, old.Commit, old.Time})
	}
}

// shareTexts makes equal texts of all subjects share their memory: a thousand reports have
// few owners and registries.
func (m *Merger) shareTexts(s *Subject) {
	if m.texts == nil {
		m.texts = map[string]string{}
	}
	share := func(text *string) {
		if old, ok := m.texts[*text]; ok {
			*text = old
		} else {
			m.texts[*text] = *text
		}
	}
	for i := range s.Cells {
		share(&s.Cells[i].Owner)
		share(&s.Cells[i].Registry)
	}
	share(&s.Rules)
	share(&s.Program)
	s.Cells = slices.Clip(s.Cells)
}

// laterPull returns the pull request with the higher number.
func laterPull(a, b *Pull) *Pull {
	if a == nil || b != nil && cmp.Or(cmp.Compare(a.Number, b.Number), strings.Compare(a.Action, b.Action), strings.Compare(a.URL, b.URL)) < 0 {
		return b
	}
	return a
}

// State returns the merged state. It is the state at the time now, reported by a version of
// the program.
func (m *Merger) State(now time.Time, program string) *State {
	out := &State{Version: version, Kind: stateKind, Program: program, Time: now.UTC().Format(time.RFC3339), Rules: []RuleSet{}, Subjects: []Subject{}}
	full := m.fullNames()
	pulls := map[*Subject]*Pull{}
	for k, s := range m.subjects {
		if to := full[k]; to != nil { // a report without the host of its repository
			pulls[to] = laterPull(pulls[to], s.PullRequest)
		}
	}
	for k, s := range m.subjects {
		if full[k] != nil {
			continue
		}
		x := *s
		x.PullRequest = laterPull(x.PullRequest, pulls[s])
		out.Subjects = append(out.Subjects, x)
	}
	slices.SortFunc(out.Subjects, func(a, b Subject) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
	})
	out.Superseded = append([]Superseded{}, m.superseded...)
	slices.SortFunc(out.Superseded, func(a, b Superseded) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.Time, b.Time), strings.Compare(a.File, b.File), cmp.Compare(a.Source, b.Source), strings.Compare(a.Commit, b.Commit))
	})
	out.countRules()
	out.sum()
	return out
}

// fullNames returns, for each subject whose name has no host and whose report says little
// (pull requests, expected repositories), the only subject with this name after its host.
func (m *Merger) fullNames() map[key]*Subject {
	short := map[string][]*Subject{} // by OWNER/NAME
	for k, s := range m.subjects {
		if _, rest, ok := strings.Cut(k.name, "/"); ok && k.kind == Repository {
			short[rest] = append(short[rest], s)
		}
	}
	out := map[key]*Subject{}
	for k, s := range m.subjects {
		if (s.Source == PullRequest || s.Source == Missing) && len(short[k.name]) == 1 {
			out[k] = short[k.name][0]
		}
	}
	return out
}

// countRules counts the rules of the subjects, and marks the subjects that have others than
// most.
func (s *State) countRules() {
	counts := map[string]int{}
	for i := range s.Subjects {
		if d := s.Subjects[i].Rules; d != "" {
			counts[d]++
		}
	}
	for digest, n := range counts {
		s.Rules = append(s.Rules, RuleSet{digest, n})
	}
	slices.SortFunc(s.Rules, func(a, b RuleSet) int { return cmp.Or(b.Subjects-a.Subjects, strings.Compare(a.Digest, b.Digest)) })
	for i := range s.Subjects {
		x := &s.Subjects[i]
		x.OtherRules = x.Rules != "" && x.Rules != s.Rules[0].Digest
	}
}

// sum sets the totals.
func (s *State) sum() {
	t := &s.Totals
	for i := range s.Subjects {
		x := &s.Subjects[i]
		t.Subjects++
		switch x.Kind {
		case Repository:
			t.Repositories++
		case Cluster:
			t.Clusters++
		}
		switch x.Status {
		case Failed:
			t.Failed++
		case ToMove:
			t.ToMove++
		case Done:
			t.Done++
		}
		t.References.add(x.Counts)
	}
}
