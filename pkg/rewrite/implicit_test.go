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

// A file without a mention is never parsed: one that no parser takes goes
// unnoticed. The same text with a mention does not.
func TestUnmentionedIsNotParsed(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"quiet.yaml": unparsable, "loud.yaml": unparsable + "k8s.gcr.io\n"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := PlanFiles(t.Context(), Options{Walk: walk.Options{Root: root}, Rules: presetSet(t)})
	if err != nil {
		t.Fatal(err)
	}
	if p.ScannedFiles != 2 || len(p.Files) != 1 || p.Files[0].Path != "loud.yaml" {
		t.Fatalf("%d files looked at, with something to say of %+v; want 2 and loud.yaml", p.ScannedFiles, p.Files)
	}
}

// Such a file is not copied either: it is searched where it was read.
func TestUnmentionedIsNotCopied(t *testing.T) {
	set := presetSet(t)
	src := bytes.Repeat([]byte(unparsable), 10_000)
	allocated := testing.AllocsPerRun(10, func() {
		if c := classifyContent(src, set, set.MayMatch); c.src != nil || c.err != nil || c.skip != "" {
			t.Errorf("inspect: %+v", c)
		}
	})
	if allocated > 0 {
		t.Errorf("%v allocations to find that a file has no mention", allocated)
	}
	loud := append(bytes.Clone(src), "k8s.gcr.io/pause"...)
	if c := classifyContent(loud, set, set.MayMatch); !bytes.Equal(c.src, loud) || &c.src[0] == &loud[0] {
		t.Error("a file with a mention is not copied, and the buffer will be used again")
	}
}
