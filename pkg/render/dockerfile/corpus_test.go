package dockerfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// TestCorpusDockerfiles plans a move of all images of each Dockerfile of the repositories
// in REGMIGRATE_CORPUS. No proof may fail, and a wrong tag in the first image that moves
// must make it fail.
func TestCorpusDockerfiles(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	set := mirrorSet(t)
	count := map[string]int{}
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() || !format.IsDockerfile(filepath.ToSlash(path)) {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		plan, err := rewrite.PlanText(t.Context(), rewrite.Options{Rules: set}, filepath.Base(path), src)
		if err != nil {
			return err
		}
		after := src
		if len(plan.Files) > 0 {
			after = plan.Files[0].After()
		}
		v := verifyText(t, string(src), string(after))
		count["files"]++
		count[v.State.String()]++
		switch {
		case v.State == render.Failed:
			t.Errorf("%s: %s", path, describe(&v))
		case v.State == render.Unproven:
			count["unproven: "+reasonClass(v.Reason)]++
		case !v.Unchanged:
			count["proven, with changes"]++
			count["references moved"] += v.Moved
			count["wrong tags"]++
			wrong := strings.Replace(string(after), "mirror.example/", "mirror.example/x", 1)
			if i := strings.Index(string(after), "FROM mirror.example/"); i >= 0 {
				wrong = string(after[:i]) + strings.Replace(string(after[i:]), "FROM mirror.example/", "FROM mirror.example/x", 1)
			}
			if v := verifyText(t, string(src), wrong); v.State == render.Failed {
				count["wrong tags found"]++
			} else if strings.Contains(string(after), "FROM mirror.example/") {
				t.Errorf("%s: a wrong image is not found: %s", path, describe(&v))
			}
		}
		if len(v.Leftovers) > 0 {
			count["with an image that does not move"]++
			t.Logf("%s: left %s in %s", path, v.Leftovers[0].Ref, v.Leftovers[0].Field)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for k := range count {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		t.Logf("%6d %s", count[k], k)
	}
}

// reasonClass returns a reason without the names in it.
func reasonClass(reason string) string {
	switch {
	case strings.HasSuffix(reason, "needs a build argument"):
		return "FROM needs a build argument"
	case strings.Contains(reason, "parse error"):
		return "does not parse"
	}
	return reason
}
