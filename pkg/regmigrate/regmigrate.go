// Package regmigrate rewrites the container image references of one file, for programs
// that have files and no repository: editors, bots, controllers.
//
// [Rewrite] decides as the command regmigrate decides about standard input: by the name
// and the content of the file, and by rules. It reads no other file, renders no chart,
// and uses no network. Package rules makes rules.
//
// This package and the functions New, Preset and ParseRuleFlag of package rules follow
// semantic versioning: programs that use them still compile and behave alike with a
// later version of the same major version. A later version may move more references, and
// may add reasons and fields. All other packages of the module may change at any time.
package regmigrate

import (
	"context"
	"fmt"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A Result is a file after its references have moved.
type Result struct {
	// Content is the new content. If no reference moves, it is equal to the old content.
	// The two differ in the references only.
	Content []byte

	// Findings has an entry for each mention of an old name and for each reference that
	// a rule selects, sorted by position.
	Findings []Finding

	// IsUnverified reports that no parser reads the file, so that a person should look
	// at the change.
	IsUnverified bool
}

// A Finding is a mention of an old name, or a reference that a rule selects.
type Finding struct {
	Line, Column int    // 1-based; columns count code points
	Old          string // the whole reference, as written
	New          string // after the move; "" if the reference does not move
	Rule         string // the name of the rule that selects the reference, "" if no rule does

	// Reason is why the reference does not move, such as "comment" or "likely image"; ""
	// if it moves. Note has details, or is empty.
	Reason, Note string

	// IsImplicit reports that the old name is not written in the file: a short name of
	// Docker Hub, or a name that is split across keys.
	IsImplicit bool
}

// Moves reports whether the reference moves.
func (f *Finding) Moves() bool { return f.New != "" && f.Reason == "" }

// Rewrite moves the references in src, the content of the file called name. The name
// selects the format; its folders do, too, such as in .github/workflows/ci.yml. The
// file may exist or not.
//
// The error is about a file that cannot be parsed, or that is larger than a limit: see
// docs/limits.md. Then Result has the old content. Rewrite panics if set is nil.
func Rewrite(name string, src []byte, set *rules.Set) (Result, error) {
	if set == nil {
		panic("regmigrate: Rewrite without rules")
	}
	out := Result{Content: src}
	plan, err := rewrite.PlanText(context.Background(), rewrite.Options{Rules: set}, name, src)
	if err != nil {
		return out, fmt.Errorf("rewriting %q: %w", name, err)
	}
	for i := range plan.Files {
		f := &plan.Files[i]
		if f.Err != nil {
			return out, fmt.Errorf("rewriting %q: %w", name, f.Err)
		}
		out.Content, out.IsUnverified = f.After(), f.Unverified
		for j := range f.Findings {
			out.Findings = append(out.Findings, findingOf(&f.Findings[j]))
		}
	}
	return out, nil
}

func findingOf(x *rewrite.Finding) Finding {
	out := Finding{Line: x.Line, Column: x.Column, Old: x.Old, Rule: x.Rule, Note: x.Note, IsImplicit: x.Implicit}
	if x.Status == rewrite.Rewritten {
		out.New = x.New
	} else {
		out.Reason = string(x.Reason)
	}
	return out
}
