package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// inventoryVersion is the version of the JSON inventory. It changes when
// existing properties change; new properties do not change it.
const inventoryVersion = 1

// A JSONInventory is an inventory in JSON. schema/inventory.schema.json
// describes its properties; a test compares the two. Lists, strings and
// positions are as in a JSONReport.
type JSONInventory struct {
	Version    int                 `json:"version"`
	Program    string              `json:"program,omitempty"`
	Source     *JSONSource         `json:"source,omitempty"`
	Digest     string              `json:"rulesDigest,omitempty"` // of the rules; equal digests decide alike
	Rules      []JSONRule          `json:"rules,omitempty"`
	Owners     map[string][]string `json:"owners,omitempty"` // of files, by CODEOWNERS
	Counts     JSONInventoryCounts `json:"counts"`
	Images     []JSONImage         `json:"images"`
	Skipped    []JSONSkip          `json:"skipped"`
	Failures   []JSONFailure       `json:"failures"`
	Unrendered []JSONFailure       `json:"unrendered"`
}

// JSONInventoryCounts are the sums of the listed images, and of what was
// scanned.
type JSONInventoryCounts struct {
	Images            int `json:"images"`
	Uses              int `json:"uses"`
	Registries        int `json:"registries"`
	Moving            int `json:"moving"`
	MovingUses        int `json:"movingUses"`
	FilesScanned      int `json:"filesScanned"`
	ObjectsScanned    int `json:"objectsScanned"`
	RenderingsScanned int `json:"renderingsScanned"`
	Unresolved        int `json:"unresolved"` // references that are not listed
}

// A JSONImage is one reference and its uses.
type JSONImage struct {
	Reference   string            `json:"reference"`
	Registry    string            `json:"registry"`         // the host that a client queries
	Repository  string            `json:"repository"`       // the path that a client requests
	Domain      string            `json:"domain,omitempty"` // the host as written
	Path        string            `json:"path"`             // the path as written
	Tag         string            `json:"tag,omitempty"`
	Digest      string            `json:"digest,omitempty"`
	Kind        string            `json:"kind"`               // a format.Kind
	IsSource    bool              `json:"isSource,omitempty"` // a registry of charts, not one chart
	New         string            `json:"new,omitempty"`
	Rule        string            `json:"rule,omitempty"`
	Keep        string            `json:"keep,omitempty"` // the entry of the rule that excludes the image
	HasVariable bool              `json:"hasVariable,omitempty"`
	Advice      []CatalogueAdvice `json:"advice,omitempty"`
	Uses        []JSONUse         `json:"uses"`
}

// A JSONUse is a place that names an image.
type JSONUse struct {
	Origin        string `json:"origin"` // an inventory.Origin
	Path          string `json:"path"`
	Line          int    `json:"line,omitempty"`
	Column        int    `json:"column,omitempty"`
	Field         string `json:"field,omitempty"`
	Object        string `json:"object,omitempty"`
	Likely        bool   `json:"likely,omitempty"` // not certainly an image
	RunningDigest string `json:"runningDigest,omitempty"`
}

// A JSONFailure is an input that may have references that are not listed.
type JSONFailure struct {
	Path  string `json:"path"`
	Error string `json:"error"`
	Limit bool   `json:"limit,omitempty"` // a limit that depends on the machine ended a rendering
}

func writeInventoryJSON(w io.Writer, v *inventory.Inventory, images []inventory.Image, o Options) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(jsonInventory(v, images, o)); err != nil {
		return fmt.Errorf("writing the inventory as JSON: %w", err)
	}
	return nil
}

func jsonInventory(v *inventory.Inventory, images []inventory.Image, o Options) JSONInventory {
	out := JSONInventory{
		Version: inventoryVersion, Program: o.Version, Source: jsonSource(o.Source), Owners: map[string][]string{},
		Counts: JSONInventoryCounts{Images: len(images), FilesScanned: v.ScannedFiles, ObjectsScanned: v.ScannedObjects, RenderingsScanned: v.ScannedRenderings, Unresolved: v.Unresolved},
		Images: []JSONImage{}, Skipped: []JSONSkip{},
		Failures: jsonFailures(v.Failures), Unrendered: jsonFailures(v.Unrendered),
	}
	out.Digest, out.Rules = jsonRules(o.RuleSet)
	registries := map[string]bool{}
	for i := range images {
		m := &images[i]
		registries[m.Registry] = true
		out.Counts.Uses += len(m.Uses)
		if m.New != "" {
			out.Counts.Moving++
			out.Counts.MovingUses += len(m.Uses)
		}
		j := jsonImage(m)
		for _, u := range m.Uses {
			if path := utf8Text(u.Path); u.Origin == inventory.InFile && out.Owners[path] == nil {
				if owners := o.owners(u.Path); owners != nil {
					out.Owners[path] = utf8Texts(owners)
				}
			}
			j.Uses = append(j.Uses, JSONUse{u.Origin.String(), utf8Text(u.Path), u.Line, u.Column, utf8Text(u.Field), utf8Text(u.Object), u.IsLikely, utf8Text(u.RunningDigest)})
		}
		out.Images = append(out.Images, j)
	}
	out.Counts.Registries = len(registries)
	for _, x := range v.Skipped {
		out.Skipped = append(out.Skipped, jsonSkip(x))
	}
	return out
}

// jsonImage returns the JSON of an image without its uses.
func jsonImage(m *inventory.Image) JSONImage {
	out := JSONImage{
		Reference: utf8Text(m.Ref), Registry: m.Registry, Repository: utf8Text(m.Repository), Domain: m.Domain, Path: utf8Text(m.Path),
		Tag: utf8Text(m.Tag), Digest: utf8Text(m.Digest), Kind: m.Kind.String(), IsSource: m.IsSource, New: utf8Text(m.New), Rule: utf8Text(m.Rule), Keep: m.Keep, HasVariable: m.HasVariable, Uses: []JSONUse{},
	}
	for _, a := range m.Advice {
		out.Advice = append(out.Advice, CatalogueAdvice{a.Text, a.Source, a.Date})
	}
	return out
}

func jsonFailures(of []inventory.Failure) []JSONFailure {
	out := []JSONFailure{}
	for _, f := range of {
		out = append(out, JSONFailure{utf8Text(f.Path), utf8Text(f.Err.Error()), render.IsBackstop(f.Err)})
	}
	return out
}
