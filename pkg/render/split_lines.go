package render

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// keyLineRE matches a line of a block mapping whose value is on the line: the indentation
// with the dashes of items, the key, a quote, and the value.
var keyLineRE = regexp.MustCompile(`^( *(?:- )*)([\w.-]+): (["']?)([^"'\s#{}\[\],&*!|>%@` + "`" + `]+)(["']?)$`)

// A keyLine is a line with a key and its value.
type keyLine struct {
	indent           int // where the key begins
	isItem           bool
	key, quote, text string
}

func parseKeyLine(line string) (k keyLine, ok bool) {
	m := keyLineRE.FindStringSubmatch(line)
	if m == nil || m[3] != m[5] {
		return keyLine{}, false
	}
	return keyLine{len(m[1]), strings.Contains(m[1], "-"), m[2], m[3], m[4]}, true
}

// isSame reports whether k and o are the same line but for the value.
func (k keyLine) isSame(o keyLine) bool {
	k.text, o.text = "", ""
	return k == o
}

// maxPairDistance is the number of lines between the two lines of a split reference.
const maxPairDistance = 20

// isSplitMove reports whether line i, counted from 0, is a part of a reference that two keys
// of one mapping hold, and that changed as rewrite says: registry: docker.io and
// repository: acme/app. The names of the keys differ in registry and repository only.
// before and after have the same number of lines.
func isSplitMove(before, after []string, i int, rewrite RewriteFunc) bool {
	k, ok := parseKeyLine(before[i])
	if !ok {
		return false
	}
	partner := partnerKey(k.key)
	if partner == "" {
		return false
	}
	j, ok := siblingLine(before, i, k, partner)
	if !ok {
		return false
	}
	var old, now [2]string // registry, repository
	for _, n := range []int{i, j} {
		b, ok1 := parseKeyLine(before[n])
		a, ok2 := parseKeyLine(after[n])
		if !ok1 || !ok2 || !b.isSame(a) {
			return false
		}
		part := 0
		if strings.HasSuffix(strings.ToLower(b.key), "repository") {
			part = 1
		}
		old[part], now[part] = b.text, a.text
	}
	if !image.IsHost(old[0]) || strings.ContainsAny(old[1]+now[1], ":@") {
		return false
	}
	want, ok := rewrite(old[0] + "/" + old[1])
	return ok && want == now[0]+"/"+now[1]
}

// partnerKey returns the key that has the other part of a reference: imageRepository for
// imageRegistry. It returns "" for other keys.
func partnerKey(key string) string {
	for _, names := range [][2]string{{"registry", "repository"}, {"Registry", "Repository"}, {"repository", "registry"}, {"Repository", "Registry"}} {
		if prefix, ok := strings.CutSuffix(key, names[0]); ok {
			return prefix + names[1]
		}
	}
	return ""
}

// siblingLine returns the line of the key in the mapping of line i, which is k. It is false
// if the mapping does not have the key once, near line i.
func siblingLine(lines []string, i int, k keyLine, key string) (at int, ok bool) {
	found := 0
	look := func(n int) (goOn bool) {
		line := lines[n]
		if text := strings.TrimSpace(line); text == "" || text == "..." || strings.HasPrefix(text, "---") {
			return false // another document, perhaps in a text of this one
		}
		indent := len(line) - len(strings.TrimLeft(line, " -"))
		x, isKey := parseKeyLine(line)
		if indent == k.indent && isKey && x.key == key {
			at, found = n, found+1
		}
		return indent >= k.indent
	}
	for n := i + 1; n < len(lines) && n <= i+maxPairDistance; n++ {
		if strings.HasPrefix(strings.TrimLeft(lines[n], " "), "-") && len(lines[n])-len(strings.TrimLeft(lines[n], " ")) < k.indent || !look(n) {
			break
		}
	}
	if !k.isItem {
		for n := i - 1; n >= 0 && n >= i-maxPairDistance; n-- {
			isItem := strings.HasPrefix(strings.TrimLeft(lines[n], " "), "-") && len(lines[n])-len(strings.TrimLeft(lines[n], " ")) < k.indent
			if !look(n) || isItem {
				break // the first line of an item belongs to its mapping
			}
		}
	}
	return at, found == 1
}
