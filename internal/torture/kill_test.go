//go:build unix

package torture

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// TestKilled sends each signal at random moments of a run: a third of them at any
// moment, the others while it writes. It stops before the timeout of the test, so that
// its figures are printed.
func TestKilled(t *testing.T) {
	onEachFileSystem(t, func(t *testing.T, folder string) {
		x := makeTree(t, folder, *files)
		r := rand.New(rand.NewPCG(*seed, 2))
		for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM} {
			t.Run(signal.String(), func(t *testing.T) {
				during, left, sent := 0, 0, 0
				for round := range *rounds {
					if timeIsUp(t) {
						break
					}
					if round > 0 && round%50 == 0 {
						t.Logf("%d signals", round)
					}
					sent++
					cmd := x.command(t.Context())
					if err := cmd.Start(); err != nil {
						t.Fatal(err)
					}
					ended := make(chan struct{})
					done := make(chan struct{})
					whole, writing := time.Duration(r.Int64N(int64(x.duration))), time.Duration(r.Int64N(int64(x.writing)))
					go func() {
						defer close(done)
						delay := whole
						if round%3 > 0 {
							x.waitForWrite(ended)
							delay = writing
						}
						select {
						case <-ended:
						case <-time.After(delay):
							_ = cmd.Process.Signal(signal)
						}
					}()
					_ = cmd.Wait() // a killed process returns an error
					close(ended)
					<-done
					if n := x.check(t); n > 0 && n < len(x.names) {
						during++
					}
					left += x.leftInGit(t)
					x.complete(t)
					x.reset(t)
					if t.Failed() {
						break
					}
				}
				t.Logf("%d signals over %d files, %d of them between the first and the last write; %d temporary files left in the git directory until the next run; lost: 0 unless reported above", sent, len(x.names), during, left)
			})
		}
	})
}

// timeIsUp reports whether a minute is left until the timeout of the test.
func timeIsUp(t *testing.T) bool {
	deadline, ok := t.Deadline()
	return ok && time.Until(deadline) < time.Minute
}

// TestTwoRuns runs the program twice at the same time.
func TestTwoRuns(t *testing.T) {
	onEachFileSystem(t, func(t *testing.T, folder string) {
		x := makeTree(t, folder, *files)
		for range max(1, *rounds/10) {
			a, b := x.command(t.Context()), x.command(t.Context())
			for _, cmd := range []interface{ Start() error }{a, b} {
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
			}
			_ = a.Wait() // the exit code is checked below
			_ = b.Wait()
			for _, code := range []int{a.ProcessState.ExitCode(), b.ProcessState.ExitCode()} {
				if code != 0 && code != 3 {
					t.Errorf("exit %d", code)
				}
			}
			if n := x.check(t); n != len(x.names) {
				t.Errorf("two runs left %d of %d files", len(x.names)-n, len(x.names))
			}
			x.complete(t)
			x.reset(t)
			if t.Failed() {
				break
			}
		}
		t.Logf("%d pairs of runs over %d files", max(1, *rounds/10), len(x.names))
	})
}
