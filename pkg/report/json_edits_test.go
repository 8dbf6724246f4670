package report

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// The edits that ReadRecordedFiles reads are those of the plan, whatever their bytes are.
func FuzzRecordedFiles(f *testing.F) {
	f.Add("a.yaml", "image: k8s.gcr.io/x\n", "registry.k8s.io", 7, 17)
	f.Add("b\xff.yaml", "\xffa\\xff", "\xfe\ufffd", 0, 1)
	f.Add("\\xff", "", "", 0, 0)
	f.Fuzz(func(t *testing.T, path, before, text string, start, end int) {
		e := []edit.Edit{{Span: edit.Span{Start: start, End: end}, New: text}}
		if edit.Validate(e, len(before)) != nil {
			return
		}
		p := &rewrite.Plan{Files: []rewrite.File{{Path: path, Before: []byte(before), Edits: e}}}
		got, err := ReadRecordedFiles(strings.NewReader(write(t, "json", p, Options{})))
		want := []rewrite.RecordedFile{{
			Path: path, BeforeDigest: rewrite.Digest([]byte(before)), AfterDigest: rewrite.Digest(p.Files[0].After()),
			Edits: []rewrite.RecordedEdit{{Edit: e[0], Old: before[start:end], EditGroup: rewrite.EditGroup{Number: 1}}},
		}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("expected %+v, got %+v, error %v", want, got, err)
		}
	})
}

func TestReadRecordedFilesErrors(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"an empty file", "", "the file is empty"},
		{"not JSON", "diff --git a/a b/a\n", "invalid character"},
		{"an incomplete report", `{"version": 1, "files": [`, "ends early"},
		{"two reports", `{"version": 1, "rulesDigest": "", "files": []}{}`, "more after it"},
		{"another list", `{"version": 1, "images": []}`, "the JSON report of a run"},
		{"another version", `{"version": 2, "rulesDigest": "", "files": []}`, "version 2 of the report: expected 1"},
		{"an older program", `{"version": 1, "rulesDigest": "", "files": [{"path": "a", "edits": [{"start": 0, "end": 1, "old": "a", "new": "b"}]}]}`, `file "a" has no beforeDigest`},
		{"a text for a number", `{"version": 1, "rulesDigest": "", "files": [{"path": "a", "edits": [{"start": "0"}]}]}`, "the value of files.edits.start at byte "},
		{"a huge number", `{"version": 1, "rulesDigest": "", "files": [{"path": "a", "edits": [{"start": 1e300}]}]}`, "cannot be a number 1e300"},
		{"deep nesting", strings.Repeat(`{"a":`, 20000), "exceeded max depth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files, err := ReadRecordedFiles(strings.NewReader(tt.src))
			if err == nil || !strings.Contains(err.Error(), tt.want) || files != nil {
				t.Errorf("expected an error with %q, got %v, %v", tt.want, files, err)
			}
		})
	}
}

func TestReversalText(t *testing.T) {
	undo := fileReplacing("a.yaml", "image: registry.k8s.io/x\n", "registry.k8s.io", "k8s.gcr.io")
	failed := rewrite.File{Path: "b.yaml", Err: bytes.ErrTooLarge}
	tests := []struct {
		name string
		plan rewrite.Plan
		o    Options
		want string
	}{
		{"reversed", rewrite.Plan{Files: []rewrite.File{undo}}, Options{}, "1 edit in 1 file reversed\n"},
		{"a dry run", rewrite.Plan{Files: []rewrite.File{undo}}, Options{DryRun: true}, "1 edit in 1 file would be reversed\n"},
		{"reversed before", rewrite.Plan{Reversal: &rewrite.Reversal{Reversed: []string{"c", "d"}}}, Options{}, "2 files already have their bytes before the plan\n"},
		{"failed", rewrite.Plan{Files: []rewrite.File{undo, failed}, Reversal: &rewrite.Reversal{Reversed: []string{"c"}}}, Options{},
			"1 edit in 1 file reversed\n1 file already has its bytes before the plan\n1 file not reversed\n    b.yaml: " + bytes.ErrTooLarge.Error() + "\n"},
		{"quiet", rewrite.Plan{Files: []rewrite.File{undo, failed}}, Options{Quiet: true}, "b.yaml: " + bytes.ErrTooLarge.Error() + "\n"},
		{"nothing", rewrite.Plan{}, Options{}, "0 edits in 0 files reversed\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.plan.Reversal == nil {
				tt.plan.Reversal = &rewrite.Reversal{}
			}
			var b bytes.Buffer
			if err := WriteReversalText(&b, &tt.plan, tt.o); err != nil || b.String() != tt.want {
				t.Errorf("expected %q, got %q, error %v", tt.want, b.String(), err)
			}
		})
	}
}
