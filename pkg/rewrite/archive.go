package rewrite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/regmigrate/regmigrate/internal/archive"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A packedArchive is what the archive of a sub-chart, `charts/x.tgz`, came to. It is
// never edited; the files in it are reported by their path behind a "!".
type packedArchive struct {
	archive string
	files   []File
	skipped []walk.Skip
	err     error
}

// unpack reads the file f when it is an archive, false when it is none. An
// archive that cannot be bounded is an error of that file, since it may hold
// a mention: nothing is said of what is in it.
func (g *gatherer) unpack(f walk.File) bool {
	if !archive.IsPacked(filepath.ToSlash(f.Abs)) { // the folder charts may lie above the root
		return false
	}
	g.archives.Lock() // one at a time: each may take up as much as a Room has
	defer g.archives.Unlock()
	data, ok := readArchive(f.Abs, g.opts.maxSize())
	if !ok {
		return false
	}
	p := &packedArchive{archive: f.Path}
	marks := 0
	p.err = archive.NewBudget().Read(f.Path, data, func(name string, size int64, body io.Reader) error {
		c, err := g.entry(size, body)
		if err != nil {
			return fmt.Errorf("unpacking: %w", err)
		}
		in := walk.File{Path: name, Abs: f.Abs}
		switch {
		case c.skip != "":
			p.skipped = append(p.skipped, walk.Skip{Path: name, Reason: c.skip})
		case c.src != nil:
			if x := g.scan(in, c.src); len(x.mentions)+len(x.contents.Occurrences) > 0 {
				marks += len(x.mentions)
				p.files = append(p.files, g.keepAll(x))
			}
		case c.err != nil:
			x := unreadFile(in, c)
			marks += len(c.mentions)
			p.files = append(p.files, x.file)
		}
		if marks > maxMentions {
			return fmt.Errorf("%s: it mentions old names more often than the %d times that are listed", f.Path, maxMentions)
		}
		return nil
	})
	if p.err != nil {
		p.err = errors.New(strings.TrimPrefix(p.err.Error(), f.Path+": "))
		p.files, p.skipped = []File{{Path: f.Path, Abs: f.Abs, Err: p.err}}, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.packed = append(g.packed, p)
	g.skipped = append(g.skipped, p.skipped...)
	g.looked++
	return true
}

// readArchive reads the file at abs when it begins as an archive does and is
// not too large; what else it is, the reading of any file says.
func readArchive(abs string, maxSize int64) ([]byte, bool) {
	file, err := os.Open(abs)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSize {
		return nil, false
	}
	data, err := readAll(file, nil, int(info.Size()))
	return data, err == nil && archive.IsGzip(data)
}

// entry reads a file of an archive.
func (g *gatherer) entry(size int64, body io.Reader) (fileContent, error) {
	if size > g.opts.maxSize() {
		c := searchMentions(body, g.opts.Rules, size, g.opts.maxSize())
		if c.skip == walk.Unreadable {
			return fileContent{}, c.err
		}
		return c, nil
	}
	src, err := readAll(body, nil, int(size))
	if err != nil {
		return fileContent{}, err
	}
	return classifyContent(src, g.opts.Rules, g.opts.Rules.MayMatch), nil
}

// keepAll closes the books of a file in an archive: all that it mentions is
// kept because of where it is, whatever else there is to say. Only a look-alike
// is one there as well.
func (g *gatherer) keepAll(c *scannedFile) File {
	t := &link.Tree{Files: []*link.File{{Path: c.file.Path, Src: c.file.Before, Scanned: c.contents}}}
	groups := mergeGroups(t, nil)
	for _, x := range groups {
		x.decide(g.opts.Rules, ^format.Scopes(0), nil)
		if x.moves() || x.reason != "" {
			x.keep(format.Archive, "")
		}
	}
	l := newLedger(groups, g.opts.scopes())
	l.recordExplicit(c)
	l.addFindings(c)
	for i := range c.file.Findings {
		if x := &c.file.Findings[i]; x.Reason != format.DifferentName {
			x.Reason, x.Note = format.Archive, ""
		}
	}
	return c.file
}

// advise adds the files in archives to the plan, with what the parent chart
// can do about the values in them.
func (g *gatherer) advise(t *link.Tree, p *Plan) {
	for _, a := range g.packed {
		for i := range a.files {
			f := &a.files[i]
			for j := range f.Findings {
				if x := &f.Findings[j]; x.Reason == format.Archive {
					x.Note = chart.OverrideHint(t, f.Path, x.Place.Field)
				}
			}
			if len(f.Findings) > 0 || f.Err != nil {
				p.Files = append(p.Files, *f)
			}
		}
	}
}
