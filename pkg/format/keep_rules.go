package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// What decides about images instead of naming one: lists and logins, by the
// names of keys and flags, and conditions.

// policyKeys are the keys below which policies stand, of signatures mostly.
// Sources: https://notaryproject.dev (trust policy),
// https://github.com/containers/image/blob/main/docs/containers-policy.json.5.md
var policyKeys = set("registryscopes", "signedidentity", "trustpolicies", "trustpolicydoc")

// conditionKeys are the keys whose values are expressions that decide.
var conditionKeys = set("when", "failedwhen", "changedwhen", "until", "that", "if", "unless", "expr", "expression")

// valueKeys are the keys whose values are those of what is named beside or above.
var valueKeys = set("value", "default", "defaultvalue")

// sourceKeys are the keys beside which a repository is one of source code or
// of charts.
var sourceKeys = set("owner", "url", "branch", "ref", "chart", "chartname", "revision", "slug")

// keptListReason returns why the values of key, which is folded, stay: it names a list
// of what is allowed, a mirror table or credentials; "" for all other keys.
func keptListReason(key string) Reason {
	switch {
	case mirrorKeys[key]:
		return Mirror
	case credentialKeys[key]:
		return Credentials
	case allowKeys[key]:
		return AllowList
	}
	for _, s := range []string{"allowlist", "whitelist", "denylist", "blacklist", "blocklist"} {
		if strings.HasSuffix(key, s) {
			return AllowList
		}
	}
	for _, p := range []string{"allow", "disallow", "trusted", "insecure", "block", "denied", "deny", "exempt", "forbid", "permitted", "approved"} {
		if strings.HasPrefix(key, p) && hasSuffix(key, []string{"registry", "registries", "repo", "repos", "repositories", "image", "images", "hosts"}) {
			return AllowList
		}
	}
	return ""
}

// flagReason returns why what stands at offset at of text stays because of the
// flag or variable that it is given to, as in `--allowed-images=a,b`.
func flagReason(text string, at int) Reason {
	word := lineBefore(text, at)
	word = word[strings.LastIndexAny(word, " \t\"'")+1:]
	name, _, ok := strings.Cut(word, "=")
	key := fold(name)
	switch {
	case !ok:
		return ""
	case hasSuffix(key, patternKeys):
		return Pattern
	case hasSuffix(key, []string{"dir", "dirs", "directory", "folder"}):
		return Path
	}
	return keptListReason(key)
}

// isCondition reports whether the text at f is an expression that decides:
// what it names, it compares.
func isCondition(f *frame) bool {
	key := f.effectiveKey()
	return conditionKeys[fold(key)] || key == "rule" && f.up != nil && f.up.item && f.up.up.key == "x-kubernetes-validations"
}

// isLogin reports whether the mapping n holds a name and a password.
func isLogin(n *syntax.Node) bool {
	user, password := false, false
	for i := 0; i+1 < len(n.Children); i += 2 {
		switch fold(n.Children[i].Value) {
		case "username", "user", "login":
			user = true
		case "password", "passwd", "pass", "token":
			password = true
		}
	}
	return user && password
}

// A keptPart is a part of a text, all of which is kept.
type keptPart struct {
	at     edit.Span
	reason Reason
}

// keptDocuments returns the documents of text, which no parser takes, whose lines
// say that they are policies or the like.
func keptDocuments(text string) []keptPart {
	if !strings.Contains(text, "apiVersion:") {
		return nil
	}
	var out []keptPart
	for start := 0; start < len(text); {
		end := len(text)
		if i := strings.Index(text[start+1:], "\n---"); i >= 0 {
			end = start + 1 + i
		}
		if r, _ := headOf(text[start:end]).reason(); r != "" {
			out = append(out, keptPart{edit.Span{Start: start, End: end}, r})
		}
		start = end
	}
	return out
}

// reasonAt returns why what stands at of a text stays, "" when none of parts
// holds it.
func reasonAt(parts []keptPart, at edit.Span) Reason {
	for _, p := range parts {
		if p.at.Contains(at) {
			return p.reason
		}
	}
	return ""
}

// comparedAt reports whether the reference at of text is something that code
// compares with or a command searches for.
func comparedAt(text string, at edit.Span) bool {
	before := strings.TrimRight(lineBefore(text, at.Start), "\"'\\`")
	if compares(before) || searches(before) {
		return true
	}
	// A label of a shell's case: the line begins with it and a bracket ends it.
	return at.End < len(text) && text[at.End] == ')' && !strings.Contains(before, "(") && strings.Trim(before, " \t") == ""
}

// comparers are the ends of names of functions that compare, in lower case.
var comparers = []string{"startswith", "hasprefix", "has_prefix", "endswith", "hassuffix", "contains", "matches", "match", "equal", "equals", "includes", "indexof", "prefix"}

// compares reports whether what follows before is compared: by an operator, or
// by the function in whose brackets it stands. It is asked about every
// reference among words, which is too often for a regular expression.
func compares(before string) bool {
	const blanks = " \t\r\f"
	t := strings.TrimRight(before, blanks)
	if strings.HasSuffix(t, "==") || strings.HasSuffix(t, "!=") || strings.HasSuffix(t, "=~") {
		return true
	}
	i := strings.LastIndexAny(before, "()")
	if i < 0 || before[i] == ')' {
		return false
	}
	name := strings.TrimRight(before[:i], blanks)
	return hasSuffix(strings.ToLower(name[max(0, len(name)-16):]), comparers)
}

// searchers are the commands that search for what they are given.
var searchers = []string{"grep", "egrep", "fgrep", "rg", "ag", "ack"}

// searches reports whether what follows before is an argument of a command
// that searches.
func searches(before string) bool {
	command := before[strings.LastIndexAny(before, "|;&")+1:]
	for _, name := range searchers {
		for at := 0; ; at += len(name) {
			i := strings.Index(command[at:], name)
			if i < 0 {
				break
			}
			at += i
			if end := at + len(name); (at == 0 || strings.IndexByte("( \t\r", command[at-1]) >= 0) && end < len(command) && strings.IndexByte(" \t\r", command[end]) >= 0 {
				return true
			}
		}
	}
	return false
}
