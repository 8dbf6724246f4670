package walk

import (
	"cmp"
	"slices"
)

// A Reason says why a file or folder was left out. The list is closed; the
// text of a Reason is what reports show.
type Reason string

// The reasons. The last three are found by who reads the files, not by the
// walk, and Unreadable by both; they stand here so that there is one list.
const (
	Ignored     Reason = "ignored by git"
	Excluded    Reason = "excluded"
	NotIncluded Reason = "not included"
	GitFolder   Reason = "git directory"
	Submodule   Reason = "submodule"
	Vendored    Reason = "vendored"
	Symlink     Reason = "symlink"
	Irregular   Reason = "not a regular file"
	Unreadable  Reason = "unreadable"
	Binary      Reason = "binary"
	TooLarge    Reason = "too large"
	UTF16       Reason = "UTF-16"
)

// Reasons returns all reasons, in the order in which they are documented.
func Reasons() []Reason {
	return []Reason{
		Ignored, Excluded, NotIncluded, GitFolder, Submodule, Vendored,
		Symlink, Irregular, Unreadable, Binary, TooLarge, UTF16,
	}
}

// Doc returns the sentence that explains r to a user, or "" if r is none of
// [Reasons].
func (r Reason) Doc() string {
	switch r {
	case Ignored:
		return "A pattern of git's ignore files matches it and git does not track it; --no-ignore looks at it, and so does naming it."
	case Excluded:
		return "A pattern of --exclude, or of exclude in the configuration, matches it."
	case NotIncluded:
		return "Patterns of --include are given and none matches it."
	case GitFolder:
		return "It is git's own data, not content of the repository."
	case Submodule:
		return "It is a repository of its own, a submodule or a nested one; run there to rewrite it."
	case Vendored:
		return "It is in a vendor or node_modules folder, a copy of somebody else's files that the next update overwrites; --no-ignore looks at it, and so does naming it."
	case Symlink:
		return "It is a symbolic link, which is neither followed nor replaced; what it leads to is looked at where it lies."
	case Irregular:
		return "It is a device, a socket or a pipe, which has no content to rewrite."
	case Unreadable:
		return "The system did not let it be read."
	case Binary:
		return "It has NUL bytes, as no text has."
	case TooLarge:
		return "It is larger than the program reads."
	case UTF16:
		return "It is UTF-16 text, which the program does not edit."
	}
	return ""
}

// A Skip is a file or folder that was left out.
type Skip struct {
	Path   string // as in File; "." for the root itself
	Dir    bool   // whether it is a folder, left out with everything in it
	Reason Reason
	Err    error  // what the system said, for Unreadable
	Detail string // what else a person should know, often empty
}

// sortSkips orders skips by path, then by reason.
func sortSkips(skips []Skip) {
	slices.SortFunc(skips, func(a, b Skip) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason))
	})
}
