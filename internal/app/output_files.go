package app

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/atomicfile"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// An outputFile is a file to write.
type outputFile struct {
	shown       string // its name in messages
	name        string // relative to the folder of outputFiles, slash-separated
	before, now []byte // before is nil if the file does not exist
}

// outputFiles are files of one folder, and of the folders in it.
type outputFiles struct {
	dir       string
	files     []outputFile
	summarize bool // if there are more than maxListed files, print their number instead of their names
}

// maxListed is the number of files up to which their names are printed in any case.
const maxListed = 12

// write replaces and creates the files that differ, and prints what it did with each.
// With check it only prints what it would do, and returns an error if a file differs.
func (p *outputFiles) write(s session.Streams, check bool) error {
	var dir *atomicfile.Dir
	if !check {
		var err error
		if dir, err = atomicfile.OpenDir(p.dir); err != nil {
			return session.Failed(err)
		}
		defer dir.Close()
	}
	differ := false
	counts := map[string]int{} // of files, by state
	for _, f := range p.files {
		state, err := f.write(dir)
		if err != nil {
			return session.Failed(fmt.Errorf("writing %q: %w", f.shown, err))
		}
		differ = differ || state != upToDate
		if check && state != upToDate {
			state = "would be " + state
		}
		counts[state]++
		if p.summarize && len(p.files) > maxListed {
			continue
		}
		if err := printState(s, f.shown, state); err != nil {
			return err
		}
	}
	if p.summarize && len(p.files) > maxListed {
		var states []string
		for _, state := range slices.Sorted(maps.Keys(counts)) {
			states = append(states, fmt.Sprintf("%s %s", wording.Count(counts[state], "file"), state))
		}
		if err := printState(s, p.dir, strings.Join(states, ", ")+"   (-v lists them)"); err != nil {
			return err
		}
	}
	if check && differ {
		return session.Left(nil)
	}
	return nil
}

const upToDate = "up to date"

func printState(s session.Streams, name, state string) error {
	if _, err := fmt.Fprintf(s.Out, "%s: %s\n", report.EscapeText(filepath.ToSlash(name)), state); err != nil {
		return session.Failed(fmt.Errorf("writing to standard output: %w", err))
	}
	return nil
}

// write writes the file if it differs, and says what it does. A nil dir writes nothing.
func (f *outputFile) write(dir *atomicfile.Dir) (state string, err error) {
	switch {
	case f.before == nil:
		state = "created"
		if dir != nil {
			err = dir.Create(f.name, f.now)
		}
	case sameText(f.before, f.now):
		state = upToDate
	default:
		state = "updated"
		if dir != nil {
			_, err = dir.Replace(f.name, f.before, f.now)
		}
	}
	return state, err
}

// sameText compares texts without regard to line endings, which git may change.
func sameText(a, b []byte) bool {
	return strings.ReplaceAll(string(a), "\r\n", "\n") == string(b)
}
