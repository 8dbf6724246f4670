package rules

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// configs returns the files of testdata/config/folder, by name.
func configs(t *testing.T, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "config", folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no configurations in %s: %v", folder, err)
	}
	out := map[string]string{}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = string(src)
	}
	return out
}

// wanted parses the first line of an invalid configuration: the end of the
// error, and whether the JSON Schema also rejects the file.
func wanted(t *testing.T, src string) (want string, inSchema bool) {
	t.Helper()
	line, _, _ := strings.Cut(src, "\n")
	want, ok := strings.CutPrefix(line, "# want: ")
	if !ok {
		t.Fatalf("first line %q, want prefix %q", line, "# want: ")
	}
	want, hidden := strings.CutPrefix(want, "schema cannot see|")
	return want, !hidden
}

func TestLoadConfig(t *testing.T) {
	for name, src := range configs(t, "good") {
		if _, err := LoadConfig(name, []byte(src)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, src := range configs(t, "bad") {
		t.Run(name, func(t *testing.T) {
			want, _ := wanted(t, src)
			c, err := LoadConfig("dir/"+name, []byte(src))
			if err == nil {
				t.Fatalf("loaded as %+v", c)
			}
			if got := err.Error(); !strings.HasPrefix(got, "dir/"+name+":") || !strings.Contains(got, want) {
				t.Errorf("error\n\t%s\nwant\n\tdir/%s:%s", got, name, want)
			}
		})
	}
}

func TestLoadConfigValues(t *testing.T) {
	src := configs(t, "good")["full.yaml"]
	c, err := LoadConfig("dir/.regmigrate.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Fields) != 4 {
		t.Errorf("%d fields, want 4", len(c.Fields))
	}
	pos := c.positions
	c.positions, c.Fields = nil, nil
	want := &Config{
		Path:    "dir/.regmigrate.yaml",
		Presets: []string{"k8s"},
		Rules: []Rule{
			{Name: ".regmigrate.yaml:3", From: "docker.io/bitnami", To: "docker.io/bitnamilegacy", Keep: []string{"docker.io/bitnami/minideb"}},
			{Name: "internal mirror", From: "quay.io", To: "mirror.corp.example:5000/quay", Doc: "Nothing may be pulled from outside."},
		},
		Scope:   []string{"manifests", "comments"},
		Include: []string{"deploy/**"},
		Exclude: []string{"third_party/**"},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got\n%+v\nwant\n%+v", c, want)
	}
	c.positions = pos
	for key, want := range map[string]string{
		"scope":         "dir/.regmigrate.yaml:10:1",
		"scope[1]":      "dir/.regmigrate.yaml:10:20",
		"rules[1]":      "dir/.regmigrate.yaml:6:3",
		"rules[1].from": "dir/.regmigrate.yaml:7:3",
		"nothing":       "",
	} {
		if got := c.Position(key); got != want {
			t.Errorf("Position(%q) = %q, want %q", key, got, want)
		}
	}
}

// FuzzLoadConfig checks that every text gives an error with a position, or a
// configuration whose rules are valid one by one.
func FuzzLoadConfig(f *testing.F) {
	for _, folder := range []string{"good", "bad"} {
		files, err := filepath.Glob(filepath.Join("testdata", "config", folder, "*.yaml"))
		if err != nil || len(files) == 0 {
			f.Fatalf("no configurations in %s: %v", folder, err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Add([]byte("rules: &x [*x]\n"))
	f.Add([]byte("? [presets]\n: &a {*a : *a}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := LoadConfig("c.yaml", src)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "c.yaml:") {
				t.Errorf("error without a position: %v", err)
			}
			return
		}
		for _, r := range c.Rules {
			if _, err := New([]Rule{r}); err != nil && !strings.Contains(err.Error(), "run") {
				t.Errorf("loaded an invalid rule: %v", err)
			}
		}
	})
}

func TestParseRuleFlag(t *testing.T) {
	r, err := ParseRuleFlag("k8s.gcr.io/=registry.k8s.io")
	if want := (Rule{Name: "--rule", From: "k8s.gcr.io", To: "registry.k8s.io"}); err != nil || !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v, %v; want %+v", r, err, want)
	}
	for in, want := range map[string]string{
		"k8s.gcr.io":            "--rule \"k8s.gcr.io\": expected FROM=TO\n  for example: --rule k8s.gcr.io=registry.k8s.io",
		"=registry.k8s.io":      "--rule \"=registry.k8s.io\": expected FROM=TO\n  for example: --rule k8s.gcr.io=registry.k8s.io",
		"":                      "--rule \"\": expected FROM=TO\n  for example: --rule k8s.gcr.io=registry.k8s.io",
		"bitnami=bitnamilegacy": "--rule \"bitnami=bitnamilegacy\": from \"bitnami\" does not start with a registry (a host with a dot or a port, or localhost); expected a prefix such as docker.io/bitnami\n  for example: --rule k8s.gcr.io=registry.k8s.io",
	} {
		if _, err := ParseRuleFlag(in); err == nil || err.Error() != want {
			t.Errorf("ParseRuleFlag(%q):\n%v\nwant\n%s", in, err, want)
		}
	}
}
