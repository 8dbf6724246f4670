package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A task is a row of the table of docs/performance.md: a task of regmigrate, the same task
// of another program, and the bars, which are goals and not guarantees.
type task struct {
	name    string
	isQuick bool // make bench-quick measures it, too
	rounds  int

	// setUp makes the input and returns the commands. The name of the peer is a short
	// form of its command; without a peer, args is nil.
	setUp func(b *testing.B, p programs) (subject, peer command)

	// With a peer, wall and cpu are ratios to it, else seconds; mb is the peak of memory
	// in MB. 0 means that there is no bar.
	wall, cpu, mb float64
}

// programs are the measured program and those that it is compared with.
type programs struct{ regmigrate, nothing string }

// noMatch is a rule that matches nothing in any tree: the domain is reserved (RFC 2606).
const noMatch = "--rule=old.registry.example=new.registry.example"

// tinyFiles are the sizes of files in trees of very many of them, in bytes.
var tinyFiles = [2]int{200, 400}

var tasks = []task{
	{name: "dry run, 20,000 files, 1 % match", isQuick: true, rounds: 5, wall: 1.2, cpu: 1.2,
		setUp: search(20_000, 100, fileSizes, "k8s.gcr.io", "--dry-run", ".")},
	{name: "the same, a rule that matches nothing", isQuick: true, rounds: 5, wall: 0.9, cpu: 0.9,
		setUp: search(20_000, 100, fileSizes, "old.registry.example", "--dry-run", noMatch, ".")},
	{name: "the same, all of Docker Hub against a rule that matches nothing", rounds: 2, cpu: 3, setUp: dockerHub},
	{name: "real repositories, preset k8s, --no-render", rounds: 3, wall: 2, cpu: 2, mb: 150,
		setUp: corpus("k8s.gcr.io", "--dry-run", "--no-render", ".")},
	{name: "real repositories, nothing matches", rounds: 5, wall: 0.85, cpu: 0.8,
		setUp: corpus("old.registry.example", "--dry-run", noMatch, ".")},
	{name: "real repositories in one commit, nothing matches, against git grep", rounds: 5, wall: 0.85, cpu: 0.8, setUp: committedCorpus},
	{name: "1,000 tiny files", isQuick: true, rounds: 9, wall: 3, setUp: search(1_000, 0, tinyFiles, "k8s.gcr.io", "--dry-run", ".")},
	{name: "10,000 tiny files", isQuick: true, rounds: 5, wall: 1.4, setUp: search(10_000, 0, tinyFiles, "k8s.gcr.io", "--dry-run", ".")},
	{name: "100,000 tiny files", rounds: 3, wall: 1, setUp: search(100_000, 0, tinyFiles, "k8s.gcr.io", "--dry-run", ".")},
	{name: "1,000,000 tiny files", rounds: 1, cpu: 1, mb: 100, setUp: search(1_000_000, 0, tinyFiles, "k8s.gcr.io", "--dry-run", ".")},
	{name: "one YAML file of 30 MB with one match", rounds: 3, cpu: 10, mb: 100, setUp: largeYAML},
	{name: "in place, 50,000 files, 1 % match", rounds: 3, wall: 0.8, cpu: 1.5, setUp: inPlace(50_000, 100)},
	{name: "in place, 50,000 files, all match", rounds: 1, wall: 3, cpu: 5, mb: 150, setUp: inPlace(50_000, 1)},
	{name: "in place, 2,000 files, all match", isQuick: true, rounds: 3, wall: 3, cpu: 5, setUp: inPlace(2_000, 1)},
	{name: "--version", isQuick: true, rounds: 31, wall: 0.045,
		setUp: func(_ *testing.B, p programs) (command, command) {
			return command{args: []string{p.regmigrate, "--version"}}, command{}
		}},
	{name: "a Go program that does nothing, for comparison", isQuick: true, rounds: 31,
		setUp: func(_ *testing.B, p programs) (command, command) {
			return command{args: []string{p.nothing}}, command{}
		}},
	{name: "images -, 100 MB of JSON", rounds: 1, cpu: 6, setUp: stream("json")},
	{name: "images -, 100 MB of YAML", rounds: 1, cpu: 20, setUp: stream("yaml")},
	{name: "100,000 matches in one YAML file", isQuick: true, rounds: 1, cpu: 6, mb: 200, setUp: manyMatches},
}

// search compares a run over a generated tree with rg, which searches one name.
func search(n, interval int, size [2]int, name string, args ...string) func(*testing.B, programs) (command, command) {
	return func(b *testing.B, p programs) (command, command) {
		t := makeTree(b, n, interval, size)
		return command{args: append([]string{p.regmigrate}, args...), dir: t.root}, rgCommand(b, name, t.root)
	}
}

func rgCommand(b *testing.B, name, dir string) command {
	return command{name: "rg -lF " + name, args: []string{tool(b, "rg"), "-lF", name, "."}, dir: dir, exitCodes: []int{1}}
}

func dockerHub(b *testing.B, p programs) (command, command) {
	t := makeTree(b, 20_000, 100, fileSizes)
	return command{args: []string{p.regmigrate, "--dry-run", "--rule=docker.io=mirror.example/hub", "."}, dir: t.root},
		command{name: "regmigrate " + noMatch, args: []string{p.regmigrate, "--dry-run", noMatch, "."}, dir: t.root}
}

// corpusRoot returns the folder with work trees of real repositories.
func corpusRoot(b *testing.B) string {
	b.Helper()
	root := os.Getenv("REGMIGRATE_CORPUS")
	if root == "" {
		b.Skip("*** SKIPPED: REGMIGRATE_CORPUS does not name a folder with work trees ***")
	}
	return root
}

func corpus(name string, args ...string) func(*testing.B, programs) (command, command) {
	return func(b *testing.B, p programs) (command, command) {
		root := copyCorpus(b)
		return command{args: append([]string{p.regmigrate}, args...), dir: root, exitCodes: []int{3}}, rgCommand(b, name, root)
	}
}

// copyCorpus copies the real repositories into one tree, without their git directories:
// a run skips repositories within a repository.
func copyCorpus(b *testing.B) string {
	b.Helper()
	root := b.TempDir()
	if out, err := exec.Command("sh", "-c", `cd "$1" && tar c --exclude=.git . | tar x -C "$0"`, root, corpusRoot(b)).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return root
}

// committedCorpus commits the copy of the real repositories.
func committedCorpus(b *testing.B, p programs) (command, command) {
	root, git := copyCorpus(b), tool(b, "git")
	script := `cd "$0" && "$1" init -q . && "$1" add -A . && "$1" -c user.name=a -c user.email=a@b.example -c gc.auto=0 commit -qm a`
	if out, err := exec.Command("sh", "-c", script, root, git).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return command{args: []string{p.regmigrate, "--dry-run", noMatch, "."}, dir: root, exitCodes: []int{3}},
		command{name: "git grep -lF", args: []string{git, "grep", "-lF", "old.registry.example"}, dir: root, exitCodes: []int{1}}
}

// inPlace compares a run in place with grep and sed; prepare restores the files.
func inPlace(n, interval int) func(*testing.B, programs) (command, command) {
	return func(b *testing.B, p programs) (command, command) {
		t, saved := makeTree(b, n, interval, [2]int{512, 3 << 10}), b.TempDir()
		copyTree := func(from, to string) {
			if out, err := exec.Command("cp", "-r", from+"/.", to).CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
		}
		copyTree(t.root, saved)
		restore := func() { copyTree(saved, t.root) }
		script := `grep -rlZF k8s.gcr.io . | xargs -0 sed -i 's|k8s\.gcr\.io|registry.k8s.io|g'`
		return command{args: []string{p.regmigrate, "."}, dir: t.root, prepare: restore},
			command{name: "grep and sed -i", args: []string{"sh", "-c", script}, dir: t.root, prepare: restore}
	}
}

// oneFileTree writes a.yaml into an empty folder and returns the folder.
func oneFileTree(b *testing.B, text []byte) string {
	b.Helper()
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), text, 0o666); err != nil {
		b.Fatal(err)
	}
	return dir
}

func largeYAML(b *testing.B, p programs) (command, command) {
	var text bytes.Buffer
	text.WriteString("image: k8s.gcr.io/pause:3.9\n---\n")
	for i := 0; text.Len() < 30<<20; i++ {
		fmt.Fprintf(&text, "kind: ConfigMap\nmetadata: {name: c%d}\ndata: {a: \"%s\"}\n---\n", i, strings.Repeat("x", 900))
	}
	dir := oneFileTree(b, text.Bytes())
	return command{args: []string{p.regmigrate, "--dry-run", "."}, dir: dir}, rgCommand(b, "k8s.gcr.io", dir)
}

func manyMatches(b *testing.B, p programs) (command, command) {
	dir := oneFileTree(b, []byte(numbered(100_000, "- image: k8s.gcr.io/app:%d\n")))
	return command{args: []string{p.regmigrate, "--dry-run", "."}, dir: dir}, command{}
}

func stream(format string) func(*testing.B, programs) (command, command) {
	return func(b *testing.B, p programs) (command, command) {
		file := makePodList(b, format)
		return command{args: []string{"sh", "-c", `exec "$0" images -o csv - <"$1" >/dev/null`, p.regmigrate, file}}, command{}
	}
}
