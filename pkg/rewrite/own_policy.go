package rewrite

import (
	"fmt"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// setOwnPolicy changes the reason of the mentions in policies that regmigrate made: such
// a policy is made again from the rules, and nobody adds names to it by hand. So are the
// rules and the conditions in the manifests of a webhook. If the file was edited, its
// mentions are those of any policy.
func (f *scannedFile) setOwnPolicy() {
	if f.ownPolicy == nil || f.ownPolicy.Edited {
		return
	}
	for i := range f.file.Findings {
		if x := &f.file.Findings[i]; slices.Contains(ruleReasons, x.Reason) {
			x.Reason, x.Note = format.OwnConfig, "regmigrate made this file"
		}
	}
}

// ruleReasons are the reasons of mentions in rules, tables and conditions.
var ruleReasons = []format.Reason{format.Policy, format.Mirror, format.Compared, format.RegistryHost}

// outdatedPolicy returns a finding if f is a policy that regmigrate made from other rules
// than those of today, or if today's rules are not known. The finding is implicit, since
// the file may have no name that a rule moves today.
func (l *ledger) outdatedPolicy(f *scannedFile) []Finding {
	p := f.ownPolicy
	if p == nil || p.Rules == "" || l.policyRules == nil {
		return nil
	}
	x := Finding{Mention: p.Digest, Implicit: true, Old: p.Rules, Reason: format.OutdatedPolicy}
	digest, err := l.policyRules(f.file.Path, *p)
	switch {
	case err != nil:
		x.Note = fmt.Sprintf("the rules of its command are not known: %v", err)
	case digest == p.Rules:
		return nil
	default:
		x.Note = "the digest of the rules is " + digest + " today"
	}
	return []Finding{x}
}
