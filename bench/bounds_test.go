package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// An input is a repository with n similar parts, made to be expensive.
type input struct {
	name  string
	n     int // of the smallest repository
	args  []string
	files func(n int) map[string]string
}

// oneFile returns the files of an input that has one.
func oneFile(name string, text func(n int) string) func(n int) map[string]string {
	return func(n int) map[string]string { return map[string]string{name: text(n)} }
}

// repeat returns a text of n parts.
func repeat(before, part, after string) func(n int) string {
	return func(n int) string { return before + strings.Repeat(part, n) + after }
}

var (
	dryRun  = []string{"--dry-run", "--scope", "all", "."}
	verify  = []string{"--dry-run", "--verify", "."}
	oldHub  = []string{"--dry-run", "--scope", "all", "--rule", "docker.io=mirror.example/hub", "."}
	listing = []string{"images", "."}
)

// inputs are the rows of the table. Each is about 1 MB at its largest size, unless its
// name says something else.
var inputs = []input{
	{"short lines of .env", 32_000, dryRun, oneFile("a.env", repeat("I=k8s.gcr.io/a:1\n", "A=b\n", ""))},
	{"short lines of .env, Docker Hub", 32_000, oldHub, oneFile("a.env", repeat("", "A=b/c:1\n", ""))},
	{"variables of .env that use each other", 8_000, dryRun, oneFile("a.env", func(n int) string { return numbered(n, "A%d=k8s.gcr.io/${A}\n") })},
	{"YAML documents", 12_500, dryRun, oneFile("a.yaml", repeat("", "---\nimage: k8s.gcr.io/a:1\n", ""))},
	{"YAML documents without a match", 12_500, dryRun, oneFile("a.yaml", repeat("image: k8s.gcr.io/a:1\n", "---\na: b\n", ""))},
	{"one reference", 1_250_000, dryRun, oneFile("a.yaml", repeat("image: k8s.gcr.io/", "a", ":1\n"))},
	{"one reference of many components", 312_500, dryRun, oneFile("a.yaml", repeat("image: k8s.gcr.io", "/abc", ":1\n"))},
	{"one line", 125_000, dryRun, oneFile("a.txt", repeat("k8s.gcr.io/a:1 ", "a b:c,d ", "\n"))},
	{"nested flow lists", 1_000, dryRun, oneFile("a.yaml", func(n int) string {
		return "a: " + strings.Repeat("[", n) + "k8s.gcr.io/a:1" + strings.Repeat("]", n) + "\n"
	})},
	{"nested mappings", 400, dryRun, oneFile("a.yaml", func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.Repeat(" ", i) + "a:\n")
		}
		return b.String() + strings.Repeat(" ", n) + "image: k8s.gcr.io/a:1\n"
	})},
	{"nested JSON", 5_000, dryRun, oneFile("a.json", func(n int) string {
		return strings.Repeat(`{"a":`, n) + `"k8s.gcr.io/a:1"` + strings.Repeat("}", n)
	})},
	{"aliases of one anchor", 12_500, dryRun, oneFile("a.yaml", func(n int) string {
		return "a: &a {image: k8s.gcr.io/a:1}\n" + numbered(n, "k%d: *a\n")
	})},
	{"aliases of aliases", 8, dryRun, oneFile("a.yaml", func(n int) string {
		var b strings.Builder
		b.WriteString("a0: &a0 [k8s.gcr.io/a:1]\n")
		for i := 1; i < n; i++ {
			fmt.Fprintf(&b, "a%[1]d: &a%[1]d [*a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d]\n", i, i-1)
		}
		return b.String()
	})},
	{"anchors", 12_500, dryRun, oneFile("a.yaml", func(n int) string { return "i: k8s.gcr.io/a:1\n" + numbered(n, "k%[1]d: &a%[1]d x\n") })},
	{"merge keys", 2_000, dryRun, oneFile("a.yaml", func(n int) string {
		return "a0: &a0 {image: k8s.gcr.io/a:1}\n" + numbered(n, "k%[1]d: &k%[1]d {<<: *a0, b%[1]d: 1}\n")
	})},
	{"jobs with one variable", 6_000, oldHub, oneFile(".gitlab-ci.yml", func(n int) string {
		return "variables: {A: 'acme/a:1'}\n" + numbered(n, "j%d: {image: $A}\n")
	})},
	{"jobs with a variable each", 4_000, oldHub, oneFile(".gitlab-ci.yml", func(n int) string {
		return numbered(n, "j%[1]d: {variables: {A: 'acme/a:%[1]d'}, image: $A}\n")
	})},
	{"variables of variables", 3_000, oldHub, oneFile(".gitlab-ci.yml", func(n int) string {
		return numbered(n, "j%[1]d: {variables: {A: $B, B: $C, C: 'acme/a:%[1]d'}, image: $A}\n")
	})},
	{"arguments of builds", 3_000, oldHub, func(n int) map[string]string {
		return map[string]string{"Dockerfile": "ARG A\nFROM $A\n" + strings.Repeat("RUN echo $A\n", n),
			"compose.yaml": "services:\n" + numbered(n, "  s%[1]d: {build: {context: ., args: {A: 'acme/a:%[1]d'}}}\n")}
	}},
	{"arguments of an Earthfile", 6_000, oldHub, oneFile("Earthfile", func(n int) string {
		return "VERSION 0.8\n" + numbered(n, "ARG A%[1]d=acme/a:1\nt%[1]d:\n  FROM $A%[1]d\n")
	})},
	{"environment files of a Compose file", 200, oldHub, func(n int) map[string]string {
		files := map[string]string{"compose.yaml": "services:\n" + numbered(25_000, "  s%d: {image: $A}\n")}
		for i := range n {
			files[fmt.Sprintf("%d.env", i)] = "A=acme/a:1\n" + numbered(50, "B%d=1\n")
		}
		return files
	}},
	{"images in commands of a script", 12_500, oldHub, oneFile("a.sh", func(n int) string { return numbered(n, "docker pull acme/a%d:1\n") })},
	{"open variables in a script", 50_000, oldHub, oneFile("a.sh", repeat("docker run \"", "${", "acme/a:1\"\n"))},
	{"helpers of a chart", 500, oldHub, func(n int) map[string]string {
		return map[string]string{"c/Chart.yaml": chartYAML, "c/values.yaml": "x: {}\n",
			"c/templates/_h.tpl": numbered(n, "{{- define \"h%[1]d\" }}{{ .Values.x.a%[1]d | default \"acme/a%[1]d:1\" }}{{ end }}\n"),
			"c/templates/a.yaml": numbered(n, "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a%[1]d}\nspec: {containers: [{name: a, image: '{{ include \"h%[1]d\" . }}'}]}\n")}
	}},
	{"names that may be stages", 2_000, oldHub, oneFile("Dockerfile", func(n int) string {
		return numbered(n, "FROM acme/a%[1]d:1 AS s%[1]d\nCOPY --from=c%[1]d / /\n")
	})},
	{"replacements of a kustomization", 500, oldHub, func(n int) map[string]string {
		return map[string]string{
			"kustomization.yaml": "resources: [a.yaml]\nconfigMapGenerator:\n- name: g\n  literals:\n" + numbered(n, "  - i%[1]d=acme/a%[1]d:1\n") +
				"replacements:\n" + numbered(n, "- source: {kind: ConfigMap, name: g, fieldPath: data.i%[1]d}\n  targets: [{select: {kind: Pod, name: a%[1]d}, fieldPaths: [spec.containers.0.image]}]\n"),
			"a.yaml": numbered(n, "---\nkind: Pod\nmetadata: {name: a%d}\nspec: {containers: [{image: x}]}\n")}
	}},
	{"mentions", 12_000, dryRun, oneFile("a.txt", repeat("", "k8s.gcr.io/a:1\n", ""))},
	{"mentions in comments", 12_000, dryRun, oneFile("a.yaml", repeat("a: 1\n", "# k8s.gcr.io/a:1\n", ""))},
	{"continued lines of a Dockerfile", 12_500, dryRun, oneFile("Dockerfile", repeat("FROM k8s.gcr.io/a:1\nRUN a \\\n", "  && b \\\n", "  c\n"))},
	{"build arguments of a Dockerfile", 4_000, dryRun, oneFile("Dockerfile", func(n int) string {
		return "ARG A=k8s.gcr.io\n" + numbered(n, "ARG A%d=${A}\n") + "FROM ${A}/a:1\n"
	})},
	{"stages of a Dockerfile", 2_000, dryRun, oneFile("Dockerfile", func(n int) string { return numbered(n, "FROM k8s.gcr.io/a:1 AS s%d\n") })},
	{"blocks of HCL", 12_500, dryRun, oneFile("main.tf", repeat("", "a {\n b = \"k8s.gcr.io/a:1\"\n}\n", ""))},
	{"open blocks of HCL", 25_000, dryRun, oneFile("main.tf", repeat("b = \"k8s.gcr.io/a:1\"\n", "a {\n", ""))},
	{"calls of Starlark", 12_500, dryRun, oneFile("BUILD.bazel", repeat("", "a(b = \"k8s.gcr.io/a:1\")\n", ""))},
	{"open calls of Starlark", 25_000, dryRun, oneFile("BUILD.bazel", repeat("b = \"k8s.gcr.io/a:1\"\n", "a(", ""))},
	{"lines of a script", 12_500, dryRun, oneFile("a.sh", repeat("docker pull k8s.gcr.io/a:1\n", "A=b; $A c\n", ""))},
	{"copies in a script", 4_000, dryRun, oneFile("a.sh", func(n int) string { return numbered(n, "crane copy k8s.gcr.io/a:%[1]d registry.k8s.io/a:%[1]d\n") })},
	{"tables of TOML", 8_000, dryRun, oneFile("a.toml", func(n int) string { return numbered(n, "[a%d]\nimage = \"k8s.gcr.io/a:1\"\n") })},
	{"rows of Markdown", 12_500, dryRun, oneFile("a.md", repeat("", "| `image` | `k8s.gcr.io/a:1` |\n", ""))},
	{"manifests in ConfigMaps", 4_000, dryRun, oneFile("a.yaml", func(n int) string {
		return "apiVersion: v1\nkind: ConfigMap\ndata:\n" + numbered(n, "  a%d: |\n    kind: Pod\n    image: k8s.gcr.io/a:1\n")
	})},
	{"keys of values", 4_000, dryRun, func(n int) map[string]string {
		return map[string]string{"c/Chart.yaml": chartYAML, "c/templates/a.yaml": "{{ range $k, $v := .Values }}\n---\nkind: Pod\nmetadata: {name: {{ $k }}}\nspec: {containers: [{image: \"{{ $v.repository }}:{{ $v.tag }}\"}]}\n{{ end }}\n",
			"c/values.yaml": numbered(n, "a%d: {repository: k8s.gcr.io/a, tag: 1}\n")}
	}},
	{"lines of a template", 4_000, verify, func(n int) map[string]string {
		return map[string]string{"c/Chart.yaml": chartYAML, "c/values.yaml": "a: {repository: k8s.gcr.io/a, tag: 1}\n",
			"c/templates/a.yaml": "kind: Pod\nspec:\n  containers:\n" + strings.Repeat("  - image: \"{{ .Values.a.repository }}:{{ .Values.a.tag }}\"\n", n)}
	}},
	{"values files", 25, verify, func(n int) map[string]string {
		files := map[string]string{"c/Chart.yaml": chartYAML, "c/values.yaml": "a: {repository: k8s.gcr.io/a, tag: 1}\n",
			"c/templates/a.yaml": "kind: Pod\nspec: {containers: [{image: \"{{ .Values.a.repository }}:{{ .Values.a.tag }}\"}]}\n"}
		for i := range n {
			files[fmt.Sprintf("c/values-%d.yaml", i)] = fmt.Sprintf("a: {tag: %d}\n", i)
		}
		return files
	}},
	{"kustomizations in a chain", 50, verify, func(n int) map[string]string {
		files := map[string]string{"k0/a.yaml": podYAML, "k0/kustomization.yaml": "resources: [a.yaml]\n"}
		for i := 1; i < n; i++ {
			files[fmt.Sprintf("k%d/kustomization.yaml", i)] = fmt.Sprintf("resources: [../k%d]\nimages: [{name: k8s.gcr.io/a, newTag: \"%d\"}]\n", i-1, i)
		}
		return files
	}},
	{"overlays of one base", 50, verify, func(n int) map[string]string {
		files := map[string]string{"k0/a.yaml": podYAML, "k0/kustomization.yaml": "resources: [a.yaml]\n"}
		for i := 1; i < n; i++ {
			files[fmt.Sprintf("k%d/kustomization.yaml", i)] = fmt.Sprintf("resources: [../k0]\nimages: [{name: k8s.gcr.io/a, newTag: \"%d\"}]\n", i)
		}
		return files
	}},
	{"images of a kustomization", 2_500, verify, func(n int) map[string]string {
		return map[string]string{"k/a.yaml": podYAML, "k/kustomization.yaml": "resources: [a.yaml]\nimages:\n" + numbered(n, "- {name: k8s.gcr.io/a%d, newTag: \"1\"}\n")}
	}},
	{"equal images of a kustomization", 2_500, verify, func(n int) map[string]string {
		return map[string]string{"k/a.yaml": podYAML, "k/kustomization.yaml": "resources: [a.yaml]\nimages:\n" + numbered(n, "- {name: k8s.gcr.io/a, newTag: \"%d\"}\n")}
	}},
	{"patches of a kustomization", 500, verify, func(n int) map[string]string {
		return map[string]string{"k/a.yaml": podYAML, "k/kustomization.yaml": "resources: [a.yaml]\npatches:\n" +
			numbered(n, "- {target: {kind: Pod}, patch: '[{op: replace, path: /spec/containers/0/image, value: \"k8s.gcr.io/a:%d\"}]'}\n")}
	}},
	{"references in an inventory", 12_500, listing, oneFile("a.yaml", func(n int) string {
		return numbered(n, "---\nkind: Pod\nspec: {containers: [{image: k8s.gcr.io/a:%d}]}\n")
	})},
	{"keys that one jq program addresses", 2_000, dryRun, func(n int) map[string]string {
		return map[string]string{"a.json": "{" + numbered(n, "\"k8s.gcr.io/a%d\": 1,\n") + "\"z\": 1}", "a.sh": numbered(n, "jq '.[\"k8s.gcr.io/a%d\"]' a.json\n")}
	}},
}

const (
	chartYAML = "apiVersion: v2\nname: c\nversion: 1.0.0\n"
	podYAML   = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \"k8s.gcr.io/a:1\"}]}\n"
)

// maxRun is the time after which a run counts as one that does not end.
const maxRun = 2 * time.Minute

// BenchmarkBounds runs the program on each input, whose size is doubled three times,
// and prints CPU time, memory and exit codes. The last two columns are the factors by
// which CPU time and memory grow at the last doubling: 2 for linear growth, 4 for
// quadratic growth. The variable REGMIGRATE_BIN names another program to measure.
func BenchmarkBounds(b *testing.B) {
	bin := os.Getenv("REGMIGRATE_BIN")
	if bin == "" {
		bin = build(b, "../cmd/regmigrate")
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "input\tbytes\tCPU ms ×1\t×2\t×4\t×8\tMB ×1\t×2\t×4\t×8\texit\ttime\tmemory")
	for _, in := range inputs {
		b.Run(in.name, func(b *testing.B) {
			for b.Loop() {
				row(b, w, bin, in)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
	w.Flush()
	fmt.Println(table.String())
}

// row measures an input and writes its row of the table.
func row(b *testing.B, w *tabwriter.Writer, bin string, in input) {
	var times, memory, exits []string
	var runs []usage
	size := 0
	for _, factor := range []int{1, 2, 4, 8} {
		dir := b.TempDir()
		size = 0
		for name, text := range in.files(in.n * factor) {
			size += len(text)
			name = filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
				b.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), maxRun)
		cmd := exec.CommandContext(ctx, bin, in.args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		cmd.Stdout, cmd.Stderr = &bytes.Buffer{}, &bytes.Buffer{}
		err := cmd.Run()
		cancel()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			b.Fatal(err)
		}
		s := cmd.ProcessState
		runs = append(runs, usage{cpu: s.UserTime() + s.SystemTime(), memory: maxRSS(s)})
		times = append(times, fmt.Sprint((s.UserTime() + s.SystemTime()).Milliseconds()))
		memory = append(memory, fmt.Sprint(maxRSS(s)>>20))
		exits = append(exits, fmt.Sprint(s.ExitCode()))
		if ctx.Err() != nil && s.ExitCode() < 0 {
			break // larger inputs do not end either
		}
	}
	n := len(runs) - 1
	for len(times) < 4 {
		times, memory, exits = append(times, ">"), append(memory, ">"), append(exits, ">")
	}
	b.Logf("%s: %d bytes, CPU ms %s, MB %s, exit %s", in.name, size, strings.Join(times, " "), strings.Join(memory, " "), strings.Join(exits, " "))
	fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%.1f\t%.1f\n", in.name, size, strings.Join(times, "\t"), strings.Join(memory, "\t"), strings.Join(exits, " "),
		float64(runs[n].cpu)/float64(runs[max(n-1, 0)].cpu), float64(runs[n].memory)/float64(runs[max(n-1, 0)].memory))
}
