package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// policyKeys are keys of policies, most of them about signatures.
// Sources: https://notaryproject.dev (trust policy),
// https://github.com/containers/image/blob/main/docs/containers-policy.json.5.md
var policyKeys = set("registryscopes", "signedidentity", "trustpolicies", "trustpolicydoc")

// conditionKeys are keys whose values are conditions.
var conditionKeys = set("when", "failedwhen", "changedwhen", "until", "that", "if", "unless", "expr", "expression")

// valueKeys are keys for a value that a sibling key or the key above names: see
// effectiveKey.
var valueKeys = set("value", "default", "defaultvalue")

// sourceKeys are sibling keys of a repository of source code or of charts.
var sourceKeys = set("owner", "url", "branch", "ref", "chart", "chartname", "revision", "slug")

// keptListReason returns the reason for which the values of key are not
// changed: a list of allowed or blocked names, a mirror configuration, or
// credentials. It returns "" for any other key. key is folded.
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

// flagReason returns the reason for which the value at offset at of text is not
// changed because of its flag or variable, as in `--allowed-images=a,b`.
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

// isCondition reports whether the text at f is a condition, which compares the
// names in it with others.
func isCondition(f *frame) bool {
	key := f.effectiveKey()
	return conditionKeys[fold(key)] || key == "rule" && f.up != nil && f.up.item && f.up.up.key == "x-kubernetes-validations"
}

// A keptPart is a part of a text in which nothing is changed.
type keptPart struct {
	span   edit.Span
	reason Reason
}

// keptDocuments returns the documents of text whose type is not changed, such as
// policies. text may be one that no parser accepts.
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

// reasonAt returns the reason of the first of parts that contains at, or
// "".
func reasonAt(parts []keptPart, at edit.Span) Reason {
	for _, p := range parts {
		if p.span.Contains(at) {
			return p.reason
		}
	}
	return ""
}

// comparedAt reports whether code compares another text with the reference at of
// text, or a command searches for it.
func comparedAt(text string, at edit.Span) bool {
	before := strings.TrimRight(lineBefore(text, at.Start), "\"'\\`")
	if compares(before) || searches(before) {
		return true
	}
	// The pattern of a shell's case: NAME) at the start of a line.
	return at.End < len(text) && text[at.End] == ')' && !strings.Contains(before, "(") && strings.Trim(before, " \t") == ""
}

// comparers are the ends of names of functions that compare, in lower case.
var comparers = []string{"startswith", "hasprefix", "has_prefix", "endswith", "hassuffix", "contains", "matches", "match", "equal", "equals", "includes", "indexof", "prefix"}

// compares reports whether the text after before is an operand of a comparison,
// or an argument of a function that compares. It runs for every reference among
// words, and a regular expression would be too slow for that.
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

// searchers are commands whose arguments are search patterns.
var searchers = []string{"grep", "egrep", "fgrep", "rg", "ag", "ack"}

// searches reports whether the text after before is an argument of one of
// searchers.
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
