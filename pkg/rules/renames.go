package rules

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A rename is the new name of an image of the catalogue.
type rename struct {
	tags string // a range of versions; "" for all tags
	to   string // {name} stands for the last component of the old name
	tag  string // as Rule.Tag
}

var renameKeys = []string{"tags", "to", "tag"}

// renames reads the new names of an entry of the catalogue.
func (s yamlReader) renames(n *yaml.Node, name string) ([]rename, error) {
	var out []rename
	err := s.List(n, name, "[{to: registry.k8s.io/coredns/coredns}]", func(_ int, name string, v *yaml.Node) error {
		var r rename
		err := s.Mapping(v, name, renameKeys, func(key, name string, v *yaml.Node) (err error) {
			switch key {
			case "tags":
				r.tags, err = s.Text(v, name, ">=1.8.0")
			case "to":
				r.to, err = s.Text(v, name, "registry.k8s.io/coredns/coredns")
			case "tag":
				r.tag, err = s.Text(v, name, "v{tag}")
			}
			return err
		})
		out = append(out, r)
		return err
	})
	return out, err
}

// Renames returns the rules of the catalogue for images that have another name from some
// tag on, and whose new tags are known. It leaves out the images for which given, the
// other rules of a run, has a rule or a keep entry.
func Renames(given []Rule) ([]Rule, error) {
	x, err := catalogue()
	if err != nil {
		return nil, err
	}
	var out []Rule
	for i := range x.entries {
		for _, r := range x.entries[i].renameRules() {
			p, err := parseRule(r)
			if err != nil {
				return nil, fmt.Errorf("catalogue: %w", err)
			}
			if !slices.ContainsFunc(given, func(g Rule) bool { return g.decidesAbout(p.from) }) {
				out = append(out, p.rule)
			}
		}
	}
	return out, nil
}

// renameRules returns the rules of the entry, without those that would only change a tag.
func (e *catalogueEntry) renameRules() []Rule {
	var out []Rule
	for _, r := range e.renames {
		for _, from := range e.images {
			to := strings.ReplaceAll(r.to, "{name}", from[strings.LastIndexByte(from, '/')+1:])
			if from == to || strings.Contains(from, "*") {
				continue
			}
			out = append(out, Rule{
				Name: "renames", From: from, To: to, IsImage: true, Tags: r.tags, Tag: r.tag, isRename: true,
				Doc: e.advice.Text, Source: e.advice.Source, Date: e.advice.Date,
			})
		}
	}
	return out
}

// decidesAbout reports whether the rule is for the single image p, or keeps it.
func (r Rule) decidesAbout(p prefix) bool {
	if r.IsImage {
		from, err := parseRulePrefix(r.From)
		return err == nil && imageKey(from) == imageKey(p)
	}
	return slices.ContainsFunc(r.Keep, func(text string) bool {
		kept, err := parseRulePrefix(text)
		return err == nil && (p.isAtOrUnder(kept) || imageKey(kept) == imageKey(p))
	})
}
