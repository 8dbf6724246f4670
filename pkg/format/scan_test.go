package format

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

var update = flag.Bool("update", false, "write the findings into the files of testdata")

// otherReasons are the reasons that other packages give.
var otherReasons = map[Reason]string{
	Conflict:       "pkg/link and pkg/rewrite",
	RemoteBase:     "pkg/link",
	LostEntry:      "pkg/link",
	OutdatedPolicy: "pkg/rewrite",
	Archive:        "pkg/rewrite",
	SkippedFolder:  "pkg/rewrite",
	Encoded:        "pkg/rewrite",
	ManifestText:   "pkg/rewrite",
	Ignored:        "pkg/rewrite",
	ExcludedByRule: "pkg/rewrite",
	OtherTag:       "pkg/rewrite",
	UnknownTag:     "pkg/rewrite",
	Unavailable:    "pkg/rewrite",
	ValuesSchema:   "pkg/rewrite",
	NotRendered:    "pkg/link and pkg/rewrite",
	Pushed:         "pkg/rewrite",
	UnusedValue:    "pkg/link",
}

// neighbour is the word for a place like the one that a file of testdata shows,
// but without the finding.
const neighbour = "neighbour"

// TestFormats scans testdata/formats/NAME.txtar for every format. No occurrence
// may contain the word neighbour.
func TestFormats(t *testing.T) {
	entries := archives(t, "formats")
	for _, f := range All {
		t.Run(f.Name, func(t *testing.T) {
			found := false
			for _, x := range scanArchive(t, entries, f.Name) {
				found = found || x.format == f && !x.hasNeighbour && x.outcome == "rewritten" || f == Text && x.format == f && x.reason != ""
				if x.hasNeighbour && !x.isContext {
					t.Errorf("found an occurrence that must not be found: %s", x)
				}
			}
			if !found {
				t.Errorf("no finding of the format %s", f.Name)
			}
		})
	}
	checkNoOthers(t, entries)
}

// TestReasons scans testdata/reasons/NAME.txtar for every reason that this
// package gives. No finding with the word neighbour may have the reason.
func TestReasons(t *testing.T) {
	entries := archives(t, "reasons")
	for _, r := range Reasons {
		name := strings.ReplaceAll(string(r.Reason), " ", "-")
		if owner := otherReasons[r.Reason]; owner != "" {
			if entries[name] != "" {
				t.Errorf("%s: the table says that %s gives this reason", entries[name], owner)
			}
			continue
		}
		t.Run(name, func(t *testing.T) {
			found := false
			for _, x := range scanArchive(t, entries, name) {
				found = found || x.reason == r.Reason
				if x.hasNeighbour && x.reason == r.Reason {
					t.Errorf("got the reason in a place that must not have it: %s", x)
				}
			}
			if !found {
				t.Errorf("no finding has the reason %q", r.Reason)
			}
		})
	}
	checkNoOthers(t, entries)
}

// archives returns the files of a folder of testdata by name without extension.
func archives(t *testing.T, folder string) map[string]string {
	t.Helper()
	names, err := filepath.Glob("testdata/" + folder + "/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		out[strings.TrimSuffix(filepath.Base(name), ".txtar")] = name
	}
	return out
}

// checkNoOthers reports the files that scanArchive did not remove from entries.
func checkNoOthers(t *testing.T, entries map[string]string) {
	t.Helper()
	for _, name := range entries {
		t.Errorf("%s: no format or reason has this name", name)
	}
}

// A finding is an occurrence or a context as the want section of a file of
// testdata states it.
type finding struct {
	format       *Format
	path         string
	spans        string // line:column-line:column of each piece, 1-based, half-open
	text         string
	outcome      string // rewritten, reference, likely image, unconfirmed, or a reason
	reason       Reason
	place        Place
	note         string
	start        int
	isContext    bool
	hasNeighbour bool
}

func (x finding) String() string {
	s := x.path + ":" + x.spans + "  " + x.text + "  " + x.outcome
	if x.note != "" {
		s += " (" + x.note + ")"
	}
	if x.place.Field != "" {
		s += "  " + x.place.Field
	}
	if x.place.Object != "" {
		s += " in " + x.place.Object
	}
	return s
}

// scanArchive scans the files of the archive called name, compares the findings
// with its last section, want, and removes the archive from entries.
func scanArchive(t *testing.T, entries map[string]string, name string) []finding {
	t.Helper()
	file := entries[name]
	delete(entries, name)
	if file == "" {
		t.Fatalf("testdata has no file %s.txtar", name)
	}
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	last := len(archive.Files) - 1
	if last < 1 || archive.Files[last].Name != "want" {
		t.Fatalf("%s: the last section is not want", file)
	}
	var all []finding
	var got bytes.Buffer
	sawNeighbour := false
	for _, section := range archive.Files[:last] {
		sawNeighbour = sawNeighbour || bytes.Contains(section.Data, []byte(neighbour))
		f := Detect(section.Name, section.Data)
		findings, unverified := scanFile(t, f, section.Name, section.Data)
		fmt.Fprintf(&got, "%s is %s", section.Name, f.Name)
		if unverified {
			got.WriteString(", unverified")
		}
		got.WriteString("\n")
		for _, x := range findings {
			fmt.Fprintf(&got, "%s\n", x)
		}
		all = append(all, findings...)
	}
	if !sawNeighbour {
		t.Errorf("%s: no file has the word %s", file, neighbour)
	}
	if want := archive.Files[last].Data; !bytes.Equal(got.Bytes(), want) {
		if *update {
			archive.Files[last].Data = got.Bytes()
			if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
				t.Fatal(err)
			}
		} else {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got.Bytes(), want)
		}
	}
	return all
}

// scanFile returns the findings of a file, in order. It checks that Verify
// accepts the new host in all references.
func scanFile(t *testing.T, f *Format, name string, src []byte) (all []finding, unverified bool) {
	t.Helper()
	rename(t, f, name, src) // checks that every mark has one explanation
	in := Input{Path: name, Src: src, Marks: marksOf(src)}
	out, err := f.Read(in)
	if err != nil {
		t.Fatal(err)
	}
	edits := map[edit.Edit]bool{}
	for i := range out.Occurrences {
		o := &out.Occurrences[i]
		x := occurrenceFinding(f, src, o)
		if p := &o.Pieces[0]; x.outcome == "rewritten" {
			if s, ok := p.Map.Span(0, len(oldHost)); ok {
				edits[edit.Edit{Span: s, New: newHost}] = true
			}
		}
		all = append(all, x)
	}
	for _, c := range out.Contexts {
		end := c.Mark.End + bytes.IndexAny(append(src[c.Mark.End:len(src):len(src)], '\n'), " \t\r\n\"'`,)]}")
		word := string(src[c.Mark.Start:end])
		all = append(all, finding{format: f, path: name, spans: position(src, c.Mark), text: string(src[c.Mark.Start:c.Mark.End]), outcome: string(c.Reason), reason: c.Reason,
			place: c.Place, note: c.Note, start: c.Mark.Start, isContext: true, hasNeighbour: strings.Contains(word, neighbour)})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].start < all[j].start })
	var list []edit.Edit
	for e := range edits {
		list = append(list, e)
	}
	edit.Sort(list)
	if err := f.Check(Change{Path: name, Before: src, Edits: list}); err != nil {
		t.Errorf("%s: Verify rejects the new host: %v", name, err)
	}
	return all, out.Unverified
}

func occurrenceFinding(f *Format, src []byte, o *Occurrence) finding {
	x := finding{format: f, path: o.Pieces[0].Path, text: o.Text(), place: o.Place, note: o.Note, start: o.Pieces[0].Span.Start}
	for _, p := range o.Pieces {
		if x.spans != "" {
			x.spans += " "
		}
		x.spans += position(src, p.Span)
	}
	x.hasNeighbour = strings.Contains(x.text, neighbour)
	switch rest, isOld := strings.CutPrefix(x.text, oldHost); {
	case o.Keep != "":
		x.outcome, x.reason = string(o.Keep), o.Keep
	case o.OutOfScope != "":
		x.outcome, x.reason = string(o.OutOfScope), o.OutOfScope
	case o.Unconfirmed:
		x.outcome = "unconfirmed"
	case o.LikelyImage && !o.IsImage && !hasDomain(x.text):
		x.outcome, x.reason = "likely image", LikelyImage
		if o.IsUntagged {
			x.outcome = "untagged name"
		}
	case isOld && (rest == "" || rest[0] == '/'):
		x.outcome = "rewritten"
	default:
		x.outcome = "reference"
	}
	return x
}

// marksOf returns the spans of oldHost in src.
func marksOf(src []byte) []edit.Span {
	var out []edit.Span
	for at := 0; ; {
		i := bytes.Index(src[at:], []byte(oldHost))
		if i < 0 {
			return out
		}
		out = append(out, edit.Span{Start: at + i, End: at + i + len(oldHost)})
		at += i + len(oldHost)
	}
}

// position returns the start and the end of s as line:column, 1-based, in bytes.
func position(src []byte, s edit.Span) string {
	at := func(offset int) string {
		before := src[:offset]
		return fmt.Sprintf("%d:%d", 1+bytes.Count(before, []byte("\n")), offset-bytes.LastIndexByte(before, '\n'))
	}
	return at(s.Start) + "-" + at(s.End)
}
