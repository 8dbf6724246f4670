package rewrite_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// A file larger than MaxSize is searched in blocks. Every mention has a finding
// with its position, also if it is across two blocks.
func TestMentionsOfLargeFile(t *testing.T) {
	const block, mention = 1 << 20, "k8s.gcr.io"
	src := bytes.Repeat([]byte(strings.Repeat("a text of é lines, ", 20)+"\n"), 3*block/401)
	copy(src[block-200:], bytes.ReplaceAll(src[block-200:2*block+5000], []byte("\n"), []byte(" "))) // a line across two blocks
	places := []int{0, 4000, len(src) - len(mention)}
	for _, edge := range []int{block, 2 * block} {
		for at := edge - 130; at < edge+130; at += 13 {
			places = append(places, at)
		}
	}
	for _, at := range places {
		copy(src[at:], mention)
	}
	root := t.TempDir()
	write(t, filepath.Join(root, "large.yaml"), src)
	write(t, filepath.Join(root, "small.yaml"), []byte("image: k8s.gcr.io/pause\n"))
	o := k8sOptions(t)
	o.MaxSize = block
	plan := makePlan(t, root, o)
	if len(plan.Files) != 2 || plan.Files[0].Err == nil || plan.Files[1].Err != nil || len(plan.Files[1].Edits) != 1 {
		t.Fatalf("expected an error for large.yaml and one edit in small.yaml, got %+v", plan.Files)
	}
	found := plan.Files[0].Findings
	lines := edit.NewLines(src)
	at := 0
	for i := bytes.Index(src, []byte(mention)); i >= 0; {
		if at == len(found) {
			t.Fatalf("the mention at byte %d has no finding", i)
		}
		line, column := lines.Position(i)
		if x := found[at]; x.Mention != (edit.Span{Start: i, End: i + len(mention)}) || x.Line != line || x.Column != column || x.Old != mention || x.Status != rewrite.NotChanged {
			t.Errorf("expected a finding at byte %d, %d:%d, got %+v", i, line, column, x)
		}
		at++
		next := bytes.Index(src[i+1:], []byte(mention))
		if next < 0 {
			break
		}
		i += 1 + next
	}
	if at != len(places) || at != len(found) {
		t.Errorf("expected %d mentions and findings, got %d and %d", len(places), at, len(found))
	}
}

// The number of findings of a large file is limited, and the error names the limit.
func TestMentionsOfLargeFileAreLimited(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "large.yaml"), []byte(strings.Repeat("k8s.gcr.io\n", 200_000)))
	o := k8sOptions(t)
	o.MaxSize = 1 << 20
	plan := makePlan(t, root, o)
	if n := len(plan.Files[0].Findings); n != 100_000 {
		t.Errorf("expected 100000 findings, got %d", n)
	}
	if err := plan.Files[0].Err; err == nil || !strings.Contains(err.Error(), "more than 100000 mentions") {
		t.Errorf("expected an error about more than 100000 mentions, got %v", err)
	}
}
