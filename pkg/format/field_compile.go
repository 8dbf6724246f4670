package format

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/regmigrate/regmigrate/internal/attributes"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

func (e *tableEntry) compile() (err error) {
	isObject := len(e.APIVersion)+len(e.Kind) > 0
	if len(e.Files) == 0 && !isObject && e.Contains == "" && e.Root == nil {
		return errors.New("no files, contains, root, apiVersion or kind; expected a condition")
	}
	if len(e.Name)+len(e.Labels) > 0 && !isObject {
		return errors.New("name or labels without apiVersion or kind; expected one of them")
	}
	if len(e.Fields)+len(e.Text) == 0 {
		return errors.New("no fields")
	}
	if err := e.compileText(); err != nil {
		return err
	}
	if err := e.compileSyntax(); err != nil {
		return err
	}
	for _, s := range e.Files {
		g, err := walk.ParseGlob(s, "")
		if err != nil {
			return err
		}
		e.globs = append(e.globs, g)
	}
	if e.Contains != "" {
		if e.contains, err = regexp.Compile("(?m)" + e.Contains); err != nil {
			return fmt.Errorf("contains: %w", err)
		}
	}
	for i := range e.Fields {
		f := &e.Fields[i]
		f.object, f.entry = isObject, e
		if err := f.compile(); err != nil {
			return fmt.Errorf("fields[%d]: %w", i, err)
		}
	}
	return nil
}

func (e *tableEntry) compileText() error {
	for _, s := range e.Text {
		x, err := regexp.Compile("(?m)" + s)
		if err == nil && x.NumSubexp() != 1 {
			err = fmt.Errorf("%q has %d groups; expected 1", s, x.NumSubexp())
		}
		if err != nil {
			return fmt.Errorf("text: %w", err)
		}
		e.text = append(e.text, x)
	}
	if (len(e.text) > 0 || e.Syntax != "") && len(e.APIVersion)+len(e.Kind) > 0 {
		return errors.New("text or syntax, and apiVersion or kind; expected one of the two")
	}
	if e.Comments != "" && blankComments[e.Comments] == nil {
		return fmt.Errorf("comments is %q; expected hash or slashes", e.Comments)
	}
	switch e.Scope {
	case "":
	case Scripts.String():
		e.scope = Scripts
	case Code.String():
		e.scope = Code
	default:
		return fmt.Errorf("scope is %q; expected scripts or code", e.Scope)
	}
	return nil
}

func (e *tableEntry) compileSyntax() error {
	if e.Syntax == "" {
		if e.Generic {
			return errors.New("generic without syntax; expected hcl or starlark")
		}
		return nil
	}
	l, known := map[string]attributes.Language{"hcl": attributes.HCL, "starlark": attributes.Starlark}[e.Syntax]
	if !known {
		return fmt.Errorf("syntax is %q; expected hcl or starlark", e.Syntax)
	}
	e.language = &l
	return nil
}

// imageKinds are the kinds by the values of the word image.
var imageKinds = map[string]fieldKind{"true": imageField, "false": noImageField, "unqualified": unqualifiedField}

func (f *tableField) compile() (err error) {
	if f.Path != "" || !f.isSplit() {
		if f.path, err = parseFieldPath(f.Path); err != nil {
			return err
		}
	}
	kinds := 0
	for _, x := range []struct {
		isSet bool
		kind  fieldKind
	}{
		{f.Image != "", imageKinds[f.Image]}, {f.Chart, chartField}, {f.Artifact, artifactField}, {f.Pairs, pairField},
		{f.Feature, featureField}, {f.Keep != "", noImageField}, {f.isSplit(), unknownField},
	} {
		if x.isSet {
			kinds++
			f.kind = x.kind
		}
	}
	switch {
	case f.Image != "" && f.kind == unknownField:
		return fmt.Errorf("image is %q; expected true, false or unqualified", f.Image)
	case f.Keep != "" && f.Keep.Doc() == "":
		return fmt.Errorf("keep is %q; expected a reason, such as %q", f.Keep, Mirror)
	case f.isSplit() && f.Registry == "" && f.Repository == "":
		return errors.New("no registry and no repository; expected the key of one of them")
	}
	if kinds != 1 {
		return errors.New("expected one of image, chart, artifact, pairs, feature, keep, and the keys of a registry and a repository")
	}
	if f.Keys && f.kind != imageField && f.kind != featureField {
		return errors.New("keys without image: true or feature: true")
	}
	return nil
}
