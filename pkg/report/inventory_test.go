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

// listed makes an inventory of objects in YAML.
func listed(t *testing.T, text string) *inventory.Inventory {
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

func writeList(t *testing.T, form string, v *inventory.Inventory, o Options) string {
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
	agree(t, &root, &root, reflect.TypeFor[JSONInventory](), "", used)
	for name := range root.Defs {
		if !used[name] {
			t.Errorf("$defs/%s is used by nothing", name)
		}
	}
	if got := root.Properties["version"].Const; got != float64(inventoryVersion) {
		t.Errorf("the schema is of version %v, want %d", got, inventoryVersion)
	}
	if got := root.Defs["skip"].Properties["reason"].Enum; !slices.Equal(got, readSchema(t).Defs["skip"].Properties["reason"].Enum) {
		t.Errorf("reasons to skip are %q", got)
	}
}

func TestInventorySchemaAgainstAValidator(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import jsonschema").Run() != nil {
		t.Skip("NOT TESTED against a validator: there is no python3 with the module jsonschema")
	}
	text, err := os.ReadFile(inventorySchema)
	if err != nil {
		t.Fatal(err)
	}
	good := writeList(t, "json", listed(t, someObjects), Options{})
	in, err := json.Marshal([]any{json.RawMessage(text), [][2]string{
		{"full", good},
		{"empty", writeList(t, "json", listed(t, ""), Options{})},
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
		t.Errorf("the validator says\n%s", got)
	}
}

// Every use is a row, and what begins like a formula is none.
func TestInventoryCSV(t *testing.T) {
	v := listed(t, someObjects)
	rows, err := csv.NewReader(strings.NewReader(writeList(t, "csv", v, Options{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+4 || !slices.Equal(rows[0], inventoryColumns) {
		t.Errorf("rows %q", rows)
	}
	for text, want := range map[string]string{
		"=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "-": "-", "": "", "a=b": "a=b", "x\xff": `x\xff`,
	} {
		if got := csvCell(text); got != want {
			t.Errorf("cell(%q) = %q, want %q", text, got, want)
		}
	}
}

// A line of the table is no longer than the terminal as long as its first
// word is not.
func TestInventoryTableWidth(t *testing.T) {
	v := listed(t, someObjects)
	wide := writeList(t, "table", v, Options{})
	if !strings.Contains(wide, "coredns:1.8.0             1  -> registry.k8s.io  Pod x/=evil()\n") {
		t.Errorf("without a terminal:\n%s", wide)
	}
	for _, line := range strings.Split(writeList(t, "table", v, Options{Width: 60}), "\n\n")[:3] {
		for _, l := range strings.Split(line, "\n") {
			if length(l) > 60 {
				t.Errorf("%d columns: %s", length(l), l)
			}
		}
	}
	if plain := writeList(t, "plain", v, Options{}); strings.Contains(plain, "{{") || strings.Count(plain, "\n") != 3 {
		t.Errorf("lines for xargs:\n%s", plain)
	}
}

// Nothing of a file reaches a terminal as a control character.
func TestInventoryTableEscapes(t *testing.T) {
	got := writeList(t, "table", listed(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: \"a\\e[31m\", namespace: \"x\\n\"}\nspec: {containers: [{image: nginx}]}\n"), Options{})
	if strings.ContainsAny(got, "\x1b\r") || !strings.Contains(got, `Pod x\n/a\x1b[31m`) {
		t.Errorf("%q", got)
	}
}
