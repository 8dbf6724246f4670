package main

import (
	"bytes"
	"context"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"strings"
	"testing"
	"unicode"
)

// Errors contain text from users, file names and servers, and must not write it
// to a terminal without escaping it.
func TestErrorsArePlain(t *testing.T) {
	const evil = "a\x1b[2Jb\u202ec"
	for _, args := range [][]string{
		{"--preset", evil},
		{"--rule", evil},
		{"--config", evil},
		{"-o", evil},
		{"--scope", evil},
		{evil},
		{"explain", evil + ":1"},
		{"registry", evil},
		{"--" + evil},
	} {
		t.Run(strings.Join(args[:len(args)-1], " "), func(t *testing.T) {
			var out, err bytes.Buffer
			if code := Main(context.Background(), args, session.Streams{In: strings.NewReader(""), Out: &out, Err: &err}); code == 0 {
				t.Errorf("regmigrate %q succeeds", args)
			}
			for _, r := range out.String() + err.String() {
				if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) {
					t.Fatalf("regmigrate %q prints %q: %q%q", args, r, out.String(), err.String())
				}
			}
		})
	}
}
