package syntax

import (
	"bytes"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// manifestYAML is a stream of n small manifests.
func manifestYAML(n int) []byte {
	return []byte(strings.Repeat("---\n# a comment\napiVersion: v1\nkind: Pod\nmetadata:\n  name: pause\n  labels: {app: \"pause\", tier: 'x'}\n"+
		"spec:\n  containers:\n  - name: pause\n    image: k8s.gcr.io/pause:3.9 # the sandbox\n    args: [\"--a\", --b=1]\n    command:\n    - |\n      echo é\n      sleep 1\n", n))
}

func BenchmarkParseYAML(b *testing.B) {
	src := manifestYAML(2000)
	b.Run("decoder", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			if _, err := decodeYAML(src, edit.Span{Start: 0, End: len(src)}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("located", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			if _, err := ParseYAML(src, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("nothing wanted", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			if _, err := ParseYAML(src, func([]byte) bool { return false }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkVerifyYAML(b *testing.B) {
	src := manifestYAML(2000)
	at := bytes.LastIndex(src, []byte("k8s.gcr.io"))
	edits := []edit.Edit{{Span: edit.Span{Start: at, End: at + len("k8s.gcr.io")}, New: "registry.k8s.io"}}
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if err := VerifyYAML(src, edits); err != nil {
			b.Fatal(err)
		}
	}
}
