package kustomize

import (
	"context"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// verifyPart says what is known of a kustomization of which something was not
// built.
func (p *comparison) verifyPart(ctx context.Context, local string) error {
	v := &p.verdict
	built := v.State == render.Proven
	if why := p.omittedChange(); why != "" {
		v.State, v.Reason = render.Failed, why
		return nil
	}
	made, err := p.tryPlaceholder(ctx)
	if err != nil || v.State == render.Failed {
		return err
	}
	if why := p.fieldChange(); why != "" {
		v.State, v.Reason = render.Failed, why
		return nil
	}
	v.State = render.Unproven
	parts := []string{"not built: " + firstOf(v.Omitted)}
	if built && v.Objects == 0 {
		// There is nothing else.
	} else if built {
		parts = append(parts, fmt.Sprintf("in what is here (%s, %s moved) nothing but references changed%s",
			render.Count(v.Objects, "object"), render.Count(v.Moved, "reference"), local))
	} else {
		parts = append(parts, "what is here does not build without it: "+local)
	}
	if made > 0 {
		parts = append(parts, fmt.Sprintf("images would move %d of what comes from there", made))
	}
	v.Reason = strings.Join(parts, "; ")
	return nil
}

// firstOf is the first of list, and how many more there are.
func firstOf(list []string) string {
	if len(list) == 0 {
		return "what is new"
	}
	s := list[0]
	if i := strings.LastIndex(s, " ("); i > 0 {
		s = s[:i] // where it stands is among the details
	}
	if len(list) > 1 {
		s += fmt.Sprintf(" and %d more", len(list)-1)
	}
	return s
}

// omittedChange says what became another of the parts that were not built, ""
// when they are the same but for references.
func (p *comparison) omittedChange() string {
	b, a := p.before.omitted, p.after.omitted
	if len(b) != len(a) {
		return fmt.Sprintf("it takes %s that cannot be built here, where it took %d", render.Count(len(a), "part"), len(b))
	}
	for i := range b {
		if b[i].what != a[i].what && !render.SameLines(b[i].what, a[i].what, p.rewrite) {
			return fmt.Sprintf("%s became %s", b[i].what, a[i].what)
		}
	}
	return ""
}
