package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

var inventorySchema = filepath.Join("..", "..", "schema", "inventory.schema.json")

// inventoryOf returns the inventory of objects in YAML.
func inventoryOf(t *testing.T, text string) *inventory.Inventory {
	t.Helper()
	list, err := rules.Preset("k8s")
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	v := inventory.New(inventory.Options{Rules: set})
	if err := v.AddObjects(context.Background(), strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return v
}

const someObjects = `apiVersion: v1
kind: Pod
metadata: {name: "=evil()", namespace: x}
spec:
  containers:
  - {name: a, image: nginx}
  - {name: b, image: "k8s.gcr.io/coredns:1.8.0"}
  - {name: c, image: "quay.io/x/y@sha256:5516d103a9c2ecc4f026efbd4b40662ce22dc1f824fb129ed121460aaa5c47f8"}
  - {name: d, image: "quay.io/x/{{ .Name }}:1"}
status: {containerStatuses: [{name: a, imageID: "docker.io/library/nginx@sha256:5516d103a9c2ecc4f026efbd4b40662ce22dc1f824fb129ed121460aaa5c47f8"}]}
`

func writeInventory(t *testing.T, form string, v *inventory.Inventory, o Options) string {
	t.Helper()
	w, err := FindInventory(form)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := w.Write(&b, v, v.Images(), o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestInventorySchemaAndStructsAgree(t *testing.T) {
	text, err := os.ReadFile(inventorySchema)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var root schema
	if err := d.Decode(&root); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	compareSchema(t, &root, &root, reflect.TypeFor[JSONInventory](), "", used)
	for name := range root.Defs {
		if !used[name] {
			t.Errorf("$defs/%s is unused", name)
		}
	}
	if got := root.Properties["version"].Const; got != float64(inventoryVersion) {
		t.Errorf("got version %v, want %d", got, inventoryVersion)
	}
	if got := root.Defs["skip"].Properties["reason"].Enum; !slices.Equal(got, readSchema(t).Defs["skip"].Properties["reason"].Enum) {
		t.Errorf("got reasons to skip %q, want those of the report", got)
	}
}

func TestInventorySchemaValidator(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import jsonschema").Run() != nil {
		t.Skip("NOT TESTED with a validator: python3 or its module jsonschema not found")
	}
	text, err := os.ReadFile(inventorySchema)
	if err != nil {
		t.Fatal(err)
	}
	good := writeInventory(t, "json", inventoryOf(t, someObjects), Options{})
	in, err := json.Marshal([]any{json.RawMessage(text), [][2]string{
		{"full", good},
		{"empty", writeInventory(t, "json", inventoryOf(t, ""), Options{})},
		{"wrong word", strings.Replace(good, `"origin": "object"`, `"origin": "x"`, 1)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", validate)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := strings.TrimSpace(string(out)); !strings.HasPrefix(got, "wrong word ") || strings.Contains(got, "\n") {
		t.Errorf("got output of the validator\n%s", got)
	}
}

// Every use is a row, and no cell is a formula.
func TestInventoryCSV(t *testing.T) {
	v := inventoryOf(t, someObjects)
	rows, err := csv.NewReader(strings.NewReader(writeInventory(t, "csv", v, Options{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+4 || !slices.Equal(rows[0], inventoryColumns) {
		t.Errorf("got rows %q", rows)
	}
	for text, want := range map[string]string{
		"=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "-": "-", "": "", "a=b": "a=b", "x\xff": `x\xff`,
	} {
		if got := csvCell(text); got != want {
			t.Errorf("csvCell(%q) = %q, want %q", text, got, want)
		}
	}
}

// A line of the table fits the width if its first word does.
func TestInventoryTableWidth(t *testing.T) {
	v := inventoryOf(t, someObjects)
	wide := writeInventory(t, "table", v, Options{})
	if !strings.Contains(wide, "coredns:1.8.0             1  -> registry.k8s.io  Pod x/=evil()\n") {
		t.Errorf("got without a width:\n%s", wide)
	}
	for _, line := range strings.Split(writeInventory(t, "table", v, Options{Width: 60}), "\n\n")[:3] {
		for _, l := range strings.Split(line, "\n") {
			if length(l) > 60 {
				t.Errorf("got %d columns, want at most 60: %s", length(l), l)
			}
		}
	}
	if plain := writeInventory(t, "plain", v, Options{}); strings.Contains(plain, "{{") || strings.Count(plain, "\n") != 3 {
		t.Errorf("got plain output:\n%s", plain)
	}
}

// The table contains no control character of an input.
func TestInventoryTableEscapes(t *testing.T) {
	got := writeInventory(t, "table", inventoryOf(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: \"a\\e[31m\", namespace: \"x\\n\"}\nspec: {containers: [{image: nginx}]}\n"), Options{})
	if strings.ContainsAny(got, "\x1b\r") || !strings.Contains(got, `Pod x\n/a\x1b[31m`) {
		t.Errorf("got %q", got)
	}
}
