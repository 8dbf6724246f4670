package syntax

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// TestJSONCorpus reads all *.json files below the folder REGMIGRATE_CORPUS. It
// compares their tokens with encoding/json, checks the positions of their scalars,
// and verifies edits of their strings.
func TestJSONCorpus(t *testing.T) {
	root := os.Getenv("REGMIGRATE_CORPUS")
	if root == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	var files, read, lenient, scalars, edited int
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(path, ".json") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		p, err := parseJSON(src, maxJSONNodes)
		if err != nil {
			t.Logf("%s: %v", path, err)
			if json.Valid(src) {
				t.Errorf("%s is valid JSON", path)
			}
			return nil
		}
		read++
		strict := src
		if !json.Valid(src) {
			lenient++
			strict = strictJSON(p)
		}
		checkJSONTree(t, src, &File{Docs: p.docs})
		var tokens []string
		var nodes []*Node
		for _, d := range p.docs {
			tokens = treeTokens(d.Root, tokens)
			nodes = jsonScalars(d.Root, nodes)
		}
		if want, err := jsonTokens(strict); err != nil || !sameTokens(tokens, want) {
			t.Errorf("%s: encoding/json reads other tokens, or returns an error: %v", path, err)
		}
		scalars += len(nodes)
		edits := stringEdits(src, nodes)
		edited += len(edits)
		if err := VerifyJSON(src, edits); err != nil {
			t.Errorf("%s with %d edits: %v", path, len(edits), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read == 0 {
		t.Errorf("no *.json file below %s was read", root)
	}
	t.Logf("%d files, %d read (%d of them not strict JSON), %d scalars located, %d edits verified",
		files, read, lenient, scalars, edited)
}

// stringEdits returns edits of the second half of each run of each string.
func stringEdits(src []byte, nodes []*Node) []edit.Edit {
	var edits []edit.Edit
	for _, n := range nodes {
		for _, r := range n.Map {
			if n.Style != DoubleQuoted {
				continue
			}
			mid := r.Src + r.Len/2
			for mid < r.Src+r.Len && src[mid]&0xc0 == 0x80 {
				mid++ // not inside a code point
			}
			edits = append(edits, edit.Edit{Span: edit.Span{Start: mid, End: r.Src + r.Len}, New: "registry.k8s.io"})
		}
	}
	return edits
}
