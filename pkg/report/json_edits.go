package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// jsonEdits returns the edits of f, which are in groups.
func jsonEdits(f *rewrite.File, groups []rewrite.EditGroup) []JSONEdit {
	var out []JSONEdit
	for i, e := range f.Edits {
		old := string(f.Before[e.Start:e.End])
		out = append(out, JSONEdit{
			Start: e.Start, End: e.End, Old: utf8Text(old), New: utf8Text(e.New),
			OldBase64: exactPath(old), NewBase64: exactPath(e.New),
			Group: groups[i].Number, Follows: utf8Texts(groups[i].Follows),
		})
	}
	return out
}

// A recordedReport is the part of a JSON report that its reversal needs.
type recordedReport struct {
	Version *int            `json:"version"`
	Digest  *string         `json:"rulesDigest"`
	Files   *[]recordedFile `json:"files"`
}

type recordedFile struct {
	Path         string     `json:"path"`
	PathBase64   []byte     `json:"pathBase64"`
	BeforeDigest string     `json:"beforeDigest"`
	AfterDigest  string     `json:"afterDigest"`
	Changed      bool       `json:"changed"`
	Edits        []JSONEdit `json:"edits"`
}

// ReadRecordedFiles reads the changed files of a JSON report, in the order of the report.
// The caller checks them: see rewrite.Reverse.
func ReadRecordedFiles(r io.Reader) ([]rewrite.RecordedFile, error) {
	d := json.NewDecoder(r)
	var in recordedReport
	if err := d.Decode(&in); err != nil {
		return nil, fmt.Errorf("expected a JSON report of regmigrate: %w", jsonError(err))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("expected one JSON report, and there is more after it")
	}
	switch {
	case in.Version == nil || in.Digest == nil || in.Files == nil:
		return nil, errors.New("expected the JSON report of a run, as regmigrate -o json writes it")
	case *in.Version != jsonVersion:
		return nil, fmt.Errorf("version %d of the report: expected %d", *in.Version, jsonVersion)
	}
	byText := map[string][]string{} // paths by their text in the report, which may be that of several
	for _, f := range *in.Files {
		byText[f.Path] = append(byText[f.Path], exactText(f.Path, f.PathBase64))
	}
	var out []rewrite.RecordedFile
	for i := range *in.Files {
		f := &(*in.Files)[i]
		switch {
		case len(f.Edits) == 0 && f.Changed:
			return nil, fmt.Errorf("file %q changed and has no edits: the report is not complete", f.Path)
		case len(f.Edits) == 0:
			continue
		}
		if f.BeforeDigest == "" && f.AfterDigest == "" {
			return nil, fmt.Errorf("file %q has no beforeDigest and afterDigest: an older version of regmigrate wrote the report", f.Path)
		}
		out = append(out, f.record(byText))
	}
	return out, nil
}

// jsonError returns the error of a JSON decoder with a message for a person.
func jsonError(err error) error {
	wrongType := (*json.UnmarshalTypeError)(nil)
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return fmt.Errorf("a JSON object, and the file has a value of type %s", wrongType.Value)
	case errors.As(err, &wrongType):
		return fmt.Errorf("the value of %s at byte %d cannot be a %s", wrongType.Field, wrongType.Offset, wrongType.Value)
	case errors.Is(err, io.EOF):
		return errors.New("the file is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the report ends early: the run or the copy was interrupted")
	}
	return err
}

func (f *recordedFile) record(byText map[string][]string) rewrite.RecordedFile {
	out := rewrite.RecordedFile{Path: exactText(f.Path, f.PathBase64), BeforeDigest: f.BeforeDigest, AfterDigest: f.AfterDigest}
	for _, e := range f.Edits {
		x := rewrite.RecordedEdit{
			Edit:      edit.Edit{Span: edit.Span{Start: e.Start, End: e.End}, New: exactText(e.New, e.NewBase64)},
			Old:       exactText(e.Old, e.OldBase64),
			EditGroup: rewrite.EditGroup{Number: e.Group},
		}
		for _, text := range e.Follows {
			x.Follows = append(x.Follows, byText[text]...)
		}
		out.Edits = append(out.Edits, x)
	}
	return out
}

// exactText returns the text that utf8Text and exactPath wrote.
func exactText(text string, exact []byte) string {
	if exact != nil {
		return string(exact)
	}
	return text
}
