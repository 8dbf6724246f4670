package format

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/regmigrate/regmigrate/internal/attributes"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// compile validates e, whose fields are compiled. Globs of files are relative to the
// folder base. The entry of a table has a condition.
func (e *tableEntry) compile(base string, inTable bool) (err error) {
	isObject := len(e.APIVersion)+len(e.Kind) > 0
	if inTable && len(e.Files) == 0 && !isObject && e.Contains == "" && e.Root == nil {
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
		g, err := walk.ParseGlob(s, base)
		if err != nil {
			return &wordError{"files", err}
		}
		e.globs = append(e.globs, g)
	}
	if e.Contains != "" {
		if e.contains, err = regexp.Compile("(?m)" + e.Contains); err != nil {
			return &wordError{"contains", err}
		}
	}
	for i := range e.Fields {
		f := &e.Fields[i]
		f.object, f.entry = isObject, e
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
			return &wordError{"text", err}
		}
		e.text = append(e.text, x)
	}
	if (len(e.text) > 0 || e.Syntax != "") && len(e.APIVersion)+len(e.Kind) > 0 {
		return errors.New("text or syntax, and apiVersion or kind; expected one of the two")
	}
	if e.Comments != "" && blankComments[e.Comments] == nil {
		return &wordError{"comments", fmt.Errorf("%q is unknown; expected hash, slashes or jsonnet", e.Comments)}
	}
	switch e.Scope {
	case "":
	case Scripts.String():
		e.scope = Scripts
	case Code.String():
		e.scope = Code
	default:
		return &wordError{"scope", fmt.Errorf("%q is unknown; expected scripts or code", e.Scope)}
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
		return &wordError{"syntax", fmt.Errorf("%q is unknown; expected hcl or starlark", e.Syntax)}
	}
	e.language = &l
	return nil
}

// imageKinds are the kinds by the values of the word image.
var imageKinds = map[imageWord]fieldKind{"true": imageField, "false": noImageField, "unqualified": unqualifiedField}

func (f *tableField) compile() (err error) {
	if f.Path != "" {
		if f.path, err = parseFieldPath(f.Path); err != nil {
			return &wordError{"path", err}
		}
	}
	var kinds []string
	for _, x := range []struct {
		isSet bool
		kind  fieldKind
		word  string
	}{
		{f.Image != "", imageKinds[f.Image], "image"}, {f.Chart, chartField, "chart"}, {f.Artifact, artifactField, "artifact"}, {f.Pairs, pairField, "pairs"},
		{f.Feature, featureField, "feature"}, {f.Keep != "", noImageField, "keep"}, {f.isSplit(), unknownField, "keys of a reference"},
	} {
		if x.isSet {
			kinds = append(kinds, x.word)
			f.kind = x.kind
		}
	}
	switch {
	case len(kinds) == 0:
		return errors.New("no image; expected, for example, {path: spec.image, image: true}, or one of chart, artifact, pairs, feature, keep, and the keys of a registry and a repository")
	case len(kinds) > 1:
		return fmt.Errorf("%s and %s; expected one of the two", kinds[0], kinds[1])
	case f.Path == "" && !f.isSplit():
		return errors.New("no path; expected the path of the value, for example {path: spec.image, image: true}")
	case f.Keep != "" && f.Keep.Doc() == "":
		return &wordError{"keep", fmt.Errorf("%q is unknown; expected a reason, such as %q", f.Keep, Mirror)}
	case f.isSplit() && f.Repository == "" && (f.Registry == "" || f.Path == ""):
		return errors.New("no repository; expected the key that holds the path of an image, for example {registry: imageHub, repository: imagePath}")
	}
	if f.Keys && f.kind != imageField && f.kind != featureField {
		return errors.New("keys without image: true or feature: true; expected one of the two, which says what the keys are")
	}
	return nil
}
