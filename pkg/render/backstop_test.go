package render

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestBackstops checks that a job that a backstop ends says so, and that one with
// an exact limit does not.
func TestBackstops(t *testing.T) {
	t.Run("CPU time", func(t *testing.T) {
		r := testRunner(t)
		r.CPULimit = time.Millisecond
		_, err := ask(t.Context(), r, "spin")
		if !IsBackstop(err) || !strings.Contains(err.Error(), "more than 1ms of CPU time") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("memory", func(t *testing.T) {
		r := testRunner(t)
		r.MemoryLimit = 64 << 20
		_, err := ask(t.Context(), r, "memory")
		if !IsBackstop(err) || !strings.Contains(err.Error(), "more than 64 MiB of memory") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("an unknown end of the process", func(t *testing.T) {
		r := testRunner(t)
		if _, err := ask(t.Context(), r, "exit"); !IsBackstop(err) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("output is exact", func(t *testing.T) {
		r := testRunner(t)
		r.MaxOutput = 1 << 10
		_, err := ask(t.Context(), r, "output")
		if err == nil || IsBackstop(err) || !IsFatal(err) {
			t.Errorf("error %v", err)
		}
	})
}

// TestCPULimitOfJob checks that the limit is one of the job, and not of the child
// process: its earlier jobs do not count.
func TestCPULimitOfJob(t *testing.T) {
	r := testRunner(t)
	r.Jobs = 1
	r.CPULimit = 400 * time.Millisecond
	first, err := ask(t.Context(), r, "process")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := ask(t.Context(), r, "use 150ms of CPU time"); err != nil {
			t.Fatal(err)
		}
	}
	last, err := ask(t.Context(), r, "process")
	if err != nil || first != last {
		t.Errorf("process %s, then %s (%v)", first, last, err)
	}
}

// TestRepeat checks that a job that a backstop ends in a process that ran other
// jobs runs again in a fresh one, and once only.
func TestRepeat(t *testing.T) {
	r := testRunner(t)
	r.Jobs = 1
	first, err := ask(t.Context(), r, "process")
	if err != nil {
		t.Fatal(err)
	}
	again, err := ask(t.Context(), r, "exit unless fresh")
	if err != nil || again == first {
		t.Errorf("process %s, then %s (%v)", first, again, err)
	}
	if r.pool.budget.ended != 0 {
		t.Errorf("%d jobs counted", r.pool.budget.ended)
	}
	if _, err := ask(t.Context(), r, "exit"); !IsBackstop(err) {
		t.Errorf("error %v", err)
	}
	if r.pool.budget.ended != 1 {
		t.Errorf("%d jobs counted, want 1", r.pool.budget.ended)
	}
}

func TestMaxBackstops(t *testing.T) {
	r := testRunner(t)
	r.Jobs, r.MaxBackstops = 1, 2
	for range 2 {
		if _, err := ask(t.Context(), r, "exit"); err == nil {
			t.Fatal("no error")
		}
	}
	_, err := ask(t.Context(), r, "process")
	if !IsBackstop(err) || !strings.Contains(err.Error(), "ended 2 other renderings of this run") {
		t.Errorf("error %v", err)
	}
	if IsBackstop(errors.New("x")) {
		t.Error("another error is not one of a backstop")
	}
}
