package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A condition is a list of terms that a tag must all match.
type condition []term

// A term compares a tag with a version or with an exact text, or tests for a
// missing tag ("none") or a version without a leading v ("no-v").
type term struct {
	op      string  // "=", "none", "no-v", or one of < <= > >=
	text    string  // for "="
	version version // for < <= > >=
}

// A version has up to four numbers. Missing numbers are 0.
type version [4]int

// versionRE matches a tag that starts with a version. The text after the version
// is ignored.
var versionRE = regexp.MustCompile(`^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:[-+_.].*)?$`)

func parseVersion(tag string) (version, bool) {
	m := versionRE.FindStringSubmatch(tag)
	if m == nil {
		return version{}, false
	}
	var v version
	for i := range v {
		v[i], _ = strconv.Atoi(m[i+1]) // "" is 0
	}
	return v, true
}

// compare returns a negative number if v is older than o, and a positive number
// if v is newer.
func (v version) compare(o version) int {
	for i := range v {
		if v[i] != o[i] {
			return v[i] - o[i]
		}
	}
	return 0
}

// parseConditions parses alternatives that are separated by ||. Each alternative
// consists of terms that are separated by blanks.
func parseConditions(text string) ([]condition, error) {
	var out []condition
	for _, alternative := range strings.Split(text, "||") {
		var c condition
		for _, word := range strings.Fields(alternative) {
			t, err := parseTerm(word)
			if err != nil {
				return nil, err
			}
			c = append(c, t)
		}
		if len(c) == 0 {
			return nil, fmt.Errorf("%q has an empty alternative; expected a term on both sides of ||", text)
		}
		out = append(out, c)
	}
	return out, nil
}

func parseTerm(word string) (term, error) {
	if word == "none" || word == "no-v" {
		return term{op: word}, nil
	}
	for _, op := range []string{"<=", ">=", "<", ">"} {
		text, ok := strings.CutPrefix(word, op)
		if !ok {
			continue
		}
		v, ok := parseVersion(text)
		if !ok {
			return term{}, fmt.Errorf("%q is not a version; expected, for example, 1.8.0", text)
		}
		return term{op: op, version: v}, nil
	}
	return term{op: "=", text: word}, nil
}

// matches reports whether a reference's tag and digest match all terms. Both may
// be empty.
func (c condition) matches(tag, digest string) bool {
	for _, t := range c {
		if !t.matches(tag, digest) {
			return false
		}
	}
	return true
}

func (t term) matches(tag, digest string) bool {
	switch t.op {
	case "none":
		return tag == "" && digest == ""
	case "no-v":
		_, ok := parseVersion(tag)
		return ok && tag[0] != 'v'
	case "=":
		return tag == t.text && digest == ""
	}
	v, ok := parseVersion(tag)
	if !ok || image.HasVariable(tag) {
		return false
	}
	switch d := v.compare(t.version); t.op {
	case "<":
		return d < 0
	case "<=":
		return d <= 0
	case ">":
		return d > 0
	}
	return v.compare(t.version) >= 0
}
