package rewrite

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/regmigrate/regmigrate/internal/archive"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A packedArchive is a packed sub-chart, `charts/x.tgz`. Archives are never
// edited. The path of a file in an archive is `charts/x.tgz!x/values.yaml`.
type packedArchive struct {
	path     string
	files    []File
	skipped  []walk.Skip
	mentions int
}

// readPacked reads the file f and reports whether it is a packed sub-chart. If
// the archive is damaged or too large, readPacked records that as an error of
// the archive, which may have mentions, and reports no file in it.
func (r *reader) readPacked(f walk.File) bool {
	if !archive.IsPacked(filepath.ToSlash(f.Abs)) { // with Abs: the folder charts may be above the root
		return false
	}
	r.openArchive.Lock()
	defer r.openArchive.Unlock()
	data, ok := readGzip(f.Abs, r.opts.maxSize())
	if !ok {
		return false
	}
	a := &packedArchive{path: f.Path}
	err := archive.NewBudget().Read(f.Path, data, func(name string, size int64, body io.Reader) error {
		return r.readEntry(a, walk.File{Path: name, Abs: f.Abs}, size, body)
	})
	if err != nil {
		err = errors.New(strings.TrimPrefix(err.Error(), f.Path+": "))
		a.files, a.skipped = []File{{Path: f.Path, Abs: f.Abs, Err: err}}, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.archives = append(r.archives, a)
	r.skipped = append(r.skipped, a.skipped...)
	r.scanned++
	return true
}

// readGzip reads the file at abs; false if it does not start like a gzip file
// or has more than maxSize bytes.
func readGzip(abs string, maxSize int64) ([]byte, bool) {
	data, err := repofile.ReadFile(abs, maxSize)
	return data, err == nil && archive.IsGzip(data)
}

// readEntry adds the file f of the archive a, whose content is body.
func (r *reader) readEntry(a *packedArchive, f walk.File, size int64, body io.Reader) error {
	c, err := r.entryContent(size, body)
	if err != nil {
		return fmt.Errorf("unpacking: %w", err)
	}
	switch {
	case c.skip != "":
		a.skipped = append(a.skipped, walk.Skip{Path: f.Path, Reason: c.skip})
	case c.src != nil:
		if x := r.scan(f, c.src); len(x.mentions)+len(x.encoded)+len(x.contents.Occurrences) > 0 {
			a.mentions += len(x.mentions)
			a.files = append(a.files, x.archivedFile(r.opts))
		}
	case c.err != nil:
		a.mentions += len(c.mentions)
		a.files = append(a.files, newUnreadFile(f, c).file)
	}
	if a.mentions > maxMentions {
		return fmt.Errorf("%s: the archive has more than %d mentions", a.path, maxMentions)
	}
	return nil
}

// entryContent reads a file of size bytes from an archive.
func (r *reader) entryContent(size int64, body io.Reader) (fileContent, error) {
	if size > r.opts.maxSize() {
		c := searchMentions(body, r.opts.Rules, size, r.opts.maxSize())
		if c.skip == walk.Unreadable {
			return fileContent{}, c.err
		}
		return c, nil
	}
	src, err := readAll(body, nil, int(size))
	if err != nil {
		return fileContent{}, err
	}
	return classifyContent(src, r.opts.Rules, r.mayMatch(r.opts.Rules.MayMatch)), nil
}

// archivedFile returns the file with its findings. References that would move, or that a
// person would have to change, are kept because of the archive. The others have the reason
// that they would have outside of an archive.
func (f *scannedFile) archivedFile(o Options) File {
	t := &link.Tree{Files: []*link.File{{Path: f.file.Path, Src: f.file.Before, Scanned: f.contents}}}
	groups := mergeGroups(t, nil, Options{})
	for _, g := range groups {
		g.decide(o.Rules, o.scopes(), keptPlaces{})
		if g.moves() || g.reason.IsUnresolved() {
			g.keep(format.Archive, "")
		}
	}
	l := newLedger(groups, o)
	l.noteExplicit(f)
	l.addFindings(f)
	for i := range f.file.Findings {
		if x := &f.file.Findings[i]; x.Status == Rewritten || x.Reason.IsUnresolved() {
			x.Status, x.New, x.EditSpans = NotChanged, "", nil
			x.Reason, x.Note = format.Archive, ""
		}
	}
	return f.file
}

// reportArchives returns the files in archives. Their notes name the value of
// the parent chart that would override a reference. A value that the parent chart
// overrides is not used.
func (p *planner) reportArchives() []File {
	var out []File
	for _, a := range p.archives {
		for i := range a.files {
			f := &a.files[i]
			for j := range f.Findings {
				x := &f.Findings[j]
				if x.Reason != format.Archive {
					continue
				}
				o := chart.ParentValueOf(p.tree, f.Path, x.Place.Field)
				switch {
				case o.IsSet:
					x.Reason, x.Note = format.UnusedValue, o.Text
				case o.Text != "" && p.adds(o.File, "."+o.Value):
					x.Reason, x.Note = format.UnusedValue, "the run adds "+o.Value+" to "+o.File+", which overrides it"
				default:
					x.Note = p.overrideNote(o.Text)
				}
			}
			if len(f.Findings) > 0 || f.Err != nil {
				out = append(out, *f)
			}
		}
	}
	return out
}

// adds reports whether the run adds the value at field to file, or a part of it.
func (p *planner) adds(file, field string) bool {
	for m := range movingMembers(p.groups) {
		for k := range m.occ.Pieces {
			x := &m.occ.Pieces[k]
			if x.Added != nil && x.Path == file && (x.Field == field || strings.HasPrefix(x.Field, field+".")) {
				return true
			}
		}
	}
	return false
}

// overrideNote returns the note of a finding in an archive: hint, and the flag that adds the
// value.
func (p *planner) overrideNote(hint string) string {
	if p.opts.OverrideSubcharts || strings.HasPrefix(hint, "the whole list ") || !strings.HasSuffix(hint, " would override it") {
		return hint
	}
	return hint + "; --override-subcharts adds it if a rendering proves it"
}
