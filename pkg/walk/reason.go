package walk

import (
	"cmp"
	"slices"
)

// A Reason says why a file or folder was skipped. Reports show its text.
type Reason string

// All reasons. The walk does not return the last three: the caller that reads
// the files sets them. The walk and the caller both set Unreadable.
const (
	Ignored     Reason = "ignored by git"
	Excluded    Reason = "excluded"
	NotIncluded Reason = "not included"
	GitFolder   Reason = "git directory"
	Submodule   Reason = "submodule"
	Vendored    Reason = "vendored"
	Symlink     Reason = "symlink"
	Irregular   Reason = "not a regular file"
	Temporary   Reason = "temporary file of regmigrate"
	Unreadable  Reason = "unreadable"
	Binary      Reason = "binary"
	TooLarge    Reason = "too large"
	UTF16       Reason = "UTF-16"
)

// Reasons returns all reasons, in the order of the documentation.
func Reasons() []Reason {
	return []Reason{
		Ignored, Excluded, NotIncluded, GitFolder, Submodule, Vendored,
		Symlink, Irregular, Temporary, Unreadable, Binary, TooLarge, UTF16,
	}
}

// Doc returns the sentence that explains r to a user, or "" if r is not one of
// [Reasons].
func (r Reason) Doc() string {
	switch r {
	case Ignored:
		return "Git's ignore files exclude it, and git does not track it. To scan it, name its path or use --no-ignore."
	case Excluded:
		return "It matches a pattern of --exclude, or of exclude in the configuration."
	case NotIncluded:
		return "It matches no pattern of --include."
	case GitFolder:
		return "It holds git's own data, not content of the repository."
	case Submodule:
		return "It is a submodule or a nested repository. To rewrite it, run regmigrate in it."
	case Vendored:
		return "It is in a vendor or node_modules folder, which holds copies of files of other projects; the next update overwrites them. Files that git tracks there are searched. To rewrite them, name its path or use --no-ignore."
	case Symlink:
		return "It is a symbolic link, which is neither followed nor replaced. If its target is in the repository, the target is scanned itself."
	case Irregular:
		return "It is a device, a socket or a pipe, which has no content to rewrite."
	case Temporary:
		return "A run that was killed left it, or a run that is not finished uses it. The next run that writes files deletes it, unless a run uses it."
	case Unreadable:
		return "The system returned an error when it was read."
	case Binary:
		return "It contains NUL bytes, so it is not text."
	case TooLarge:
		return "It exceeds the size limit."
	case UTF16:
		return "It is UTF-16 text, which regmigrate does not edit."
	}
	return ""
}

// A Skip is a file or folder that was skipped.
type Skip struct {
	Path   string // as in File; "." for the root itself
	Dir    bool   // it is a folder, skipped with everything in it
	Reason Reason
	Err    error  // the system's error, for Unreadable
	Detail string // more about the reason, for a report; often empty
}

// sortSkips orders skips by path, then by reason.
func sortSkips(skips []Skip) {
	slices.SortFunc(skips, func(a, b Skip) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason))
	})
}
