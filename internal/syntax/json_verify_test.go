package syntax

import (
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// bracketed returns src without its « and », and an edit that replaces the text
// between them.
func bracketed(t *testing.T, src, text string) ([]byte, []edit.Edit) {
	t.Helper()
	head, rest, ok := strings.Cut(src, "«")
	old, tail, ok2 := strings.Cut(rest, "»")
	if !ok || !ok2 {
		t.Fatalf("%q has no «»", src)
	}
	span := edit.Span{Start: len(head), End: len(head) + len(old)}
	return []byte(head + old + tail), []edit.Edit{{Span: span, New: text}}
}

func TestVerifyJSON(t *testing.T) {
	for _, c := range []struct {
		name, src, text string // text replaces the text between « and »
		err             string // "" if VerifyJSON accepts the edit; alternatives are separated by |
	}{
		{"in a value", `{"image": "«k8s.gcr.io»/pause:3.9"}`, "registry.k8s.io", ""},
		{"in a key", `{"«k8s.gcr.io»/pause": 1}`, "registry.k8s.io", ""},
		{"in an item", `["a", "«k8s.gcr.io»/pause"]`, "registry.k8s.io", ""},
		{"all of a string", `["«a»"]`, "", ""},
		{"into an empty string", `["«»"]`, "a", ""},
		{"between escapes", `["\n«k8s.gcr.io»\/pause"]`, "registry.k8s.io", ""},
		{"after an escape", `["\n«»k8s.gcr.io"]`, "a", ""},
		{"an equal text", `["«a»"]`, "a", ""},
		{"in a later document", "{}\n{\"a\":\"«b»\"}\n", "ccc", ""},
		{"across an escape", `["k8s«.gcr.io\/»pause"]`, "x", "touches an escape"},
		{"in an escape", `["\u«00e9»"]`, "00e8", "touches an escape"},
		{"between the halves of a surrogate pair", `["\ud83d«»\ude00"]`, "x", "touches an escape"},
		{"on invalid UTF-8", "[\"a«\xff»\"]", "b", "touches an escape"},
		{"adds an escape", `["«a»"]`, `\u0062`, "needs an escape"},
		{"a backslash in front of an escape", `["«a»\/"]`, `\`, "needs an escape"},
		{"a backslash in front of a letter", `["«a»n"]`, `\`, "needs an escape"},
		{"adds half an escape", `["«a»"]`, `\`, "after the edits"},
		{"ends the string", `["«a»"]`, `b","c`, "items became"},
		{"ends the string and adds a member", `{"a":"«b»"}`, `b","c":"d`, "without a scalar|needs an escape"},
		{"adds a line break", `["«a»"]`, "b\nc", "needs an escape"},
		{"adds invalid UTF-8", `["«a»"]`, "b\xff", "needs an escape"},
		{"adds a NUL", `["«a»"]`, "\x00", "NUL"},
		{"across the quote, without a change", `["a«b"»]`, `b"`, "not inside a string"},
		{"across the quote", `["a«b"»]`, `c"`, "expected"},
		{"all of the token", `[«"a"»]`, `"b"`, "expected"},
		{"a number", `[«1»]`, `2`, "expected"},
		{"inside a number", `[1«0»]`, `1`, "expected"},
		{"a literal", `[«true»]`, `false`, "expected"},
		{"another type without IsWhole", `[«1»]`, `"1"`, "became a !!str"},
		{"white space", `[1,« »2]`, "  ", "not inside a string"},
		{"white space at the end", "[1]«»", "\n", "not inside a string"},
		{"a trailing comma", `{"a":1«»}`, ",", "trailing commas"},
		{"removes a trailing comma", `{"a":1«,»}`, "", "trailing commas"},
		{"another bracket", `«[]»`, `{}`, "became a !!map"},
		{"adds a document", `[]«»`, `[]`, "documents became"},
		{"removes a document", `[]«[]»`, ``, "documents became"},
		{"the only document", `«[]»`, ` `, "a value was added or removed"},
		{"adds an item", `[1«»]`, `,2`, "items became"},
		{"removes a member", `{"a":1«,"b":2»}`, ``, "members became"},
		{"another order", `{«"a":1,"b":1»}`, `"b":1,"a":1`, "expected"},

		{"in a line comment", "[1] // «k8s.gcr.io»/a\n", "registry.k8s.io", ""},
		{"at the end of a line comment", "[1] // a«»\n", "b", ""},
		{"at the end of a line comment that ends the source", "[1] //«»", "b", ""},
		{"in a block comment", "/*«k8s.gcr.io»*/[1]", "registry.k8s.io", ""},
		{"in the only comment of an empty document", "// «a»\n", "b", ""},
		{"ends a line comment", "[1] // «a»\n", "a\n", "begins or ends at a different place"},
		{"ends a block comment", "/* «a» */[1]/* */", "*/ /*", "begins or ends at a different place"},
		{"all of a comment", "[1] «// a»\n", "// b", "not inside a string"},
		{"across the end of a comment", "/* a «*/»[1]", "b*/", "not inside a string"},
		{"adds a comment", "[1«»]", "/**/", "comments became"},
		{"removes a comment", "[1«/**/»]", "", "begins or ends at a different place"},
		{"comments out a member", "{\"a\":1«»,\n\"b\":2}", "//", "comments became|expected"},

		{"adds a member after another", `{"name":"a"«»,"tag":"b"}`, `,"newName":"c"`, ""},
		{"adds a member in front of another", `{«»"name":"a"}`, `"newName":"c",`, ""},
		{"adds a member after the comma", `{"name":"a",«»"tag":"b"}`, `"newName":"c",`, ""},
		{"adds a member at the end, on a line of its own", "{\n  \"name\": \"a\"«»\n}", ",\n  \"newName\": \"c\"", ""},
		{"adds a member in front of a trailing comma", `{"name":"a"«»,}`, `,"newName":"c"`, ""},
		{"adds a member to an empty object", `[{«»}]`, `"a":"b"`, ""},
		{"adds two members", `{"a":1«»}`, `,"b":"c","d":"e"`, ""},
		{"adds a member in a later document", "{}\n[{\"a\":1«»}]", `,"b":"c"`, ""},
		{"adds a key that exists", `{"name":"a"«»}`, `,"name":"c"`, "exists already"},
		{"adds a key twice", `{"name":"a"«»}`, `,"b":"c","b":"c"`, "exists already"},
		{"adds an object", `{"name":"a"«»}`, `,"b":{}`, "without a scalar"},
		{"adds a key that gets the old value", `{"a":«»"b"}`, `"c","d":`, "expected|without a scalar"},
		{"adds a value and a key for the old value", `{"a":«»1}`, `1,"b":`, "not at the position"},
		{"adds a member and a trailing comma", `{"a":1«»}`, `,"b":"c",`, "trailing commas"},
		{"adds a member and a comment", "{\"a\":1«»\n}", `,"b":"c"//`, "comments became"},
		{"adds a member with a control character", `{"a":1«»}`, ",\"b\":\"\t\"", "needs an escape"},
		{"replaces text with a member", `{"a":1« »}`, `,"b":"c"`, "members became"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, edits := bracketed(t, c.src, c.text)
			after, err := edit.Apply(before, edits)
			if err != nil {
				t.Fatal(err)
			}
			err = VerifyJSON(before, edits)
			if c.err == "" {
				if err != nil {
					t.Errorf("%s became %s: %v", before, after, err)
				}
				return
			}
			if err == nil {
				t.Fatalf("VerifyJSON accepts %s becoming %s", before, after)
			}
			for _, msg := range strings.Split(c.err, "|") {
				if strings.Contains(err.Error(), msg) {
					return
				}
			}
			t.Errorf("got %v, want %q", err, c.err)
		})
	}
}

// mutationSrc has one of each kind of syntax.
const mutationSrc = "\ufeff// k8s.gcr.io\r\n{\"image\": \"k8s.gcr.io\\/pause:3.9\", \"n\": [1, -2.5e3, true, null, \"\"],\r\n" +
	" \"k8s.gcr.io/a\": {\"b\": \"x\\u00e9\\ud83d\\ude00k8s.gcr.io\\n\"}, /* k8s.gcr.io */}\n[\"k8s.gcr.io\"] 7"

// mutationEdits returns edits of each k8s.gcr.io in mutationSrc.
func mutationEdits() []edit.Edit {
	const from, to = "k8s.gcr.io", "registry.k8s.io"
	var edits []edit.Edit
	for at := 0; ; {
		i := strings.Index(mutationSrc[at:], from)
		if i < 0 {
			return edits
		}
		at += i + len(from)
		edits = append(edits, edit.Edit{Span: edit.Span{Start: at - len(from), End: at}, New: to})
	}
}

func TestVerifyJSONManyEdits(t *testing.T) {
	before, edits := []byte(mutationSrc), mutationEdits()
	after, err := edit.Apply(before, edits)
	if err != nil {
		t.Fatal(err)
	}
	if len(edits) != 6 {
		t.Fatalf("%d edits", len(edits))
	}
	if err := VerifyJSON(before, edits); err != nil {
		t.Error(err)
	}
	back, err := edit.Invert(before, edits)
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifyJSON(after, back); err != nil {
		t.Errorf("inverted edits: %v", err)
	}
	edits[0], edits[1] = edits[1], edits[0]
	if err := VerifyJSON(before, edits); err == nil {
		t.Error("VerifyJSON accepts unsorted edits")
	}
}

// TestVerifyJSONEveryByte replaces every byte: VerifyJSON accepts only edits inside
// a run of a string or inside a comment.
func TestVerifyJSONEveryByte(t *testing.T) {
	before := []byte(mutationSrc)
	p, err := parseJSON(before, maxJSONNodes)
	if err != nil {
		t.Fatal(err)
	}
	editable := make([]bool, len(before)) // bytes that may become an "x"
	for _, c := range p.comments {
		for i := c.Start + 2; i < c.End; i++ {
			editable[i] = before[c.Start+1] == '/' || i < c.End-2
		}
	}
	for _, d := range p.docs {
		for _, n := range jsonScalars(d.Root, nil) {
			for _, r := range n.Map {
				for i := r.Src; n.Style == DoubleQuoted && i < r.Src+r.Len; i++ {
					editable[i] = true
				}
			}
		}
	}
	for i := range before {
		edits := []edit.Edit{{Span: edit.Span{Start: i, End: i + 1}, New: "x"}}
		if err := VerifyJSON(before, edits); (err == nil) != editable[i] {
			t.Errorf("byte %d, %q: %v, want an error: %v", i, before[i], err, !editable[i])
		}
		for _, text := range []string{`"`, `\`, "\n", ",x", "*/", "\x00"} {
			edits[0].New = text
			inComment := slices.ContainsFunc(p.comments, func(c edit.Span) bool { return c.Start <= i && i < c.End })
			err := VerifyJSON(before, edits)
			switch {
			case text == "\x00" || !editable[i] || !inComment && text != ",x" && text != "*/":
				if err == nil {
					t.Errorf("byte %d: VerifyJSON accepts %q becoming %q", i, before[i], text)
				}
			case !inComment || text == `"`:
				if err != nil {
					t.Errorf("byte %d, %q to %q: %v", i, before[i], text, err)
				}
			}
		}
	}
}
