package dockerfile

import (
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// FuzzVerify compares any text with itself, and with a change. A file that does not
// change never fails, and no file ends the program. A proof of a change has a reference
// that moved, unless only comments or spaces changed.
func FuzzVerify(f *testing.F) {
	f.Add(mutatedBefore, mutatedAfter())
	f.Add("FROM nginx\n", "FROM nginx \n")
	f.Add("ARG A=$A$A\nFROM ${A:-${A#x}}\n", "FROM")
	f.Add("FROM a\nONBUILD COPY --from=b . .\nRUN --mount=from=c <<E <<-F\nE\n F\n", "")
	f.Fuzz(func(t *testing.T, before, after string) {
		if len(before) > 16<<10 || len(after) > 16<<10 {
			return
		}
		if v := verifyText(t, before, before); v.State == render.Failed {
			t.Errorf("the same text fails: %s", describe(&v))
		}
		verifyText(t, before, after)
	})
}
