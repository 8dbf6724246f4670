package helm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// randomText returns a text of few different characters, so that texts contain each other.
func randomText(r *rand.Rand, alphabet string, most int) string {
	b := make([]byte, r.IntN(most+1))
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// TestTextIndex compares the two indexes with a search in each text.
func TestTextIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var texts []string
		for range r.IntN(12) {
			texts = append(texts, randomText(r, "ab/:v", 6))
		}
		x := newTextIndex(texts)
		s := randomText(r, "ab/:v", 14)
		var got, want []string
		x.eachPrefix(s, func(text string, number int) {
			if texts[number] != text || slices.Index(texts, text) != number {
				t.Fatalf("the number of %q in %q: %d", text, texts, number)
			}
			got = append(got, text)
		})
		for n := range len(s) + 1 {
			if n > 0 && slices.Contains(texts, s[:n]) {
				want = append(want, s[:n])
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q begins with %q of %q, expected %q", s, got, texts, want)
		}
		found := map[string]bool{}
		x.eachPart(s, func(number int) { found[texts[number]] = true })
		for _, text := range texts {
			if text != "" && found[text] != isPartOf(text, s) {
				t.Fatalf("%q is a part of %q: %v, expected %v", text, s, found[text], isPartOf(text, s))
			}
		}
		texts = withoutDuplicates(texts)
		isPart := slices.ContainsFunc(texts, func(text string) bool { return s != "" && isPartOf(s, text) })
		if got := newPartIndex(texts).has(s); s != "" && got != isPart {
			t.Fatalf("one of %q contains %q: %v, expected %v", texts, s, got, isPart)
		}
	}
}

// A long part is found, too, and a NUL does not join two references.
func TestPartIndexLong(t *testing.T) {
	long := strings.Repeat("a", maxIndexedPart)
	for _, tt := range []struct {
		refs []string
		part string
		want bool
	}{
		{[]string{"x/" + long + ":1"}, long, true},
		{[]string{"x/" + long + "a:1"}, long + "a", true},
		{[]string{"x/" + long + "aa:1"}, long + "a", false},
		{[]string{"x/" + long + "/b:1"}, long + "/b", true},
		{[]string{"a/b", "c/d"}, "b\x00c", false},
		{nil, "a", false},
	} {
		if got := newPartIndex(tt.refs).has(tt.part); got != tt.want {
			t.Errorf("one of %.80q contains %.80q: %v, expected %v", tt.refs, tt.part, got, tt.want)
		}
	}
}

func TestMarkIndex(t *testing.T) {
	values := map[string]any{}
	var refs []string
	for i := range 40 {
		values[fmt.Sprint("k", i)] = map[string]any{"repository": fmt.Sprint("k8s.gcr.io/a", i), "tag": fmt.Sprint("1.", i)}
		refs = append(refs, fmt.Sprintf("k8s.gcr.io/a%d:1.%d", i, i))
	}
	markers := newMarkers(values, refs)
	if len(markers) != 80 {
		t.Fatalf("expected 80 markers, got %d", len(markers))
	}
	marks := newMarkIndex(markers)
	for i := 0; i < len(markers); i += 2 {
		parts := marks.read(markers[i].text + ":" + markers[i+1].text)
		if len(parts) != 3 || parts[0].Text != markers[i].original || !parts[0].Whole || parts[1].Text != ":" || parts[2].Text != markers[i+1].original {
			t.Errorf("expected %q, \":\" and %q, got %v", markers[i].original, markers[i+1].original, parts)
		}
	}
}

// The text of a marker grows in proportion to the text that it replaces.
func TestMarkTextLength(t *testing.T) {
	const n = 10_000
	text, parts := markText(1, "k8s.gcr.io"+strings.Repeat("/a", n))
	seen := map[string]bool{}
	for _, p := range parts {
		seen[p.mark] = true
	}
	if len(text) > 15*n || len(seen) != n+1 {
		t.Errorf("%d bytes and %d marks for %d components", len(text), len(seen), n+1)
	}
}

// All parts of a long value get their markers, and none replaces a part of another.
func TestSetMarkersInLongValue(t *testing.T) {
	all := map[string]any{"text": "- image: a.io/x:1\n- image: a.io/x:11\n"}
	markers := newMarkers(all, []string{"a.io/x:1", "a.io/x:11"})
	values := map[string]any{}
	setMarkers(values, all, markers)
	got, _ := values["text"].(string)
	for _, m := range markers {
		if !strings.Contains(got, m.text+"\n") {
			t.Errorf("no marker for %s in %q", m.original, got)
		}
	}
}
