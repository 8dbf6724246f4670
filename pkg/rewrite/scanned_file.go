package rewrite

import (
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A scannedFile is a file that may contain something to rewrite or report.
type scannedFile struct {
	file     File
	format   *format.Format
	mentions []edit.Span
	encoded  []encodedMention
	contents format.ScanResult

	ownPolicy *format.OwnPolicy // the header of a policy that regmigrate made, or nil
	outside   bool              // read for a decision; not written or reported
}

// isReported reports whether a plan lists the file.
func (f *scannedFile) isReported() bool {
	return !f.outside && (len(f.file.Findings) > 0 || f.file.Err != nil || len(f.file.Edits) > 0)
}

// A fileList is sorted by path.
type fileList []*scannedFile

// at returns the file at path, nil if the list does not contain it.
func (l fileList) at(path string) *scannedFile {
	i := sort.Search(len(l), func(i int) bool { return l[i].file.Path >= path })
	if i < len(l) && l[i].file.Path == path {
		return l[i]
	}
	return nil
}

func (l fileList) sort() {
	slices.SortStableFunc(l, func(a, b *scannedFile) int { return strings.Compare(a.file.Path, b.file.Path) })
}

// setReason sets the same reason for all mentions.
func (f *scannedFile) setReason(reason format.Reason, note string) {
	for _, m := range f.mentions {
		f.contents.Contexts = append(f.contents.Contexts, format.Context{Mark: m, Reason: reason, Note: note})
	}
}

// newUnreadFile returns the entry of a file that was not kept in memory, or is
// not UTF-8 text.
func newUnreadFile(f walk.File, c fileContent) *scannedFile {
	out := &scannedFile{file: File{Path: f.Path, Abs: f.Abs, Err: c.err}}
	for _, m := range c.mentions {
		out.file.Findings = append(out.file.Findings, Finding{Mention: m.span, Old: m.text, Line: m.line, Column: m.column, Reason: format.NotEditedSafely, Note: "the file is too large"})
	}
	return out
}
