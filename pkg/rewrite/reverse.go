package rewrite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/atomicfile"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A RecordedFile is a changed file of a plan, as the JSON report of the plan has it.
type RecordedFile struct {
	Path                      string // slash-separated, relative to the root
	BeforeDigest, AfterDigest string // see Digest
	Edits                     []RecordedEdit
}

// A RecordedEdit is an edit of a RecordedFile. Its offsets are those of the file before
// the change.
type RecordedEdit struct {
	edit.Edit
	Old string // the bytes that New replaced
	EditGroup
}

// A RecordError says that a recorded plan is not one that a run can have made.
type RecordError struct {
	Path string // of the file in the plan, as the plan has it
	Why  string
}

func (e *RecordError) Error() string { return fmt.Sprintf("file %q of the plan: %s", e.Path, e.Why) }

// A Reversal says that the edits of a plan are the opposite of those of a recorded plan.
type Reversal struct {
	// Reversed are the paths of the files that already have the bytes before the
	// recorded plan, sorted.
	Reversed []string
}

// Digest returns the SHA-256 digest of src: sha256: and 64 hexadecimal digits.
func Digest(src []byte) string {
	sum := sha256.Sum256(src)
	return digestPrefix + hex.EncodeToString(sum[:])
}

const digestPrefix = "sha256:"

// Reverse plans the opposite edits of a recorded plan for the folder root. It writes
// nothing: call Apply of the plan.
//
// A file is reversed if its bytes have the digest after the recorded plan. A file with
// the digest before is reversed already. Any other file gets an error, and so does each
// file that belongs to it, directly or through other files, because their edits share a
// group, or because one follows from the other. So every file always has one of the two
// digests, and a second run can continue what was interrupted.
//
// Reverse returns a *RecordError, and plans nothing, if no run can have recorded such a
// plan: a path that leaves the root or leads into .git, edits that overlap or are not in
// the file, or edits that do not restore the digest.
func Reverse(ctx context.Context, root string, files []RecordedFile) (*Plan, error) {
	if err := checkRecord(files); err != nil {
		return nil, err
	}
	done := &Reversal{}
	out := &Plan{Root: root, Reversal: done}
	if len(files) == 0 {
		return out, nil
	}
	folder, err := atomicfile.OpenDir(root)
	if err != nil {
		return nil, fmt.Errorf("opening the folder of the repository: %w", err)
	}
	defer folder.Close()
	r := reverser{root: root, folder: folder, files: files, states: make([]reversedFile, len(files))}
	for i := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.states[i], err = r.readState(&files[i]); err != nil {
			return nil, err
		}
	}
	sets := r.connect()
	r.failConnected(sets)
	groups := map[int]*group{}
	for i := range files {
		s := &r.states[i]
		switch {
		case s.isBefore && s.file.Err == nil:
			done.Reversed = append(done.Reversed, s.file.Path)
			continue
		case s.file.Err != nil:
			s.file.Edits = nil
		}
		out.Files = append(out.Files, s.file)
		for _, e := range s.file.Edits {
			g := groups[sets.root(i)]
			if g == nil {
				g = &group{}
				groups[sets.root(i)] = g
				out.groups = append(out.groups, g)
			}
			g.edits = append(g.edits, link.FileEdit{Path: s.file.Path, Edit: e})
		}
	}
	slices.Sort(done.Reversed)
	out.sort()
	return out, nil
}

// A reverser reverses a recorded plan.
type reverser struct {
	root   string
	folder *atomicfile.Dir
	files  []RecordedFile
	states []reversedFile // in the order of files
}

// A reversedFile is the state of a file on the disk.
type reversedFile struct {
	file     File // its Before are the bytes on the disk; it has an error, or the opposite edits unless isBefore
	isBefore bool // the file has the bytes before the recorded plan
}

// connect returns the sets of files that are reversed together or not at all.
func (r *reverser) connect() disjointSets {
	sets := newDisjointSets(len(r.files))
	byGroup, byPath := map[int]int{}, map[string]int{}
	for i := range r.files {
		byPath[r.files[i].Path] = i
	}
	for i := range r.files {
		for _, e := range r.files[i].Edits {
			if j, seen := byGroup[e.Number]; seen {
				sets.union(i, j)
			} else {
				byGroup[e.Number] = i
			}
			for _, name := range e.Follows {
				if j, ok := byPath[name]; ok {
					sets.union(i, j)
				}
			}
		}
	}
	return sets
}

// failConnected sets the error of each file that must be reversed together with a file
// that has one.
func (r *reverser) failConnected(sets disjointSets) {
	failed := map[int]string{}
	for i := range r.states {
		if root := sets.root(i); r.states[i].file.Err != nil && failed[root] == "" {
			failed[root] = r.states[i].file.Path
		}
	}
	for i := range r.states {
		s := &r.states[i]
		if name := failed[sets.root(i)]; name != "" && s.file.Err == nil && !s.isBefore {
			s.file.Err = fmt.Errorf("not reversed, because it must change together with %s, which could not be reversed", name)
		}
	}
}

// checkRecord returns a *RecordError unless files can be those of a plan.
func checkRecord(files []RecordedFile) error {
	seen := map[string]bool{}
	for i := range files {
		f := &files[i]
		why := recordedPathProblem(f.Path)
		switch {
		case why != "":
		case seen[f.Path]:
			why = "the plan has this file twice"
		case !isDigest(f.BeforeDigest) || !isDigest(f.AfterDigest):
			why = "beforeDigest and afterDigest must be SHA-256 digests (sha256: and 64 hexadecimal digits)"
		case len(f.Edits) == 0:
			why = "the file has no edits"
		default:
			why = editsProblem(f.Edits)
		}
		if why != "" {
			return &RecordError{f.Path, why}
		}
		seen[f.Path] = true
	}
	return nil
}

// maxOffset is the largest offset of an edit in bytes, so that sums of offsets and
// lengths do not overflow. A run changes no file of this size.
const maxOffset = 1 << 30

// editsProblem returns why edits cannot be those of a file, "" if they can.
func editsProblem(edits []RecordedEdit) string {
	plain := make([]edit.Edit, len(edits))
	for i, e := range edits {
		plain[i] = e.Edit
	}
	if err := edit.Validate(plain, maxOffset); err != nil {
		return err.Error()
	}
	for i, e := range edits {
		if e.Len() != len(e.Old) {
			return fmt.Sprintf("edit %d: bytes %d to %d, and an old text of %d bytes", i, e.Start, e.End, len(e.Old))
		}
	}
	return ""
}

func isDigest(s string) bool {
	digits, ok := strings.CutPrefix(s, digestPrefix)
	sum, err := hex.DecodeString(digits)
	return ok && err == nil && len(sum) == sha256.Size && digits == strings.ToLower(digits)
}

// invertRecorded returns the edits that turn current, the bytes after edits, back into
// the bytes before.
func invertRecorded(current []byte, edits []RecordedEdit) ([]edit.Edit, error) {
	out, shift := make([]edit.Edit, 0, len(edits)), 0
	for i, e := range edits {
		start := e.Start + shift
		end := start + len(e.New)
		if start < 0 || end > len(current) {
			return nil, fmt.Errorf("edit %d: bytes %d to %d of a file of %d bytes", i, start, end, len(current))
		}
		if string(current[start:end]) != e.New {
			return nil, fmt.Errorf("edit %d: the file has other text at bytes %d to %d", i, start, end)
		}
		shift += len(e.New) - len(e.Old)
		inverse := edit.Edit{Span: edit.Span{Start: start, End: end}, New: e.Old}
		if n := len(out); n > 0 && inverse.Len() == 0 && out[n-1].Span == inverse.Span {
			out[n-1].New += inverse.New // as edit.Invert: two insertions have no order
			continue
		}
		out = append(out, inverse)
	}
	return out, edit.Validate(out, len(current))
}

// errChangedSince is the error of a file that has neither of the recorded digests.
var errChangedSince = errors.New("the file has changed since the plan was made: it has neither the bytes before the plan nor those after it; restore one of the two, or undo the change of this file by hand")
