package rewrite

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

func TestEncodedMentions(t *testing.T) {
	set, err := rules.New([]rules.Rule{{From: "k8s.gcr.io", To: "registry.k8s.io"}})
	if err != nil {
		t.Fatal(err)
	}
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, tt := range []struct{ name, src, span, old string }{
		{"JSON", `"\u006b8s.gcr.io/a:1"`, `\u006b8s.gcr.io`, "k8s.gcr.io/a:1"},
		{"second escape", `"\u0020\u006b8s.gc\x72.io/a"`, `\u006b8s.gc\x72.io`, "k8s.gcr.io/a"},
		{"eight digits", `"\U0000006B8s.gcr.io/a"`, `\U0000006B8s.gcr.io`, "k8s.gcr.io/a"},
		{"escaped backslash", `"\\u006b8s.gcr.io/a"`, "", ""},
		{"no escape", `"k8s.gcr.io/\u0061"`, "", ""},
		{"not hexadecimal", `"\u00zz8s.gcr.io"`, "", ""},
		{"at the end", `"\u006`, "", ""},
		{"Base64 of a Secret", "kind: Secret\na: " + encode("k8s.gcr.io/a:1"), encode("k8s.gcr.io/a:1"), "k8s.gcr.io/a:1"},
		{"Base64 of a password", "kind: Secret\na: " + encode("k8s.gcr.io:hunter2"), encode("k8s.gcr.io:hunter2"), "k8s.gcr.io"},
		{"Base64 of a URL", "binaryData:\n a: " + encode("u:p@k8s.gcr.io/a?x=y"), encode("u:p@k8s.gcr.io/a?x=y"), "k8s.gcr.io/a"},
		{"Base64 elsewhere", "kind: ConfigMap\na: " + encode("k8s.gcr.io/a:1"), "", ""},
		{"Base64 with a byte too few", "kind: Secret\na: " + strings.TrimRight(encode("k8s.gcr.io/a:1"), "="), "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := encodedMentions(set, []byte(tt.src))
			if tt.span == "" {
				if len(got) > 0 {
					t.Errorf("expected no mention, got %+v", got)
				}
				return
			}
			start := strings.Index(tt.src, tt.span)
			if want := (edit.Span{Start: start, End: start + len(tt.span)}); len(got) != 1 || got[0].span != want || got[0].old != tt.old {
				t.Errorf("expected %q at %v, got %+v", tt.old, want, got)
			}
		})
	}
}
