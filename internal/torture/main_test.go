//go:build unix

package torture

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	rounds  = flag.Int("rounds", 0, "how often each signal is sent on each file system; 0 skips the tests")
	files   = flag.Int("files", 1000, "number of files of the tree")
	seed    = flag.Uint64("seed", 1, "of the random moments")
	faults  = flag.Int("faults", 40, "how many calls of each system call fail, one in each run")
	folders = flag.String("folders", "", "folders of file systems to test on, separated by the list separator of the system; the default is /dev/shm and the temporary folder")
)

// program is the path of the program, which TestMain builds.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if *rounds > 0 {
		dir, err := os.MkdirTemp("", "regmigrate-torture-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "regmigrate")
		cmd := exec.Command("go", "build", "-o", program, "github.com/regmigrate/regmigrate/cmd/regmigrate")
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "building the program:", err)
			return 1
		}
	}
	return m.Run()
}

func needRounds(t *testing.T) {
	t.Helper()
	if *rounds == 0 {
		t.Skip("SKIPPED: make torture runs this test")
	}
}

// onEachFileSystem runs f with a new folder on each file system.
func onEachFileSystem(t *testing.T, f func(t *testing.T, folder string)) {
	needRounds(t)
	list := filepath.SplitList(*folders)
	if len(list) == 0 {
		list = []string{"/dev/shm", os.TempDir()}
	}
	for _, parent := range list {
		t.Run(fileSystem(parent), func(t *testing.T) {
			folder, err := os.MkdirTemp(parent, "regmigrate-torture-")
			if err != nil {
				t.Skipf("SKIPPED: no folder in %s: %v", parent, err)
			}
			t.Cleanup(func() { os.RemoveAll(folder) })
			f(t, folder)
		})
	}
}

// fileSystem returns the type of the file system of a folder.
func fileSystem(folder string) string {
	out, err := exec.Command("df", "--output=fstype", folder).Output()
	if words := strings.Fields(string(out)); err == nil && len(words) == 2 {
		return words[1]
	}
	return folder
}
