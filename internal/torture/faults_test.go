//go:build unix

package torture

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// calls are the system calls that write, and those that they depend on.
var calls = []string{"openat", "write", "fsync", "syncfs", "fchown", "fchmod", "fsetxattr", "flistxattr", "fgetxattr", "linkat", "renameat2", "renameat", "unlinkat", "flock", "newfstatat", "fstat", "pread64", "getdents64", "readlinkat", "read"}

// outcomes are what strace does instead of, or after, a system call.
var outcomes = []string{"error=EIO", "error=ENOSPC", "error=EPERM", "signal=SIGKILL"}

// TestFaults lets system calls fail one after the other, and kills the program at
// each.
func TestFaults(t *testing.T) {
	needRounds(t)
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED: no strace")
	}
	if out, err := exec.Command(strace, "-e", "inject=getppid:error=EIO", "true").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: strace cannot trace here: %v\n%s", err, out)
	}
	folder := t.TempDir()
	x := makeTree(t, folder, 6)
	// An attribute and a list of access, so that the calls about them happen.
	trace := filepath.Join(folder, "trace")
	runs, injected := 0, 0
	for _, call := range calls {
		for _, outcome := range outcomes {
			for when := 1; when <= *faults; when++ {
				x.reset(t)
				inject := fmt.Sprintf("inject=%s:%s:when=%d", call, outcome, when)
				code, out := x.run(t, strace, "-f", "-qq", "-o", trace, "-e", "trace="+call, "-e", inject)
				runs++
				log, err := os.ReadFile(trace)
				if err != nil {
					t.Fatal(err)
				}
				wasInjected := strings.Contains(string(log), "(INJECTED)") || strings.Contains(string(log), "killed by SIGKILL")
				n := x.check(t)
				if code == 0 && n != len(x.names) {
					t.Errorf("exit 0, and %d files are old\n%s", len(x.names)-n, out)
				}
				x.complete(t)
				if t.Failed() {
					t.Fatalf("after %s, exit %d\n%s", inject, code, out)
				}
				if !wasInjected {
					break
				}
				injected++
			}
		}
	}
	t.Logf("%d runs, in %d of them a system call failed or ended the program", runs, injected)
}
