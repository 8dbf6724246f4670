package kustomize

import (
	"context"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// verifyPart completes the verdict for a kustomization with omitted parts. limits
// is the result of verifyLocal.
func (c *comparison) verifyPart(ctx context.Context, limits string) error {
	v := &c.verdict
	proven := v.State == render.Proven
	if why := c.omittedChange(); why != "" {
		v.State, v.Reason = render.Failed, why
		return nil
	}
	moved, err := c.tryPlaceholder(ctx)
	if err != nil || v.State == render.Failed {
		return err
	}
	if why := c.fieldChange(); why != "" {
		v.State, v.Reason = render.Failed, why
		return nil
	}
	v.State = render.Unproven
	reasons := []string{"not built: " + describeOmitted(v.Omitted)}
	if !proven {
		reasons = append(reasons, "the other parts do not build without it: "+limits)
	} else if v.Objects > 0 {
		reasons = append(reasons, fmt.Sprintf("the other parts (%s, %s moved) changed in references only%s",
			render.Count(v.Objects, "object"), render.Count(v.Moved, "reference"), limits))
	}
	if moved > 0 {
		reasons = append(reasons, fmt.Sprintf("entries of images would move %s of the part that was not built", render.Count(moved, "image")))
	}
	v.Reason = strings.Join(reasons, "; ")
	return nil
}

// describeOmitted names the first omitted part without its reason, and counts the
// others.
func describeOmitted(omitted []string) string {
	if len(omitted) == 0 {
		return "a part that is new after the change"
	}
	s := omitted[0]
	if i := strings.LastIndex(s, " ("); i > 0 {
		s = s[:i]
	}
	if len(omitted) > 1 {
		s += fmt.Sprintf(" and %d more", len(omitted)-1)
	}
	return s
}

// omittedChange returns how the omitted parts changed, "" when they changed in
// references only.
func (c *comparison) omittedChange() string {
	b, a := c.before.omitted, c.after.omitted
	if len(b) != len(a) {
		return fmt.Sprintf("%s cannot be built after the change, and %d before", render.Count(len(a), "part"), len(b))
	}
	for i := range b {
		if b[i].what != a[i].what && !render.SameLines(b[i].what, a[i].what, c.rewrite) {
			return fmt.Sprintf("%s became %s", b[i].what, a[i].what)
		}
	}
	return ""
}
