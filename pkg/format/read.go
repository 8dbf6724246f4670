package format

import (
	"errors"
	"fmt"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// Read calls Scan for an untrusted file. It returns an error if a parser
// panics, a *LimitError if the file has too many parts, and errors that tell a user
// what is wrong with the file.
func (f *Format) Read(in Input) (s ScanResult, err error) {
	defer func() {
		if p := recover(); p != nil {
			s, err = ScanResult{}, fmt.Errorf("reading it as %s failed: %v", f.Name, p)
		}
	}()
	if err := f.checkLimits(in.Src); err != nil {
		return ScanResult{}, err
	}
	s, err = f.Scan(in)
	switch {
	case err == nil:
		s.inBatch(func() {
			addTextImages(in, &s)
			addEarthlyCommands(in, &s)
			addEarthlyVariables(in, &s)
			addAttributeImages(in, &s)
			addToolComments(in, &s)
		})
		return s, nil
	case errors.Is(err, syntax.ErrTooDeep):
		return ScanResult{}, fmt.Errorf("it nests collections too deeply to be read as %s: %w", f.Name, err)
	case errors.Is(err, syntax.ErrInnerBOM):
		return ScanResult{}, fmt.Errorf("it has a second byte order mark, which parsers misread; remove it to have the file rewritten: %w", err)
	}
	return ScanResult{}, fmt.Errorf("it does not parse as %s: %w", f.Name, err)
}

// Check calls Verify for an untrusted file. It returns an error if a parser
// panics.
func (f *Format) Check(c Change) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("verifying it as %s failed: %v", f.Name, p)
		}
	}()
	return f.Verify(c)
}
