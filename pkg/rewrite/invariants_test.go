package rewrite_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// checkInvariants checks the invariants of ARCHITECTURE.md for the plan of the tree
// at root, and applies the plan.
func checkInvariants(t testing.TB, root string, o rewrite.Options, plan *rewrite.Plan) {
	t.Helper()
	checkAccount(t, root, o, plan)
	before := readTree(t, root)
	for i := range plan.Files {
		f := &plan.Files[i]
		checkOutside(t, f)
		if f.Format == "yaml" && !f.Unverified {
			checkYAML(t, f)
		}
	}
	checkLedger(t, root, o, plan)
	checkOrder(t, root, o, plan)
	if after := readTree(t, root); !reflect.DeepEqual(before, after) {
		t.Error("planning changed files")
	}
	patched := gitApply(t, before, plan)
	if _, err := plan.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := readTree(t, root)
	for name, e := range after {
		want, ok := patched[name]
		if !ok {
			want = before[name].data
		}
		if !bytes.Equal(e.data, want) {
			t.Errorf("%s: git apply writes\n%q\nand Apply writes\n%q", name, want, e.data)
		}
		if e.mode != before[name].mode {
			t.Errorf("%s: expected the mode %v, got %v", name, before[name].mode, e.mode)
		}
	}
	checkReversal(t, root, plan, before, after)
	again := makePlan(t, root, o)
	for i := range again.Files {
		if f := &again.Files[i]; len(f.Edits) > 0 {
			t.Errorf("%s: a second run has edits: %+v", f.Path, f.Edits)
		}
	}
}

// checkOutside checks that the bytes outside the edits do not change.
func checkOutside(t testing.TB, f *rewrite.File) {
	t.Helper()
	after := f.After()
	var a, b []byte
	at, shift := 0, 0
	for _, e := range f.Edits {
		a = append(a, f.Before[at:e.Start]...)
		b = append(b, after[at+shift:e.Start+shift]...)
		shift += len(e.New) - e.Len()
		at = e.End
	}
	a, b = append(a, f.Before[at:]...), append(b, after[at+shift:]...)
	if !bytes.Equal(a, b) {
		t.Errorf("%s: bytes outside the edits changed", f.Path)
	}
}

// checkOrder checks that the ledger does not depend on the number of workers.
func checkOrder(t testing.TB, root string, o rewrite.Options, plan *rewrite.Plan) {
	t.Helper()
	for _, jobs := range []int{1, 16} {
		o.Walk.Jobs = jobs
		if got, want := ledgerText(makePlan(t, root, o)), ledgerText(plan); got != want {
			t.Errorf("with %d workers: expected the ledger\n%s\ngot\n%s", jobs, want, got)
		}
	}
}
