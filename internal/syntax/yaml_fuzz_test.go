package syntax

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

var yamlSeeds = []string{
	"a: b\nc:\n- d\n- 'e''f'\n- \"g\\th\\\n  i\"\n",
	"# c\n\n&x !!map\n? &an:chor x\n: !<tag:x,2000:y> |2+ # d\n   e\n\n\n--- >-\n f\n g\n\n h\n...\n",
	"{a: [b, *c, ? d : e], \"f\":g, é: \U0001F41E}\n",
	"a: &x [*x, b\r\n  c]\r# d\u0085e: f\u2028g:\u2029 h\n",
	"%YAML 1.1\n%TAG !e! tag:e,2000:\n--- !e!x\na: b\n---\n---\n# c\n",
	"\ufeffa: 'b\n\n  c '\n<<: {d: ~}\n",
	"a: |+\n\n \n  b\n   c\n\n",
	"- |1\n    \n b\n- >\n  c\n   d\n\n  e\n",
}

// longYAMLWords returns edits that insert a Q in front of a letter of each scalar.
// The scalar remains a string, since no other type contains a Q. It leaves out
// scalars near 1024 characters, the length limit of the decoder for keys.
func longYAMLWords(f *File) []edit.Edit {
	var out []edit.Edit
	for _, n := range yamlFileScalars(f) {
		if n.Kind != Scalar || n.Tag != "!!str" || n.Span.Len() > 1000 {
			continue
		}
		for _, r := range n.Map {
			text := n.Value[r.Dec : r.Dec+r.Len]
			if i := strings.IndexFunc(text, func(c rune) bool { return 'a' <= c && c <= 'z' }); i >= 0 {
				out = append(out, edit.Edit{Span: edit.Span{Start: r.Src + i, End: r.Src + i + 1}, New: "Q" + text[i:i+1]})
				break
			}
		}
	}
	edit.Sort(out)
	return out
}

// FuzzYAML compares ParseYAML with the decoder: it accepts the same sources, except
// those with a wrong encoding, and finds the position of each node. After edits at
// these positions, the decoder reads the edited values.
func FuzzYAML(f *testing.F) {
	for _, s := range append(yamlSeeds, yamlSuite(f)...) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := ParseYAML(src, nil)
		if checkYAMLEncoding(src) != nil {
			if err == nil {
				t.Error("a source with a wrong encoding is accepted")
			}
			return
		}
		values, decodeErr := decodedYAMLValues(src)
		if (err == nil) != (decodeErr == nil) {
			t.Fatalf("%v, but the decoder returns %v", err, decodeErr)
		}
		if err != nil {
			return
		}
		checkYAMLFile(t, src, file)
		checkYAMLChunks(t, src, file)
		edits := longYAMLWords(file)
		after, err := edit.Apply(src, edits)
		if err != nil {
			t.Fatal(err)
		}
		if err := VerifyYAML(src, edits); err != nil {
			// Edits can make a key too long: the first line of a flow collection.
			if strings.Contains(err.Error(), "without a colon") || strings.Contains(err.Error(), "mapping") {
				return
			}
			t.Errorf("%q becomes %q: %v", src, after, err)
		}
		edited, err := decodedYAMLValues(after)
		if err != nil {
			t.Fatal(err)
		}
		if len(edited) != len(values) {
			t.Fatalf("%q becomes %q: %d scalars become %d", src, after, len(values), len(edited))
		}
		changed := 0
		for i := range edited {
			if edited[i] != values[i] {
				changed++
				k := 0
				for k < min(len(values[i]), len(edited[i])) && edited[i][k] == values[i][k] {
					k++
				}
				if edited[i][:k]+strings.TrimPrefix(edited[i][k:], "Q") != values[i] {
					t.Errorf("%q becomes %q", values[i], edited[i])
				}
			}
		}
		if changed != len(edits) {
			t.Errorf("%q becomes %q: %d edits change %d scalars", src, after, len(edits), changed)
		}
	})
}

// decodedYAMLValues returns the values of all scalars that the decoder reads from
// src.
func decodedYAMLValues(src []byte) ([]string, error) {
	var out []string
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode {
			out = append(out, n.Value)
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	for {
		n := new(yaml.Node)
		if err := dec.Decode(n); err != nil {
			if err.Error() == "EOF" {
				return out, nil
			}
			return nil, err
		}
		walk(n)
	}
}

// isReplacement reports whether after is before with text in the place of at most size
// bytes. They are fewer if line breaks are among them: a value has NEL as one byte.
func isReplacement(before, after, text string, size int) bool {
	for at := 0; at <= len(before) && at+len(text) <= len(after) && before[:at] == after[:at]; at++ {
		rest, ok := strings.CutPrefix(after[at:], text)
		removed := len(before) - at - len(rest)
		if ok && removed >= 0 && removed <= size && strings.HasSuffix(before, rest) {
			return true
		}
	}
	return false
}

// FuzzVerifyYAML makes one edit of any kind and compares VerifyYAML with the
// decoder: if VerifyYAML accepts an edit inside a value, the decoder reads exactly
// this change.
func FuzzVerifyYAML(f *testing.F) {
	for i, s := range yamlSeeds {
		f.Add([]byte(s), i, 1, "x")
		f.Add([]byte(s), 3*i, 0, "\n  k: v")
	}
	f.Add([]byte("a\u0085b\u2028c"), 1, 3, "A") // a line break of two bytes
	f.Fuzz(func(t *testing.T, src []byte, start, size int, text string) {
		e := edit.Edit{Span: edit.Span{Start: start, End: start + size}, New: text}
		after, err := edit.Apply(src, []edit.Edit{e})
		if err != nil || VerifyYAML(src, []edit.Edit{e}) != nil {
			return
		}
		a, errA := decodedYAMLValues(src)
		b, errB := decodedYAMLValues(after)
		if errA != nil || errB != nil {
			if len(slices.Collect(yamlChunks(src))) > 1 {
				return // another document is invalid, before and after the edit
			}
			t.Fatalf("VerifyYAML accepts %q becoming %q: %v, %v", src, after, errA, errB)
		}
		if isYAMLInsert(e) {
			if len(b) <= len(a) {
				t.Errorf("VerifyYAML accepts %q becoming %q: nothing is added", src, after)
			}
			return
		}
		if len(a) != len(b) {
			t.Fatalf("VerifyYAML accepts %q becoming %q: %d scalars become %d", src, after, len(a), len(b))
		}
		changed := 0
		for i := range a {
			if a[i] != b[i] {
				changed++
				if !isReplacement(a[i], b[i], text, size) {
					t.Errorf("VerifyYAML accepts %q becoming %q: %q becomes %q", src, after, a[i], b[i])
				}
			}
		}
		if changed > 1 {
			t.Errorf("VerifyYAML accepts %q becoming %q: %d scalars differ", src, after, changed)
		}
	})
}
