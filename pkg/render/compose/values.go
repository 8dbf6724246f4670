package compose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/dockerfile"
)

// image compares an image.
func (c *comparer) image(p fieldPath, b, a *syntax.Node, isPlanned bool) {
	want, ok := c.rewrite(b.Value)
	switch hasVariable := strings.Contains(b.Value+a.Value, "$"); {
	case !hasVariable && ok && want == a.Value && isPlanned:
		c.out.moved++
	case !hasVariable && ok && want == a.Value: // such as an image that the project builds
		c.doubt(b, p.String(), fmt.Sprintf("%s became %s, and regmigrate would not make this change", clip(b.Value), clip(a.Value)))
	case !hasVariable && ok:
		c.differs(b, p.String(), fmt.Sprintf("%s became %s; the rules require %s", clip(b.Value), clip(a.Value), want))
	case !hasVariable:
		c.differs(b, p.String(), fmt.Sprintf("%s became %s, and no rule matches", clip(b.Value), clip(a.Value)))
	case !slices.Equal(variableRE.FindAllString(b.Value, -1), variableRE.FindAllString(a.Value, -1)):
		c.differs(b, p.String(), fmt.Sprintf("%s became %s: the variables changed", clip(b.Value), clip(a.Value)))
	case isPlanned && c.sameVariables(b.Value, a.Value) && c.sameValues(b.Value, a.Value):
		c.out.moved++
	case isPlanned || c.sameVariables(b.Value, a.Value):
		c.doubt(b, p.String(), fmt.Sprintf("%s became %s, and regmigrate would not make this change", clip(b.Value), clip(a.Value)))
	default:
		c.differs(b, p.String(), fmt.Sprintf("%s became %s, which no rule requires", clip(b.Value), clip(a.Value)))
	}
}

// operatorRE matches the start of a variable with an operator and no colon before it.
var operatorRE = regexp.MustCompile(`(\$\{[A-Za-z_][A-Za-z0-9_]*)([-+?])`)

// sameVariables reports whether two images with the same variables differ in references
// only. The name of a variable and its operator are no part of a reference.
func (c *comparer) sameVariables(before, after string) bool {
	withColon := func(s string) string { return operatorRE.ReplaceAllString(s, "$1:$2") }
	return render.SameLines(withColon(before), withColon(after), c.rewrite)
}

// variableRE matches the start of a variable with its operator, and an escaped dollar.
var variableRE = regexp.MustCompile(`\$(?:\$|\{[A-Za-z_][A-Za-z0-9_]*(?::?[-+?])?|[A-Za-z_][A-Za-z0-9_]*)|\}`)

// innermostRE matches a variable without others in it, and its default. $name has none.
var innermostRE = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*(?::?-([^${}]*))?\}|\$[A-Za-z_][A-Za-z0-9_]*`)

// sameValues reports whether the rules do not require another image if no variable has a
// value: docker.io/${ORG}nginx is then in library/.
func (c *comparer) sameValues(before, after string) bool {
	b, a := strings.TrimRight(withDefaults(before), ":@"), strings.TrimRight(withDefaults(after), ":@")
	if _, err := image.Parse(b); err != nil || strings.Contains(b, "$") {
		return true // a variable must have a value
	}
	want, ok := c.rewrite(b)
	return b == a || ok && want == a
}

// dependsOnVariable reports whether a rule is for a name that begins with the text before a
// variable: the rules for the whole name may require another change then.
func (c *comparer) dependsOnVariable(value string) bool {
	if c.hasLonger == nil {
		return false
	}
	for i := range len(value) {
		if value[i] != '$' {
			continue
		}
		text := openRE.ReplaceAllString(withDefaults(value[:i]), "")
		start := strings.LastIndexFunc(text, func(r rune) bool {
			return !strings.ContainsRune("./:@_-", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		})
		if text = strings.TrimLeft(text[start+1:], ":-/"); text != "" && c.hasLonger(text) {
			return true
		}
	}
	return false
}

// openRE matches up to the start of the last default that does not end.
var openRE = regexp.MustCompile(`(?s)^.*\$\{[A-Za-z_][A-Za-z0-9_]*:?[-+?]`)

// withDefaults returns a text with the defaults of the variables in it, nothing for
// variables that have none.
func withDefaults(text string) string {
	for range 10 {
		text = innermostRE.ReplaceAllString(text, "$1")
	}
	return text
}

// buildContext compares a build context, NAME=docker-image://IMAGE or docker-image://IMAGE.
func (c *comparer) buildContext(p fieldPath, b, a *syntax.Node, isPlanned bool) {
	const transport = "docker-image://"
	valueB, valueA := b.Value, a.Value
	if c.pair {
		var nameB, nameA string
		nameB, valueB, _ = strings.Cut(b.Value, "=")
		nameA, valueA, _ = strings.Cut(a.Value, "=")
		if nameB != nameA {
			c.differs(b, p.String(), fmt.Sprintf("the name %q became %q", clip(nameB), clip(nameA)))
			return
		}
	}
	refB, okB := strings.CutPrefix(valueB, transport)
	refA, okA := strings.CutPrefix(valueA, transport)
	want, ok := c.rewrite(refB)
	switch {
	case okB && okA && isPlanned && !strings.Contains(refB+refA, "$") && ok && want == refA:
		c.out.moved++
	case okB && okA && isPlanned && strings.Contains(refB+refA, "$"):
		c.text(p, b, a, isPlanned)
	case render.CompareText(valueB, valueA, c.rewrite) == render.WrongChange:
		c.differs(b, p.String(), render.FirstDifference(b.Value, a.Value)+", which no rule requires here")
	default:
		c.doubt(b, p.String(), render.FirstDifference(b.Value, a.Value)+", and regmigrate would not make this change")
	}
}

// inlineDockerfile compares the text of a Dockerfile.
func (c *comparer) inlineDockerfile(p fieldPath, b, a, planned *syntax.Node) {
	if strings.Contains(b.Value+a.Value, "$") {
		c.doubt(b, p.String(), "the Dockerfile has a dollar sign, which Compose replaces first")
		return
	}
	v := dockerfile.VerifyText(c.ctx, c.rewrite, c.name+" ("+p.String()+")", [3]string{b.Value, a.Value, planned.Value})
	switch v.State {
	case render.Proven:
		c.out.moved += v.Moved
	case render.Unproven:
		c.doubt(b, p.String(), v.Reason)
	default:
		c.differs(b, p.String(), v.Reason)
	}
}

// text compares a text that may contain references.
func (c *comparer) text(p fieldPath, b, a *syntax.Node, isPlanned bool) {
	if c.pair {
		keyB, _, _ := strings.Cut(b.Value, "=")
		keyA, _, hasValue := strings.Cut(a.Value, "=")
		if keyB != keyA || !hasValue {
			c.differs(b, p.String(), fmt.Sprintf("the name %q became %q", clip(keyB), clip(keyA)))
			return
		}
	}
	switch change := render.CompareText(b.Value, a.Value, c.rewrite); {
	case change == render.MovedReference && isPlanned && c.haveTags(b.Value, a.Value):
		c.out.moved++
	case change == render.MovedReference, change == render.DoubtfulChange && isPlanned:
		c.doubt(b, p.String(), render.FirstDifference(b.Value, a.Value)+", and nothing shows that it is an image")
	case isPlanned && len(p) > 3 && p[2] == "build" && p[3] == "args":
		c.doubt(b, p.String(), render.FirstDifference(b.Value, a.Value)+", and the Dockerfile is not read to see that it is a part of an image")
	default:
		c.differs(b, p.String(), render.FirstDifference(b.Value, a.Value)+", which no rule requires here")
	}
}

// haveTags reports whether all references that changed from before to after have a tag or a
// digest: other words of a text, such as the argument of git clone, may be no images.
func (c *comparer) haveTags(before, after string) bool {
	return render.CompareText(before, after, func(text string) (string, bool) {
		if ref, err := image.Parse(text); err != nil || ref.Tag == "" && ref.Digest == "" {
			return "", false
		}
		return c.rewrite(text)
	}) == render.MovedReference
}

// isPair reports whether the items of the list at p are NAME=VALUE.
func isPair(p fieldPath) bool {
	return len(p) > 2 && p[len(p)-1] == "[]" && pairFields[p[len(p)-2]]
}

var pairFields = map[string]bool{"environment": true, "labels": true, "annotations": true, "args": true, "additional_contexts": true, "extra_hosts": true}
