package format

import (
	"fmt"
	"strings"
)

// A Scope is a kind of text. A run rewrites the scopes that the user selects.
type Scope uint8

// The scopes. Each place in a repository belongs to one.
const (
	Manifests Scope = iota // fields of structured files
	Comments               // comments in structured files
	Docs                   // Markdown and other prose, descriptions included
	Scripts                // shell, Make, Terraform and the like
	Code                   // any other text
)

var scopeNames = [...]string{"manifests", "comments", "docs", "scripts", "code"}

func (s Scope) String() string { return scopeNames[s] }

// supported are the scopes that a user can select.
var supported = []Scope{Manifests, Comments, Docs, Scripts, Code}

// A Scopes is a set of scopes.
type Scopes uint8

// Has reports whether s is in the set.
func (set Scopes) Has(s Scope) bool { return set&(1<<s) != 0 }

// ParseScopes returns the scopes with the given names; `all` selects every
// scope. Without names it returns Manifests.
func ParseScopes(names []string) (Scopes, error) {
	var set Scopes
	for _, name := range names {
		found := false
		for _, s := range supported {
			if name == "all" || name == s.String() {
				set |= 1 << s
				found = true
			}
		}
		if !found {
			return 0, fmt.Errorf("unknown scope %q; known are %s, all", name, strings.Join(ScopeNames(), ", "))
		}
	}
	if set == 0 {
		set = 1 << Manifests
	}
	return set, nil
}

// ScopeNames returns the names of the scopes that a user can select.
func ScopeNames() []string {
	var out []string
	for _, s := range supported {
		out = append(out, s.String())
	}
	return out
}
