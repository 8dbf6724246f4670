package syntax

import (
	"errors"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

func TestParseJSONDepth(t *testing.T) {
	for _, c := range []struct {
		name, open, close string
		levels            int // number of levels per repetition
	}{
		{"arrays", "[", "]", 1},
		{"objects", `{"a":`, "}", 1},
		{"arrays and objects", `[{"a":`, "}]", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			nested := func(depth int) []byte {
				n := depth / c.levels
				return []byte(strings.Repeat(c.open, n) + "[]" + strings.Repeat(c.close, n))
			}
			src := nested(maxJSONDepth - c.levels)
			if _, err := ParseJSON(src); err != nil {
				t.Errorf("below the limit: %v", err)
			}
			if err := VerifyJSON(src, nil); err != nil {
				t.Errorf("below the limit: %v", err)
			}
			for _, depth := range []int{maxJSONDepth, 100_000} {
				if _, err := ParseJSON(nested(depth)); !errors.Is(err, ErrTooDeep) {
					t.Errorf("%d levels around a list: got %v, want ErrTooDeep", depth, err)
				}
			}
			open := []byte(strings.Repeat(c.open, 100_000))
			if _, err := ParseJSON(open); !errors.Is(err, ErrTooDeep) {
				t.Errorf("not closed: got %v, want ErrTooDeep", err)
			}
		})
	}
}

func TestParseJSONLarge(t *testing.T) {
	const size = 8 << 20
	for _, c := range []struct {
		name, src string
		len, runs int // of the last scalar
	}{
		{"one string", `"` + strings.Repeat("x", size) + `"`, size, 1},
		{"one string of escapes", `"` + strings.Repeat(`\n`, size/2) + `"`, size / 2, 0},
		{"one string of escapes and text", `"` + strings.Repeat(`\na`, size/3) + `"`, size / 3 * 2, size / 3},
		{"invalid UTF-8", `"` + strings.Repeat("\xff", size/4) + `"`, size / 4 * 3, 0},
		{"comments", strings.Repeat("//\n", size/3) + `"a"`, 1, 1},
		{"numbers on one line", "[" + strings.Repeat("1,", size/8) + `"a"]`, 1, 1},
		{"documents", strings.Repeat("{}\n", size/16) + `"a"`, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := ParseJSON([]byte(c.src))
			if err != nil {
				t.Fatal(err)
			}
			n := f.Docs[len(f.Docs)-1].Root
			if n.Kind == Sequence {
				n = n.Children[len(n.Children)-1]
			}
			if len(n.Value) != c.len || len(n.Map) != c.runs {
				t.Errorf("%d bytes in %d runs, want %d in %d", len(n.Value), len(n.Map), c.len, c.runs)
			}
		})
	}
}

func TestParseJSONTooMany(t *testing.T) {
	for _, c := range []struct {
		name, src string
		nodes     int
	}{
		{"items", "[1,2,3]", 4},
		{"members", `{"a":1,"b":[]}`, 5},
		{"documents", "1 2 3", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := parseJSON([]byte(c.src), c.nodes); err != nil {
				t.Errorf("as many nodes as allowed: %v", err)
			}
			if _, err := parseJSON([]byte(c.src), c.nodes-1); !errors.Is(err, ErrTooMany) {
				t.Errorf("one node more: got %v, want ErrTooMany", err)
			}
		})
	}
}

// TestVerifyJSONManyRuns edits every run of a string with many runs. A linear
// search for the run of each edit would take minutes.
func TestVerifyJSONManyRuns(t *testing.T) {
	const lines = 300_000
	src := []byte(`"` + strings.Repeat(`\na`, lines) + `"`)
	edits := make([]edit.Edit, lines)
	for i := range edits {
		edits[i] = edit.Edit{Span: edit.Span{Start: 3*i + 3, End: 3*i + 4}, New: "bc"}
	}
	if err := VerifyJSON(src, edits); err != nil {
		t.Error(err)
	}
}

func BenchmarkParseJSON(b *testing.B) {
	item := `{"name":"web","image":"k8s.gcr.io/pause:3.9","args":["--port=80","--v=2"],"replicas":3,"note":"a\nb"},`
	src := []byte("[" + strings.Repeat(item, 30<<20/len(item)) + "]")
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseJSON(src); err != nil {
			b.Fatal(err)
		}
	}
}
