package walk

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWalkLikeGit compares the walk with git itself.
func TestWalkLikeGit(t *testing.T) {
	tests := []struct {
		name    string
		tree    []string
		tracked []string // added with git add -f
	}{
		{"names, paths and folders", []string{
			".gitignore: *.log|/top|deep/down|only/|mid/*/x",
			"a.log", "sub/b.log", "top", "sub/top", "deep/down", "sub/deep/down", "only/x", "sub/only", "mid/a/x", "mid/a/b/x", "mid/x",
		}, nil},
		{"negation", []string{
			".gitignore: *.yaml|!keep.yaml|gone/|!gone/keep.yaml|part/*|!part/keep.yaml",
			"a.yaml", "keep.yaml", "gone/keep.yaml", "part/a", "part/keep.yaml", "sub/keep.yaml",
		}, nil},
		{"nested .gitignore files, the deepest first", []string{
			".gitignore: *.txt", "sub/.gitignore: !*.txt|/only|x/y", "sub/deep/.gitignore: b.txt",
			"a.txt", "sub/a.txt", "sub/deep/a.txt", "sub/deep/b.txt", "sub/only", "sub/deep/only", "sub/x/y", "sub/deep/x/y",
		}, nil},
		{"all files except one kind", []string{
			".gitignore: *|!*/|!*.yaml", "a.txt", "a.yaml", "sub/deep/b.yaml", "sub/deep/b.txt",
		}, nil},
		{"double stars", []string{
			".gitignore: **/p|q/**|r/**/s|t**/u|v/**/|**w|a/**b",
			"p", "x/p", "x/y/p", "q/a", "q/b/c", "x/q/a", "r/s", "r/x/s", "r/x/y/s", "tt/u", "t/u", "tx/y/u", "v/a", "v/b/c", "w", "xw", "x/xw", "a/b", "a/x/b", "a/xb",
		}, nil},
		{"spaces, backslashes and brackets", []string{
			".gitignore: end  |kept\\  |\\#hash|\\!bang|[ab]x|[!ab]y|[a-c]z|\\*star|[]]w|[[:digit:]]|q[^]]|tail\\|open[a|#comment||  lead",
			"end", "end  ", "kept ", "kept", "#hash", "!bang", "ax", "cx", "ay", "cy", "bz", "dz", "*star", "xstar", "]w", "7", "q]", "qa", "tail", "tail\\", "open[a", "opena", "#comment", "lead", "  lead",
		}, nil},
		{"line endings and a byte order mark", []string{
			".gitignore: \ufeffbom|crlf\r|two\r\r|nul\x00x|last\r",
			"bom", "crlf", "two", "two\r", "nul", "nulx", "last", "last\r",
		}, nil},
		{"names that are not ASCII or not UTF-8", []string{
			".gitignore: caf?|caf??|*\xff", "café", "cafe", "new\nline", "sp ace", "bad\xff", "bad\xfe", "日本/語.yaml",
		}, nil},
		{"tracked files that patterns match", []string{
			".gitignore: build/|*.log|.gitignore", "build/a", "build/b", "build/sub/c", "build/other/d", "a.log", "b.log", "build/sub/.gitignore: e", "build/sub/e",
		}, []string{"build/b", "build/sub/c", "a.log"}},
		{".gitignore of an ignored folder", []string{
			".gitignore: out/", "out/.gitignore: !*|!a", "out/a",
		}, nil},
		{"links", []string{
			".gitignore: folder/|file", "real/a", "link -> real", "dangling -> nowhere", "folder -> real", "sub/file -> ../real/a", "sub/.gitignore -> ../ignoring", "ignoring: a", "sub/a",
		}, nil},
		{"vendored", []string{
			"vendor/a", "sub/vendor/b", "node_modules/x/y.yaml", "sub/vendor.yaml", "lib/vendor",
		}, []string{"vendor/a"}},
		{".git that is not a repository", []string{
			"a/.git/", "a/b", "c/.git/HEAD", "c/d", "e/.git: nonsense", "e/f",
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := makeTree(t, tt.tree...)
			git(t, root, "init", "-q")
			if len(tt.tracked) > 0 {
				git(t, root, append([]string{"add", "-f", "--"}, tt.tracked...)...)
			}
			for _, jobs := range []int{1, 4} {
				files, skips := walkTree(t, Options{Root: root, Jobs: jobs})
				compareLists(t, fmt.Sprintf("%d jobs", jobs), files, gitFiles(t, root))
				checkComplete(t, root, files, skips)
			}
		})
	}
}

// TestClasses compares the classes of bracket expressions with git.
func TestClasses(t *testing.T) {
	var tree []string
	for ch := byte(1); ch < 128; ch++ {
		if ch != '/' {
			tree = append(tree, "x"+string(ch))
		}
	}
	root := makeRandomTree(t, tree)
	git(t, root, "init", "-q")
	for _, class := range []string{"alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit", "other"} {
		if err := os.WriteFile(filepath.Join(root, ".gitignore"), []byte("x[[:"+class+":]]"), 0o644); err != nil {
			t.Fatal(err)
		}
		files, _ := walkTree(t, Options{Root: root})
		compareLists(t, class, files, gitFiles(t, root))
	}
}

// TestWalkLikeGitRandom compares the walk with git for random trees, patterns and
// tracked files.
func TestWalkLikeGitRandom(t *testing.T) {
	rounds := 120
	if testing.Short() {
		rounds = 20
	}
	ignored := 0
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		var tree []string
		for range 60 {
			tree = append(tree, randomPath(r))
		}
		root := makeRandomTree(t, tree)
		git(t, root, "init", "-q")
		for _, path := range tree {
			if r.IntN(12) == 0 {
				if info, err := os.Lstat(filepath.Join(root, path)); err == nil && !info.IsDir() {
					git(t, root, "add", "-f", "--", path)
				}
			}
		}
		var patterns []string
		for _, file := range []string{".gitignore", ".gitignore", "a/.gitignore", "a/b/.gitignore", "b/.gitignore", ".git/info/exclude"} {
			text := randomPatterns(r)
			patterns = append(patterns, file+": "+text)
			abs := filepath.Join(root, file)
			if info, err := os.Stat(filepath.Dir(abs)); err == nil && info.IsDir() {
				if err := os.WriteFile(abs, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		files, skips := walkTree(t, Options{Root: root, Jobs: 1 + seed%4})
		compareLists(t, fmt.Sprintf("seed %d", seed), files, gitFiles(t, root))
		checkComplete(t, root, files, skips)
		ignored += len(skips)
		if t.Failed() {
			t.Fatalf("patterns %q", patterns)
		}
	}
	if ignored < rounds {
		t.Errorf("only %d skips in %d trees: the patterns match nothing", ignored, rounds)
	}
}

// FuzzWalkLikeGit compares the walk with git for one tree and any two ignore
// files.
func FuzzWalkLikeGit(f *testing.F) {
	for _, s := range [][2]string{
		{"*.log\n!a.log", "b"}, {"a**/b\n[!a]\n", "\\ \\"}, {"/*\n!/a\n/a/*\n!/a/b", ""}, {"**/\n", "!**/b/"}, {"a/**/b\\\n[[:x:]]", "[]-a]\r\n[a-\\]]"},
	} {
		f.Add(s[0], s[1])
	}
	r := rand.New(rand.NewPCG(7, 7))
	var tree []string
	for range 80 {
		tree = append(tree, randomPath(r))
	}
	root := makeRandomTree(f, append(tree, "a/b/c/x", "b/a/a b"))
	git(f, root, "init", "-q")
	git(f, root, "add", "-f", "--", "a/b/c/x")
	f.Fuzz(func(t *testing.T, top, sub string) {
		for path, text := range map[string]string{".gitignore": top, "a/.gitignore": sub} {
			if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		files, skips := walkTree(t, Options{Root: root})
		compareLists(t, "walk", files, gitFiles(t, root))
		checkComplete(t, root, files, skips)
	})
}

// TestCorpus compares the walk with git on the work trees below the folder
// REGMIGRATE_CORPUS.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	repos, err := filepath.Glob(filepath.Join(corpus, "*", ".git"))
	if err != nil || len(repos) == 0 {
		t.Fatalf("no git work trees in %q: %v", corpus, err)
	}
	for _, repo := range repos {
		root := filepath.Dir(repo)
		t.Run(filepath.Base(root), func(t *testing.T) {
			files, skips := walkTree(t, Options{Root: root})
			compareLists(t, "walk", files, gitFiles(t, root))
			checkComplete(t, root, files, skips)
			t.Logf("%d files, %d skips", len(files), len(skips))
		})
	}
}

// makeRandomTree is like makeTree for paths that may conflict: it leaves out a
// path that conflicts with an earlier one.
func makeRandomTree(t testing.TB, paths []string) string {
	t.Helper()
	root := makeTree(t)
	for _, path := range paths {
		abs := filepath.Join(root, path)
		if os.MkdirAll(filepath.Dir(abs), 0o755) != nil {
			continue
		}
		if _, err := os.Lstat(abs); err == nil {
			continue
		}
		if err := os.WriteFile(abs, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func choose(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

func randomPath(r *rand.Rand) string {
	var parts []string
	for range 1 + r.IntN(4) {
		parts = append(parts, choose(r, "a", "b", "a", "b", "c", "ab", "abc", "a b", "a ", "x.log", "é", "[a]", "*", `\`, "!a", "#a", "]", "-", "A", "7", "vendor", "b\xff", "a.b.c"))
	}
	return strings.Join(parts, "/")
}

func randomPatterns(r *rand.Rand) string {
	var lines []string
	for range r.IntN(5) {
		var b strings.Builder
		b.WriteString(choose(r, "", "", "", "!", "/", "!/", "**/", "#"))
		for range 1 + r.IntN(5) {
			b.WriteString(choose(r, "a", "b", "a", "b", "c", "ab", "/", "/", "*", "*", "**", "**/", "/**", "?", "[ab]", "[!a]", "[^b]", "[a-c]", "[]a]", "[a-", "[[:alpha:]]", "[[:no:]]", "[--7]", `\`, `\*`, `\ `, " ", ".log", "é", "[\\]-a]", "[[:a]", "***"))
		}
		b.WriteString(choose(r, "", "", "", "/", " ", "\r", "/**", "*"))
		lines = append(lines, b.String())
	}
	slices.Sort(lines[:len(lines)/2]) // changes which pattern is last
	return strings.Join(lines, "\n")
}
