package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/pkg/fleet"
)

func TestFleetSchemasAndStructsAgree(t *testing.T) {
	for file, typ := range map[string]reflect.Type{"merged": reflect.TypeFor[fleet.State](), "failure": reflect.TypeFor[fleet.FailedRun]()} {
		text, err := os.ReadFile("../../schema/" + file + ".schema.json")
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
		compareSchema(t, &root, &root, typ, "", used)
		for name := range root.Defs {
			if !used[name] {
				t.Errorf("%s: $defs/%s is unused", file, name)
			}
		}
	}
}

const hostileReport = `{"version":1,"source":{"repository":"h/o/=1<script>alert(1)</script>","commit":"c","time":"2026-02-01T00:00:00Z"},"rulesDigest":"sha256:a","rules":[{"from":"k8s.gcr.io","to":"registry.k8s.io"}],
"files":[{"path":"a","owners":["=cmd()"],"findings":[{"status":"rewritten","old":"k8s.gcr.io/a"}]}],"proofs":[]}
{"version":1,"kind":"failure","repository":"h/o/x","reason":"\u001b[31m<img src=x>"}
{"version":1,"action":"opened","repository":"o/=1<script>alert(1)</script>","number":1,"url":"javascript:alert(1)","branch":"b"}`

// No text of a report is HTML, a formula, or a control sequence of a terminal.
func TestFleetHostile(t *testing.T) {
	var m fleet.Merger
	m.Read(strings.NewReader(hostileReport), "a.json")
	s := m.State(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), "v1")
	out := map[string]string{}
	for _, w := range fleetWriters {
		var b bytes.Buffer
		if err := w.Write(&b, s, FleetOptions{Options: Options{Verbose: true}, History: []fleet.Point{{Time: time.Unix(0, 0)}, s.NewPoint()}}); err != nil {
			t.Fatal(err)
		}
		out[w.Name] = b.String()
	}
	for _, link := range regexp.MustCompile(`href="?([^"> ]*)`).FindAllStringSubmatch(out["html"], -1) {
		if !strings.HasPrefix(link[1], "#") && !strings.HasPrefix(link[1], "https://") {
			t.Errorf("the page has a link to %s", link[1])
		}
	}
	for _, bad := range []string{"<script>", "<img"} {
		if strings.Contains(out["html"], bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	if !strings.Contains(out["html"], "<polyline") || !strings.Contains(out["html"], "1 reference left in 2 repositories") {
		t.Errorf("got page\n%s", out["html"])
	}
	if strings.Contains(out["text"], "\x1b") {
		t.Errorf("got text %q", out["text"])
	}
	rows, err := csv.NewReader(strings.NewReader(out["csv"])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("the cell %q is a formula", cell)
			}
		}
	}
}

// The page links what was done with a pull request, and separates thousands.
func TestFleetPageRows(t *testing.T) {
	var m fleet.Merger
	m.Read(strings.NewReader(`{"version":1,"action":"opened","repository":"acme/shop","number":3,"url":"https://h/pull/3","branch":"b","files":1,"rewritten":1234,"notChanged":0}`), "a.json")
	var b bytes.Buffer
	if err := writeFleetHTML(&b, m.State(time.Unix(0, 0), "v1"), FleetOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<td>acme/shop</td><td class="n bad" data-name="left">1,234</td>`, `<td class="dim"><a href="https://h/pull/3">pull request opened</a></td>`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is not in\n%s", want, b.String())
		}
	}
}
