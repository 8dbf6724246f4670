package testlink

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/link"
)

var update = flag.Bool("update", false, "replace the section want of the cases with the results")

// Run links the tree of each case in testdata/*.txtar and compares the result
// with its section "want". Files that wants accepts are in the tree even if
// they mention no old name.
func Run(t *testing.T, wants func(path string) bool, do func(c *Case) ([]link.Group, []link.Consequence)) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata has no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse(archive, wants)
			if err != nil {
				t.Fatal(err)
			}
			got := c.Print(do(c))
			if *update {
				if err := os.WriteFile(file, c.SetWant(got), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != c.Want {
				t.Errorf("got\n%swant\n%s", got, c.Want)
			}
		})
	}
}
