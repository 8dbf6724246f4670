package render

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestRunProgram(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	l := Limits{Timeout: time.Hour, MaxOutput: 1000}
	short := l
	short.Timeout = 50 * time.Millisecond
	for _, x := range []struct {
		name, script string
		limits       Limits
		want, err    string
		backstop     bool
	}{
		{"output", "echo a; echo b >&2", l, "a\n", "", false},
		{"no input", "cat; echo end", l, "end\n", "", false},
		{"the message after Error:", "echo warning >&2; echo 'Error: no  chart' >&2; exit 3", l, "", "no chart", false},
		{"no message", "exit 3", l, "", "exit status 3", false},
		{"too much output", "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done", l, "", "the output is larger than 1000 bytes", false},
		{"a child that keeps the output", "sleep 600 & sleep 600", short, "", "rendering did not end within 50ms", true},
		{"a signal", "kill -9 $$", l, "", "the program ended: signal: killed", true},
	} {
		t.Run(x.name, func(t *testing.T) {
			out, err := RunProgram(t.Context(), exec.Command(sh, "-c", x.script), x.limits)
			switch {
			case x.err == "" && err == nil:
			case err == nil || x.err == "" || !strings.HasPrefix(err.Error(), x.err) || !IsJobError(err) || IsBackstop(err) != x.backstop:
				t.Errorf("error %v, want %q", err, x.err)
			}
			if string(out) != x.want {
				t.Errorf("got %q, want %q", out, x.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := RunProgram(ctx, exec.Command(sh, "-c", "sleep 600"), l); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
	if _, err := RunProgram(t.Context(), exec.Command("/nonexistent"), l); err == nil || IsJobError(err) {
		t.Errorf("no program: %v", err)
	}
}
