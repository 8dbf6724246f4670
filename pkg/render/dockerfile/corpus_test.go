package dockerfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// faults are changes that no rule makes, each as a pattern and what replaces its first
// match after the first image.
var faults = []struct {
	kind    string
	pattern *regexp.Regexp
	to      string
}{
	{"another name", regexp.MustCompile(`(?m)^(FROM +(?:--platform=\S+ +)?mirror\.example/[a-z]+/)`), "${1}x"},
	{"another registry", regexp.MustCompile(`(?m)^(FROM +)mirror\.example/`), "${1}mirror2.example/"},
	{"another tag", regexp.MustCompile(`(?m)^(FROM +mirror\.example/[^\s:@$]+:[^\s@$]+)( |$)`), "${1}x${2}"},
	{"no tag", regexp.MustCompile(`(?m)^(FROM +mirror\.example/[^\s:@$]+):[^\s@$]+( |$)`), "${1}${2}"},
	{"a digest", regexp.MustCompile(`(?m)^(FROM +mirror\.example/[^\s@$]+)( |$)`), "${1}@sha256:0123456789012345678901234567890123456789012345678901234567890123${2}"},
	{"no digest", regexp.MustCompile(`(?m)^(FROM +[^\s@$]+)@sha256:[0-9a-f]{64}`), "${1}"},
	{"the old image", regexp.MustCompile(`(?m)^FROM +mirror\.example/hub/(?:library/)?([^\s$]+)( |$)`), "FROM other/${1}${2}"},
	{"a platform", regexp.MustCompile(`(?m)^FROM +mirror`), "FROM --platform=linux/s390x mirror"},
	{"the name of a stage", regexp.MustCompile(`(?mi)^(FROM .*[ \t]AS[ \t]+[A-Za-z0-9._-]+)[ \t\r]*$`), "${1}x"},
	{"COPY --from", regexp.MustCompile(`(?m)^(COPY --from=[^\s$]+)`), "${1}x"},
	{"no --from", regexp.MustCompile(`(?m)^COPY --from=\S+ `), "COPY "},
	{"a new --from", regexp.MustCompile(`(?m)^COPY ([^-<])`), "COPY --from=mirror.example/hub/library/x ${1}"},
	{"the path of a copy", regexp.MustCompile(`(?m)^(COPY [^\s<]+ [^\s\\<]+)[ \t]*$`), "${1}x"},
	{"a key of ENV", regexp.MustCompile(`(?m)^ENV[ \t]+([A-Za-z_])`), "ENV X${1}"},
	{"a value of ENV", regexp.MustCompile(`(?m)^(ENV[ \t]+[A-Za-z_]+=[A-Za-z0-9/:.]+)( |$)`), "${1}x${2}"},
	{"a key of LABEL", regexp.MustCompile(`(?m)^LABEL[ \t]+([A-Za-z_])`), "LABEL x${1}"},
	{"a key of ARG", regexp.MustCompile(`(?m)^ARG[ \t]+([A-Za-z_])`), "ARG X${1}"},
	{"a default of ARG", regexp.MustCompile(`(?m)^(ARG[ \t]+[A-Za-z_]+=[A-Za-z0-9/:.]+)[ \t]*$`), "${1}x"},
	{"a new default of ARG", regexp.MustCompile(`(?m)^(ARG[ \t]+[A-Za-z_]+)[ \t]*$`), "${1}=x"},
	{"a command", regexp.MustCompile(`(?m)^RUN ([a-z])`), "RUN x${1}"},
	{"the directory", regexp.MustCompile(`(?m)^(WORKDIR \S+)`), "${1}x"},
	{"the user", regexp.MustCompile(`(?m)^(USER \S+)`), "${1}1"},
	{"a port", regexp.MustCompile(`(?m)^(EXPOSE [0-9]+)`), "${1}1"},
	{"the entrypoint", regexp.MustCompile(`(?m)^ENTRYPOINT \["`), `ENTRYPOINT ["x`},
	{"the command of the image", regexp.MustCompile(`(?m)^CMD \["`), `CMD ["x`},
	{"the form of a command", regexp.MustCompile(`(?m)^CMD \["([^"]+)"\][ \t]*$`), "CMD ${1}"},
	{"a new instruction", regexp.MustCompile(`(?m)^(FROM [^\n\\]*\n)`), "${1}USER 0\n"},
	{"a new stage", regexp.MustCompile(`(?m)^(FROM [^\n\\]*\n)`), "FROM mirror.example/hub/library/x\n${1}"},
	{"no instruction", regexp.MustCompile(`(?m)^(?:WORKDIR|USER|EXPOSE|VOLUME) [^\n\\]*\n`), ""},
	{"an ONBUILD", regexp.MustCompile(`(?m)^RUN ([a-z])`), "ONBUILD RUN ${1}"},
}

// TestCorpusDockerfiles plans a move of all images of each Dockerfile of the repositories
// in REGMIGRATE_CORPUS, folders with ":" between them. No proof may fail, and each fault
// in a proven file must be found.
func TestCorpusDockerfiles(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	set := mirrorSet(t)
	plan := rewrite.EditText(set)
	count := map[string]int{}
	seen := map[string]bool{}
	visit := func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() || !format.IsDockerfile(filepath.ToSlash(path)) {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil || seen[string(src)] {
			return err
		}
		seen[string(src)] = true
		after, err := plan(t.Context(), filepath.Base(path), src)
		if err != nil {
			return err
		}
		v := verifyText(t, string(src), string(after))
		count["1 files"]++
		count["1 "+v.State.String()]++
		switch {
		case v.State == render.Failed:
			t.Errorf("%s: %s", path, describe(&v))
		case v.State == render.Unproven:
			count["2 unproven: "+reasonClass(v.Reason)]++
			if !v.Unchanged {
				t.Logf("%s: %s", path, v.Reason)
			}
		case !v.Unchanged:
			count["1 proven, with changes"]++
			count["1 references moved"] += v.Moved
			plantFaults(t, path, string(src), string(after), count)
		}
		if len(v.Leftovers) > 0 {
			count["1 with an image that does not move"]++
		}
		return nil
	}
	for _, folder := range filepath.SplitList(corpus) {
		if err := filepath.WalkDir(folder, visit); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	for k := range count {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		t.Logf("%6d %s", count[k], k)
	}
}

// plantFaults plants each fault in a file that is proven.
func plantFaults(t *testing.T, path, before, after string, count map[string]int) {
	for _, f := range faults {
		at := f.pattern.FindStringSubmatchIndex(after)
		if at == nil {
			continue
		}
		wrong := after[:at[0]] + string(f.pattern.ExpandString(nil, f.to, after, at)) + after[at[1]:]
		if wrong == after || isInHeredoc(after, at[0]) {
			continue
		}
		v := verifyText(t, before, wrong)
		count["3 faults"]++
		count["3 faults "+v.State.String()]++
		if v.State == render.Unproven {
			t.Logf("%s: %s is unproven: %s", path, f.kind, v.Reason)
		}
		if v.State == render.Proven {
			t.Errorf("%s: the fault %q is not found", path, f.kind)
		}
		count["4 fault: "+f.kind]++
	}
}

// isInHeredoc reports whether a text before the offset at may start a here-document.
func isInHeredoc(src string, at int) bool { return strings.Contains(src[:at], "<<") }

// reasonClass returns a reason without the names in it.
func reasonClass(reason string) string {
	_, why, _ := strings.Cut(reason, ": ")
	switch {
	case strings.Contains(reason, "needs a build argument"):
		return "an image needs a build argument"
	case strings.Contains(reason, "parse error"):
		return "does not parse"
	case strings.Contains(reason, "and nothing shows"):
		return "nothing shows that a word is an image"
	case strings.Contains(reason, "for the commands of this stage"):
		return "an argument is also visible to commands"
	case strings.Contains(reason, "this instruction reads"):
		return "a variable is also read by an instruction"
	}
	return why
}
