package render

import (
	"context"
	"fmt"
	"strings"
)

// partly says what is known of a kustomization of which something was not
// built.
func (p *towers) partly(ctx context.Context, local string) error {
	v := &p.v
	built := v.State == Proven
	if why := p.otherParts(); why != "" {
		v.State, v.Reason = Failed, why
		return nil
	}
	made, err := p.madeUp(ctx)
	if err != nil || v.State == Failed {
		return err
	}
	if why := p.otherFields(); why != "" {
		v.State, v.Reason = Failed, why
		return nil
	}
	v.State = Unproven
	parts := []string{"not built: " + first(v.NotBuilt)}
	if built && v.Objects == 0 {
		// There is nothing else.
	} else if built {
		parts = append(parts, fmt.Sprintf("in what is here (%s, %s moved) nothing but references changed%s",
			count(v.Objects, "object"), count(v.Moved, "reference"), local))
	} else {
		parts = append(parts, "what is here does not build without it: "+local)
	}
	if made > 0 {
		parts = append(parts, fmt.Sprintf("images would move %d of what comes from there", made))
	}
	v.Reason = strings.Join(parts, "; ")
	return nil
}

// first is the first of list, and how many more there are.
func first(list []string) string {
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

// otherParts says what became another of the parts that were not built, ""
// when they are the same but for references.
func (p *towers) otherParts() string {
	b, a := p.before.unbuilt, p.after.unbuilt
	if len(b) != len(a) {
		return fmt.Sprintf("it takes %s that cannot be built here, where it took %d", count(len(a), "part"), len(b))
	}
	for i := range b {
		if b[i].what != a[i].what && sameWords(b[i].what, a[i].what, p.move) != "" {
			return fmt.Sprintf("%s became %s", b[i].what, a[i].what)
		}
	}
	return ""
}
