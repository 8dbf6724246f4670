package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// problem returns why the value of the variable of x cannot change, "" if it can: another
// use of the variable needs the value as it is, or may need it.
func (v *variableResolver) problem(x *variableImage) string {
	if v.given != "" && !x.isWhole {
		return v.given + " gives this part of the image to a container: change it by hand"
	}
	if v.cutText != "" {
		return v.cutText + " uses more variables than are read: change it by hand"
	}
	for _, name := range x.variable.names {
		n := v.name(name)
		if n.isCrowded {
			return tooManyVariables
		}
		key := problemKey{x.variable.scope, x.isWhole}
		why, ok := n.problems[key]
		if !ok {
			if why = n.problem(name, key); n.problems == nil {
				n.problems = map[problemKey]string{}
			}
			n.problems[key] = why
		}
		if why != "" {
			return why + ": change it by hand"
		}
	}
	return ""
}

// problem returns why the values with a scope cannot change, "" if they can.
func (n *namedVariable) problem(name string, key problemKey) string {
	for _, use := range n.usesIn(key.scope) {
		u := use.u
		r := &u.refs[use.ref]
		if u.isRead && r.start == transportLen(u.text) && len(r.values) > 0 {
			continue
		}
		if why := u.problem(r, name, key.isWhole); why != "" {
			return u.place + " " + why
		}
	}
	return ""
}

// comparison matches the operator of a comparison, or a function that compares.
var comparison = regexp.MustCompile(`[=!]=|=~|[ \t]-?(?:eq|ne)\b|[ \t]=[ \t]|\b(?:eq|ne|contains|startsWith|endsWith)\(`)

// builtKeys are keys for the names of images that a step builds or pushes.
var builtKeys = set("tag", "tags", "push", "destination", "output")

// problem returns what u does with the variable name in r that may need the value as it is,
// "" if a whole image moves there, too. isWhole says that the value is a whole image.
func (u *variableUse) problem(r *variableRef, name string, isWhole bool) string {
	if !isWhole {
		return "uses this part of the image, too"
	}
	line, _ := lineAround(u.text, edit.Span{Start: r.start, End: r.end})
	before, after := u.text[:r.start], u.text[r.end:]
	switch {
	case u.namesBuilt():
		return "names an image that is built by this variable"
	case len(r.values) == 0, comparison.MatchString(line):
		return "compares this variable, or uses a part of it"
	case before != "" && !strings.HasSuffix(before, "://") && (strings.IndexByte("/.-_:@", before[len(before)-1]) >= 0 || isAlnum(before[len(before)-1])):
		return "has text before this variable"
	case strings.HasPrefix(after, "/"):
		return "has a path after this variable"
	}
	short := name[strings.LastIndexByte(name, '.')+1:]
	if strings.ContainsAny(u.text, " \n") && u.builds(short) {
		return "builds or pushes the image of this variable"
	}
	return ""
}

// builds reports whether a command in the text of u builds or pushes the image of a variable.
func (u *variableUse) builds(name string) bool {
	if u.built == nil {
		u.built = builtVariables(commandsOf(u.text))
	}
	return u.built[name]
}

// namesBuilt reports whether the text of u names images that are built or pushed.
func (u *variableUse) namesBuilt() bool {
	f := u.at
	return f != nil && (builtKeys[fold(f.effectiveKey())] || isBuildTags(f) || f.item && f.up != nil && isBuildTags(f.up))
}

// isExpression reports whether the text at f is an expression of a tool in which variables
// have no marks around them.
func isExpression(f *frame) bool {
	return !f.item && (f.key == "if" || f.key == "condition" || f.key == "when")
}
