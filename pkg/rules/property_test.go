package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A picker turns numbers into rules and texts. It uses few words, so that rules
// match often.
type picker struct {
	next  func(n int) int // 0 ≤ result < n
	hosts []string
}

func (p picker) host() string { return p.hosts[p.next(len(p.hosts))] }

func (p picker) prefix(depth int) string {
	out := p.host()
	for range p.next(depth + 1) {
		out += "/" + []string{"x", "y", "xx", "library", "z.w"}[p.next(5)]
	}
	return out
}

func (p picker) rules() []Rule {
	var out []Rule
	for i := range 1 + p.next(4) {
		r := Rule{Name: fmt.Sprint("r", i), From: p.prefix(2), To: p.prefix(2)}
		for range p.next(2) {
			r.Keep = append(r.Keep, r.From+"/"+[]string{"x", "y", "library"}[p.next(3)])
		}
		out = append(out, r)
	}
	return out
}

func (p picker) text() (string, Kind) {
	k := Kind(p.next(3))
	t := p.prefix(3)
	if k == ShortForm && p.next(2) == 0 {
		_, t, _ = strings.Cut(t, "/")
	}
	if k != Registry {
		t += []string{"", "/x", ":1", ":${T}", "/{{ .x }}", "@sha256:ab", "/x:1@sha256:ab"}[p.next(7)]
	}
	return t, k
}

// numbers returns a source of a picker's choices: the bytes of data, then zeros.
func numbers(data []byte) func(int) int {
	return func(n int) int {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return int(b) % n
	}
}

// checkFinal fails if the result of a match matches again.
func checkFinal(t *testing.T, rules []Rule, text string, k Kind) {
	t.Helper()
	s, err := New(rules)
	if err != nil {
		return
	}
	m, ok := s.Match(text, k)
	if !ok || m.Keep != "" {
		return
	}
	if m.Len < 0 || m.Len > len(text) || m.Rule == nil {
		t.Fatalf("%v: %q: %+v", rules, text, m)
	}
	now := m.New + text[m.Len:]
	if again, ok := s.Match(now, k); ok && again.Keep == "" && again.New+now[again.Len:] != now {
		t.Fatalf("%v: %q (kind %d) became %q, and on a second run %q", rules, text, k, now, again.New+now[again.Len:])
	}
	if !strings.HasSuffix(text, "/") && strings.Contains(now, "//") {
		t.Fatalf("%v: %q became %q", rules, text, now)
	}
}

// oneStep applies the most specific of the given rules to text in the simplest
// way, and returns its From, or "" if no rule matches or a keep entry covers the
// text. It does not handle Docker Hub, and expects text after every prefix.
func oneStep(rules []Rule, text string) (from, next string) {
	best, to, kept := "", "", false
	for _, r := range rules {
		if strings.HasPrefix(text, r.From+"/") && (len(r.From) > len(best) || len(r.From) == len(best) && kept) {
			best, to, kept = r.From, r.To, false
		}
		for _, k := range r.Keep {
			if strings.HasPrefix(text, k+"/") && len(k) > len(best) {
				best, kept = k, true
			}
		}
	}
	if best == "" || kept {
		return "", text
	}
	return best, to + text[len(best):]
}

// oneByOne applies the given rules one after the other. The combined rules must
// have the same result.
func oneByOne(rules []Rule, text string) string {
	for range 100 {
		from, next := oneStep(rules, text)
		if from == "" {
			return text
		}
		text = next
	}
	return "endless"
}

func checkComposition(t *testing.T, rules []Rule, text string) (accepted bool) {
	t.Helper()
	s, err := New(rules)
	if err != nil {
		return false
	}
	got := text
	if m, ok := s.matchOnce(text, Reference, nil); ok && m.Keep == "" {
		got = m.New + text[m.Len:]
	}
	if want := oneByOne(rules, text); got != want {
		t.Fatalf("%v: %q became %q, want %q\ncomposed: %v", rules, text, got, want, s.Rules())
	}
	return true
}

var (
	anyHosts   = []string{"a.io", "b.io", "docker.io", "index.docker.io", "c.io:443"}
	plainHosts = []string{"a.io", "b.io", "c.io", "d.io"}
)

func FuzzMatchIsFinal(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x03\x02\x01\x00\x02\x01\x04\x03\x02\x01\x03\x02\x01\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := picker{numbers(data), anyHosts}
		rules := p.rules()
		text, k := p.text()
		checkFinal(t, rules, text, k)
	})
}

func FuzzCompose(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x02\x00\x00\x01\x00\x00\x01\x00\x02\x00\x00\x00\x01\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := picker{numbers(data), plainHosts}
		rules := p.rules()
		checkComposition(t, rules, p.prefix(3)+"/img:1")
	})
}

// The properties of the fuzz targets above, over random rules.
func TestProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range 10_000 {
		p := picker{r.IntN, anyHosts}
		rules := p.rules()
		for range 5 {
			text, k := p.text()
			checkFinal(t, rules, text, k)
		}
		p.hosts = plainHosts
		rules = p.rules()
		for range 5 {
			if checkComposition(t, rules, p.prefix(3)+"/img:1") {
				accepted++
			}
		}
	}
	if accepted < 10_000 {
		t.Errorf("only %d cases have valid rules, want at least 10000", accepted)
	}
}

// If New rejects rules because they never end, one of the rules applies twice to
// some text.
func TestRejectedRulesNeverEnd(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	rejected := 0
	for range 10_000 {
		p := picker{r.IntN, plainHosts}
		rules := p.rules()
		_, err := New(rules)
		if err == nil || !strings.Contains(err.Error(), "cycle") && !strings.Contains(err.Error(), "run") {
			continue
		}
		rejected++
		found := false
		var tails []string // the components of a From after its first ones
		for _, r := range rules {
			for path := r.From; strings.Contains(path, "/"); {
				path = path[strings.IndexByte(path, '/')+1:]
				if !slices.Contains(tails, "/"+path) {
					tails = append(tails, "/"+path)
				}
			}
		}
		var try func(tail string, depth int)
		try = func(tail string, depth int) {
			for _, from := range rules {
				if found = found || appliesTwice(rules, from.From+tail+"/img:1"); found {
					return
				}
			}
			if depth == 0 {
				return
			}
			for _, c := range tails {
				try(tail+c, depth-1)
			}
		}
		try("", 4)
		if !found {
			t.Fatalf("%v is rejected (%v), but no rule applies twice to any text", rules, err)
		}
	}
	if rejected < 500 {
		t.Errorf("only %d sets were rejected, want at least 500", rejected)
	}
}

// appliesTwice reports whether a rule applies twice when the rules are applied to
// text one after the other.
func appliesTwice(rules []Rule, text string) bool {
	used := map[string]bool{}
	for {
		from, next := oneStep(rules, text)
		if from == "" {
			return false
		}
		if used[from] {
			return true
		}
		used[from], text = true, next
	}
}
