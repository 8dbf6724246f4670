package format

import (
	"strings"
	"testing"
)

// ownPolicy returns a file with a right digest.
func ownPolicy(header, body string) string {
	text := PolicyHeader + header
	return text + PolicyDigestOfFile + DigestOfPolicy([]byte(text+body)) + "\n" + body
}

func TestReadOwnPolicy(t *testing.T) {
	header := PolicyCommand + "regmigrate policy vap\n" + PolicyConfig + "a/.regmigrate.yaml\n" + PolicyRulesDigest + "sha256:12\n"
	text := ownPolicy(header, "---\nkind: A # Command: other\n")
	for _, c := range []struct {
		name, src        string
		isOwn, isEdited  bool
		command, digests string
	}{
		{"as written", text, true, false, "regmigrate policy vap", "sha256:12"},
		{"with the line endings of Windows", strings.ReplaceAll(text, "\n", "\r\n"), true, false, "regmigrate policy vap", "sha256:12"},
		{"without a digest of the rules", ownPolicy(PolicyCommand+"x\n", "a: 1\n"), true, false, "x", ""},
		{"body edited", strings.Replace(text, "kind: A", "kind: B", 1), true, true, "regmigrate policy vap", "sha256:12"},
		{"line added at the end", text + "---\nkind: Deployment\n", true, true, "regmigrate policy vap", "sha256:12"},
		{"command edited", strings.Replace(text, "policy vap", "policy map", 1), true, true, "regmigrate policy map", "sha256:12"},
		{"digest of the rules edited", strings.Replace(text, "sha256:12", "sha256:13", 1), true, true, "regmigrate policy vap", "sha256:13"},
		{"no digest of the file", PolicyHeader + header, true, true, "regmigrate policy vap", "sha256:12"},
		{"a second digest of the file", text + PolicyDigestOfFile + "x\n", true, true, "regmigrate policy vap", "sha256:12"},
		{"text before the header", "# mine\n" + text, false, false, "", ""},
		{"longer first line", strings.Replace(text, "edit it.", "edit it. Really.", 1), false, false, "", ""},
		{"header in a string", "a: |\n  " + text, false, false, "", ""},
		{"empty", "", false, false, "", ""},
	} {
		got, ok := ReadOwnPolicy([]byte(c.src))
		if ok != c.isOwn || got.Edited != c.isEdited || got.Command != c.command || got.Rules != c.digests {
			t.Errorf("%s: got %+v, %v", c.name, got, ok)
		}
		if c.digests != "" && c.src[got.Digest.Start:got.Digest.End] != c.digests {
			t.Errorf("%s: the digest is at %v", c.name, got.Digest)
		}
	}
}
