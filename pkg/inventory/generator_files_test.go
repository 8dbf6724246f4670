package inventory

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// A file is read and parsed once, however often generators name it.
func TestGeneratorFilesReadsOnce(t *testing.T) {
	file := "-- f.yaml --\na: nginx:1.27\nl:\n" + strings.Repeat("- image: k8s.gcr.io/pause:3.1\n", 5000)
	archive := func(entry func(i int) string, n int) string {
		var b strings.Builder
		b.WriteString("-- kustomization.yaml --\nconfigMapGenerator:\n- name: a\n  files:\n")
		for i := range n {
			fmt.Fprintf(&b, "  - %s\n", entry(i))
		}
		return b.String() + file
	}
	o := options(t)
	allocated := func(entry func(i int) string, n int) (uint64, int) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v := inventoryFiles(t, o, archive(entry, n))
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc, len(formatUses(v))
	}
	for name, entry := range map[string]func(i int) string{
		"the same entry": func(int) string { return "f.yaml" },
		"the same path":  func(i int) string { return strings.Repeat("./", i%7) + "f.yaml" },
		"other keys":     func(i int) string { return fmt.Sprintf("k%d=f.yaml", i) },
	} {
		once, want := allocated(entry, 1)
		often, got := allocated(entry, 100)
		if often > 2*once {
			t.Errorf("%s: one entry allocates %d bytes, 100 entries %d", name, once, often)
		}
		if got != want {
			t.Errorf("%s: one entry has %d references, 100 entries %d", name, want, got)
		}
	}
}

// Each key of a file has its images, and a place is listed once.
func TestGeneratorFilesWithKeys(t *testing.T) {
	v := inventoryFiles(t, options(t), `-- kustomization.yaml --
configMapGenerator:
- name: a
  files: [image=f.txt, sidecarImage=f.txt, note=f.txt, f.txt]
-- f.txt --
bitnami/redis:7
`)
	if got := formatUses(v); len(got) != 1 || !strings.Contains(got[0], "f.txt:1:1") {
		t.Errorf("got %q", got)
	}
}

// A context that is done ends the entries of one file, too.
func TestGeneratorFilesEndsWithContext(t *testing.T) {
	v := New(options(t))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	v.addGeneratorFile(ctx, []format.GeneratorFile{{Path: "f.txt", Key: "image"}}, []byte("bitnami/redis:7\n"))
	if n := len(v.Images()); n != 0 {
		t.Errorf("%d images", n)
	}
}
