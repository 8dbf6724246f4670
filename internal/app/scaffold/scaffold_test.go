package scaffold

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

func TestReleaseIsThatOfTheAction(t *testing.T) {
	src, err := os.ReadFile("../../../action/version")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(src)); got != Release {
		t.Errorf("action/version is %s, Release is %s", got, Release)
	}
}

// The configuration is valid, and has the presets and rules that it was made from.
func TestConfig(t *testing.T) {
	c := Config{
		Presets:    []PresetUse{{Name: "k8s", Doc: "Move.", Images: 3}},
		Proposed:   []PresetUse{{Name: "bitnami", Doc: "Move.", Images: 1, Decision: "Decide."}},
		Rules:      []Rule{{"quay.io/coreos", "mirror.example/a,b"[:14]}, {"docker.io", "mirror.example:5000/hub"}},
		Registries: []RegistryUse{{"docker.io", 4}, {"quay.io", 1}},
	}
	got, err := rules.LoadConfig(".regmigrate.yaml", c.Write())
	if err != nil {
		t.Fatalf("%v\n%s", err, c.Write())
	}
	if len(got.Presets) != 1 || got.Presets[0] != "k8s" || len(got.Rules) != 2 || got.Rules[1].To != "mirror.example:5000/hub" {
		t.Errorf("got %v and %v", got.Presets, got.Rules)
	}
	for _, want := range []string{"# Images of this repository by registry: docker.io 4, quay.io 1.\n", "- k8s   # 3 images. Move.\n", "# Decide.\n# - bitnami\n"} {
		if !strings.Contains(string(c.Write()), want) {
			t.Errorf("%q is not in\n%s", want, c.Write())
		}
	}
	if _, err := rules.LoadConfig(".regmigrate.yaml", (&Config{}).Write()); err != nil {
		t.Errorf("an empty configuration: %v", err)
	}
}

func TestAddHook(t *testing.T) {
	entry := func(indent, newline string) string {
		var b strings.Builder
		for line := range strings.Lines(HookEntry) {
			b.WriteString(indent + strings.TrimSuffix(line, "\n") + newline)
		}
		return b.String()
	}
	for _, x := range []struct{ name, src, want string }{
		{"block", "repos:\n- repo: a\n  rev: v1 # pinned\n  hooks: [{id: x}]\n", "repos:\n- repo: a\n  rev: v1 # pinned\n  hooks: [{id: x}]\n" + entry("", "\n")},
		{"indented, no final newline", "minimum_pre_commit_version: 3.0.0\nrepos:\n    - repo: a\n      hooks: []", "minimum_pre_commit_version: 3.0.0\nrepos:\n    - repo: a\n      hooks: []\n" + entry("    ", "\n")},
		{"line endings of Windows", "repos:\r\n- repo: local\r\n  hooks: []\r\n", "repos:\r\n- repo: local\r\n  hooks: []\r\n" + entry("", "\r\n")},
		{"already there", "repos:\n- repo: https://github.com/regmigrate/regmigrate\n  rev: v0.0.9\n", "repos:\n- repo: https://github.com/regmigrate/regmigrate\n  rev: v0.0.9\n"},
	} {
		got, err := AddHook([]byte(x.src))
		if err != nil || string(got) != x.want {
			t.Errorf("%s: %v, got\n%s", x.name, err, got)
		}
	}
	for _, src := range []string{"", "repos: []\n", "repos: [{repo: a}]\n", "repos:\n- repo: a\nexclude: x\n", "repos: a\n", "repos:\n- repo: a\n  args: |\n   x\n...\n"} {
		if got, err := AddHook([]byte(src)); !errors.Is(err, ErrHookByHand) {
			t.Errorf("%q: got %q, %v", src, got, err)
		}
	}
	for _, src := range []string{"repos: [", "- repo: a\n"} {
		if _, err := AddHook([]byte(src)); err == nil || errors.Is(err, ErrHookByHand) {
			t.Errorf("%q: got %v", src, err)
		}
	}
}

func TestFindCI(t *testing.T) {
	with := func(names ...string) func(string) bool {
		return func(name string) bool { return strings.Contains(" "+strings.Join(names, " ")+" ", " "+name+" ") }
	}
	for _, x := range []struct {
		host   string
		exists func(string) bool
		want   string
	}{
		{"github.com", with(".gitlab-ci.yml"), "github"},
		{"gitlab.example", with(".github"), "gitlab"},
		{"codeberg.org", with(), "forgejo"},
		{"git.example", with(".gitea"), "gitea"},
		{"", with(".gitlab-ci.yml"), "gitlab"},
		{"", with(".github"), "github"},
		{"git.example", with(), ""},
	} {
		name := ""
		if c := FindCI(x.host, x.exists); c != nil {
			name = c.Name
		}
		if name != x.want {
			t.Errorf("host %q: got %q, want %q", x.host, name, x.want)
		}
	}
}

// The job for GitLab is that of the component with the defaults of its inputs.
func TestGitLabJobIsThatOfTheComponent(t *testing.T) {
	src, err := os.ReadFile("../../../templates/regmigrate.yml")
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(src), "\n---\n")
	var spec struct {
		Spec struct {
			Inputs map[string]struct {
				Default string `yaml:"default"`
			} `yaml:"inputs"`
		} `yaml:"spec"`
	}
	if err := yaml.Unmarshal([]byte(head), &spec); err != nil {
		t.Fatal(err)
	}
	for name, x := range spec.Spec.Inputs {
		body = strings.ReplaceAll(body, "$[[ inputs."+name+" ]]", x.Default)
	}
	type job map[string]any
	var component, written map[string]job
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(body, "  .\n", " .\n")), &component); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(CIs, func(c CI) bool { return c.Name == "gitlab" })
	if err := yaml.Unmarshal(CIs[i].Text(), &written); err != nil {
		t.Fatal(err)
	}
	want := component["registry-check"]
	delete(want, "stage") // test, the default of GitLab
	if !reflect.DeepEqual(written["registry-check"], want) {
		t.Errorf("init writes\n%v\nthe component has\n%v", written["registry-check"], want)
	}
}

// The jobs for Bitbucket and Jenkins are those of the examples.
func TestJobsAreThoseOfTheExamples(t *testing.T) {
	for name, example := range map[string]string{"bitbucket": "bitbucket-pipelines.yml", "jenkins": "Jenkinsfile"} {
		src, err := os.ReadFile("../../../examples/" + example)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(CIs, func(c CI) bool { return c.Name == name })
		for line := range strings.Lines(string(CIs[i].Text())) {
			if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "//") && !strings.Contains(string(src), line) {
				t.Errorf("examples/%s has no line %q", example, line)
			}
		}
		for line := range strings.Lines(CIs[i].Part) {
			if !strings.Contains(string(CIs[i].Text()), line) {
				t.Errorf("the file for %s has no line %q", name, line)
			}
		}
	}
}

// A part is one block, so that it is valid where a person puts it, beside other jobs. The
// file that init writes has it, so that a second init sees that the job is there.
func TestPartsAreOneBlock(t *testing.T) {
	for _, c := range CIs {
		if c.Part == "" {
			continue
		}
		first, rest, _ := strings.Cut(c.Part, "\n")
		indent := first[:len(first)-len(strings.TrimLeft(first, " "))]
		body, _ := strings.CutSuffix(rest, indent+"}\n")
		for line := range strings.Lines(body) {
			if !strings.HasPrefix(line, indent+"  ") {
				t.Errorf("%s: the line %q is outside the block that begins with %q", c.Name, line, first)
			}
		}
		if !strings.Contains(string(c.Text()), c.Part) {
			t.Errorf("%s: the file does not contain the part\n%s", c.Name, c.Part)
		}
		if !c.HasJob([]byte(c.Part)) {
			t.Errorf("%s: no job was found in the part\n%s", c.Name, c.Part)
		}
	}
}

func TestHasJob(t *testing.T) {
	for src, want := range map[string]bool{
		"":                                 false,
		"- regmigrate pr .\n":              false,
		"  # - regmigrate --check .\n":     false,
		"  // sh 'regmigrate --check .'\n": false,
		"- make\n- regmigrate --check .":   true,
		"sh \"regmigrate --check deploy\"": true,
	} {
		if got := new(CI).HasJob([]byte(src)); got != want {
			t.Errorf("%q: got %v", src, got)
		}
	}
}

// The examples name the release of this version.
func TestExamplesNameTheRelease(t *testing.T) {
	var names []string
	for _, glob := range []string{"../../../examples/*", "../../../templates/*"} {
		found, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	version := regexp.MustCompile(`(?:regmigrate[@:/]v?|refs/tags/v)(\d+\.\d+\.\d+)`)
	found := 0
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range version.FindAllStringSubmatch(string(src), -1) {
			if found++; "v"+m[1] != Release {
				t.Errorf("%s names %s, want %s", name, m[0], Release)
			}
		}
	}
	if found < 10 {
		t.Errorf("%d versions in %d examples, want 10 at least", found, len(names))
	}
}
