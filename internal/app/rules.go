package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// loadRules loads the rules that are active in the current folder.
func loadRules(ctx context.Context, s session.Streams, f *session.Flags) (*session.Session, bool, error) {
	asJSON := f.Output == "json"
	if f.Output != "json" && f.Output != "text" {
		return nil, false, fmt.Errorf("--output: unknown format %q; known are text, json", f.Output)
	}
	f.Output = "" // session.New accepts formats of the root command only
	imageset.FindRegistries(ctx, f, session.NewProgress(s.Err, f.Quiet))
	set, err := session.New(f, nil, nil)
	return set, asJSON, err
}

// ShowRules runs the command rules.
func ShowRules(ctx context.Context, s session.Streams, f *session.Flags, presets bool) error {
	set, asJSON, err := loadRules(ctx, s, f)
	if err != nil {
		return err
	}
	o := report.Options{Color: session.UseColor(f.Color, s.Out), Width: session.Columns(s.Out), Presets: set.Presets}
	if presets {
		err = report.WritePresets(s.Out, presetViews(), asJSON, o)
	} else {
		err = report.WriteRules(s.Out, ruleViews(set.Rewrite.Rules), asJSON, o)
	}
	if err != nil {
		return session.Failed(fmt.Errorf("writing to standard output: %w", err))
	}
	return nil
}

// ruleViews converts the rules of a set to the type of package report.
func ruleViews(set *rules.Set) []report.Rule {
	var out []report.Rule
	for _, r := range set.Rules() {
		out = append(out, report.Rule{Name: r.Name, From: r.From, To: r.To, Keep: r.Keep, Image: r.IsImage, Tags: r.Tags, OldTag: r.OldTag, Tag: r.Tag, Doc: r.Doc, Source: r.Source, Date: r.Date})
	}
	return out
}

func presetViews() []report.Preset {
	var out []report.Preset
	for _, p := range rules.Presets() {
		out = append(out, report.Preset{Name: p.Name, Doc: p.Doc, Source: p.Source, Argument: p.Argument})
	}
	return out
}

// TestRules runs the command rules test.
func TestRules(ctx context.Context, s session.Streams, f *session.Flags, check bool, args []string) error {
	set, asJSON, err := loadRules(ctx, s, f)
	if err != nil {
		return err
	}
	if len(args) == 1 && args[0] == "-" {
		if args, err = readLines(ctx, s.In); err != nil {
			return session.Failed(fmt.Errorf("reading standard input: %w", err))
		}
	}
	if err := addMirrorOf(set, args); err != nil {
		return err
	}
	var out []report.RuleTest
	moves := false
	for _, text := range args {
		t, err := testReference(set.Rewrite.Rules, text)
		if err != nil {
			return err
		}
		moves = moves || t.New != ""
		out = append(out, t)
	}
	o := report.Options{Color: session.UseColor(f.Color, s.Out), Width: session.Columns(s.Out)}
	if err := report.WriteRuleTests(s.Out, out, asJSON, o); err != nil {
		return session.Failed(fmt.Errorf("writing to standard output: %w", err))
	}
	if check && moves {
		return session.Left(nil)
	}
	return nil
}

// addMirrorOf adds the rules of the mirror for the registries of references.
func addMirrorOf(set *session.Session, refs []string) error {
	return set.UseMirror(func(*session.Session) ([]session.FoundRegistry, error) {
		var out []session.FoundRegistry
		for _, text := range refs {
			ref, _ := image.TrimTransport(text)
			if r, err := image.Parse(ref); err == nil {
				host, _ := image.Normalize(r.Domain, r.Path)
				out = append(out, session.FoundRegistry{Host: host, References: 1, Place: text})
			}
		}
		return out, nil
	})
}

// testReference applies the rules to a reference, and looks it up in the catalogue.
func testReference(set *rules.Set, text string) (report.RuleTest, error) {
	ref, _ := image.TrimTransport(text)
	isURL := strings.HasPrefix(ref, "https://")
	if _, err := image.Parse(ref); err != nil && !isURL {
		return report.RuleTest{}, fmt.Errorf("rules test %q: expected an image reference\n  for example: k8s.gcr.io/pause:3.9", text)
	}
	t := report.RuleTest{Ref: text}
	kind := rules.ShortForm
	switch {
	case isURL:
		kind = rules.ChartRepository
	case image.IsHost(ref) && strings.Contains(ref, "."):
		kind = rules.Registry
	}
	if m, ok := set.Match(ref, kind); ok {
		if r := m.Rule; r != nil {
			t.Rule, t.From, t.To = r.Name, r.From, r.To
		}
		t.IsTag = m.Tag != rules.TagAllows
		if t.Keep = m.Keep; t.Keep == "" {
			t.New = text[:len(text)-len(ref)] + m.New + ref[m.Len:]
		}
	}
	for _, a := range rules.Advise(ref, strings.TrimPrefix(t.New, text[:len(text)-len(ref)])) {
		t.Advice = append(t.Advice, report.CatalogueAdvice{Text: a.Text, Source: a.Source, Date: a.Date})
	}
	return t, nil
}

// readLines returns the lines of r that are not empty, without surrounding spaces.
func readLines(ctx context.Context, r io.Reader) ([]string, error) {
	var out []string
	scan := bufio.NewScanner(r)
	for scan.Scan() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if line := strings.TrimSpace(scan.Text()); line != "" {
			out = append(out, line)
		}
	}
	return out, scan.Err()
}
