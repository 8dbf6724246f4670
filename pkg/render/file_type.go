package render

import "io/fs"

// IsLink reports whether the file called name of a tree is a symbolic link, and where it leads.
func IsLink(tree fs.FS, name string) (target string, ok bool) {
	target, err := fs.ReadLink(tree, name)
	return target, err == nil
}

// TypeChange describes how the type of a file changed, "" if it is a symbolic link in both
// trees or in none. The file exists in both trees.
func TypeChange(before, after fs.FS, name string) string {
	_, isLinkB := IsLink(before, name)
	_, isLinkA := IsLink(after, name)
	switch {
	case isLinkB == isLinkA:
		return ""
	case isLinkA:
		return "the file is a symbolic link after the change"
	}
	return "the file was a symbolic link before the change"
}
