package rewrite

import "github.com/regmigrate/regmigrate/pkg/format"

// setLimit records that the file has too much of something to be read: it is only
// searched. It may have references that are not spelled out, too.
func (f *scannedFile) setLimit(limit *format.LimitError) {
	f.contents = format.ScanResult{}
	f.setReason(format.NotEditedSafely, "the file has too many "+limit.Parts)
	f.file.Err = limit
}

// limitFiles records the files that linkers needed as a whole although they have more
// parts than may be read: a scan reads only the documents that may match. A file outside
// of the given paths counts as unreadable: an object in it may decide about a change.
// limitFiles reports whether there are new ones.
func (p *planner) limitFiles() bool {
	found := false
	for _, f := range p.tree.Files {
		if f.Limit == nil || p.limits[f.Path] != nil {
			continue
		}
		p.limits[f.Path] = f.Limit
		found = true
		if s := p.files.at(f.Path); s != nil {
			s.setLimit(f.Limit)
		}
		if f.Outside {
			p.addUnreadable(f.Path, false, f.Limit)
		}
	}
	return found
}
