package bench

import "testing"

func TestKeepOtherRows(t *testing.T) {
	old := "machine a\n\n| work | s |\n|---|--:|\n| one | 1 |\n| two | 2 |\n\n| work | before |\n|---|--:|\n| one | 9 |\n"
	got := keepOtherRows(old, "machine b\n\n| work | s |\n|---|--:|\n| two | 3 |\n| three | 4 |\n")
	want := "machine b\n\n| work | s |\n|---|--:|\n| one | 1 |\n| two | 3 |\n| three | 4 |\n\n| work | before |\n|---|--:|\n| one | 9 |"
	if got != want {
		t.Errorf("expected\n%s\ngot\n%s", want, got)
	}
}
