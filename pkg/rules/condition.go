package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A condition is a set of terms that all hold for a tag.
type condition []term

// A term compares a tag with a version, or says what it is.
type term struct {
	op      string // "=", "none", "no-v", or one of < <= > >=
	text    string
	version version
}

// A version is up to four numbers; missing ones are 0.
type version [4]int

// versionRE takes the version out of a tag; what follows it does not count.
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

// compare is negative when v is older than o, positive when it is newer.
func (v version) compare(o version) int {
	for i := range v {
		if v[i] != o[i] {
			return v[i] - o[i]
		}
	}
	return 0
}

// parseConditions reads alternatives, separated by ||, of terms, separated by
// blanks.
func parseConditions(text string) ([]condition, error) {
	var out []condition
	for _, alternative := range strings.Split(text, "||") {
		var c condition
		for _, word := range strings.Fields(alternative) {
			t := term{op: "=", text: word}
			switch {
			case word == "none" || word == "no-v":
				t.op = word
			default:
				for _, op := range []string{"<=", ">=", "<", ">"} {
					if rest, ok := strings.CutPrefix(word, op); ok {
						t.op, t.text = op, rest
						if t.version, ok = parseVersion(rest); !ok {
							return nil, fmt.Errorf("%q is no version", rest)
						}
						break
					}
				}
			}
			c = append(c, t)
		}
		if len(c) == 0 {
			return nil, fmt.Errorf("%q has an empty alternative", text)
		}
		out = append(out, c)
	}
	return out, nil
}

// matches reports whether the condition is true of a reference's tag and digest,
// either of which may be empty.
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
