package rewrite

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

func presetSet(t *testing.T) *rules.Set {
	t.Helper()
	list, err := rules.Preset("k8s")
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

const unparsable = "a: [b\nimage: registry.k8s.io/pause:3.9\n\t- }\n"

// A file without a mention is not parsed, so that a syntax error in it is not
// reported. The same file with a mention is reported.
func TestFilesWithoutMentionAreNotParsed(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"without.yaml": unparsable, "with.yaml": unparsable + "k8s.gcr.io\n"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := PlanFiles(t.Context(), Options{Walk: walk.Options{Root: root}, Rules: presetSet(t)})
	if err != nil {
		t.Fatal(err)
	}
	if p.ScannedFiles != 2 || len(p.Files) != 1 || p.Files[0].Path != "with.yaml" {
		t.Fatalf("expected 2 scanned files and findings in with.yaml, got %d and %+v", p.ScannedFiles, p.Files)
	}
}

// A file without a mention is not copied: the read buffer is searched in place.
func TestFilesWithoutMentionAreNotCopied(t *testing.T) {
	set := presetSet(t)
	src := bytes.Repeat([]byte(unparsable), 10_000)
	allocated := testing.AllocsPerRun(10, func() {
		if c := classifyContent(src, set, set.MayMatch); c.src != nil || c.err != nil || c.skip != "" {
			t.Errorf("expected no content, got %+v", c)
		}
	})
	if allocated > 0 {
		t.Errorf("expected no allocations for a file without a mention, got %v", allocated)
	}
	with := append(bytes.Clone(src), "k8s.gcr.io/pause"...)
	if c := classifyContent(with, set, set.MayMatch); !bytes.Equal(c.src, with) || &c.src[0] == &with[0] {
		t.Error("expected a copy of a file with a mention, because the buffer is reused")
	}
}
