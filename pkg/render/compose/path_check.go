package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// The library reads the files that a project includes or extends by their paths. The
// copies of the files of the repository are so many folders below the temporary folder
// that a relative path with at most maxUps steps upward cannot leave it, also from a
// folder that project_directory selects; nothing else is in these folders. An absolute
// path, or one with more steps, is refused before it is read.
const (
	depth      = 64
	maxUps     = 16 // of a path
	maxUpsBase = 32 // of all values of project_directory together
)

// An outsideError says that a project needs something that is not in the repository.
type outsideError struct{ path string }

func (e *outsideError) Error() string {
	if isRemote(e.path) {
		return fmt.Sprintf("it needs %q, and nothing is fetched", e.path)
	}
	return fmt.Sprintf("it needs %q, and files outside of the repository are not read", e.path)
}

var remoteRE = regexp.MustCompile(`^(?:[a-z][a-z0-9+.-]*://|git@|oci:|github\.com/)|\.git(?:#|$)`)

func isRemote(path string) bool { return remoteRE.MatchString(path) }

// isInside reports whether path, of a file that a project names, is relative and takes
// few steps upward.
func isInside(path string) bool {
	if path == "" || filepath.IsAbs(path) || strings.HasPrefix(path, "/") || strings.HasPrefix(path, "~") || strings.ContainsAny(path, "\x00:\\") || isRemote(path) {
		return false
	}
	return ups(path) <= maxUps
}

// ups returns the number of steps upward in path.
func ups(path string) int {
	n := 0
	for element := range strings.SplitSeq(path, "/") {
		if element == ".." {
			n++
		}
	}
	return n
}

// checkEvent is a loader.Listener. The library calls it with each file that a project
// includes or extends, with the values of variables, before it reads the file. It panics
// with an *outsideError if the path is not inside.
func checkEvent(event string, data map[string]any) {
	var named []string
	switch event {
	case "include":
		named, _ = data["path"].(types.StringList)
	case "extends":
		if file, ok := data["file"].(string); ok {
			named = []string{file}
		}
	}
	for _, path := range named {
		if !isInside(path) {
			panic(&outsideError{path})
		}
	}
}

// checkFiles checks what the library reads without asking: env_file and
// project_directory of include. They must be inside, without variables.
func (x *loading) checkFiles() error {
	total := 0
	for name, src := range x.Files {
		if !format.HasYAMLName(name) && !slices.Contains(x.Main, name) || !strings.Contains(string(src), "include") {
			continue
		}
		file, err := syntax.ParseYAML(src, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, doc := range file.Docs {
			if doc.Root == nil {
				continue
			}
			n, err := checkInclude(doc.Root)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			total += n
		}
	}
	if total > maxUpsBase {
		return errors.New("project_directory of include leads upward too often")
	}
	return nil
}

// checkInclude checks the element include of the document at root. It returns the number
// of steps upward in values of project_directory.
func checkInclude(root *syntax.Node) (total int, err error) {
	if root.Resolve().Field("<<") != nil {
		return 0, errors.New("a merge key at the top is not supported")
	}
	include := root.Resolve().Field("include").Resolve()
	if include == nil || include.Kind != syntax.Sequence {
		return 0, nil
	}
	for _, item := range include.Children {
		item = item.Resolve()
		if item.Field("<<") != nil {
			return 0, errors.New("a merge key in include is not supported")
		}
		for _, key := range []string{"env_file", "project_directory"} {
			for _, value := range scalars(item.Field(key)) {
				if value == "/dev/null" {
					continue
				}
				if strings.Contains(value, "$") || !isInside(value) {
					return 0, &outsideError{value}
				}
				if key == "project_directory" {
					total += ups(value)
				}
			}
		}
	}
	return total, nil
}

// scalars returns the values of n, a scalar or a sequence of scalars.
func scalars(n *syntax.Node) []string {
	n = n.Resolve()
	switch {
	case n == nil:
		return nil
	case n.Kind == syntax.Scalar:
		return []string{n.Value}
	}
	var out []string
	for _, c := range n.Children {
		out = append(out, scalars(c)...)
	}
	return out
}

// hasOwnServices reports whether each service of a Compose file has an image or a build,
// or extends another one.
func hasOwnServices(src []byte) bool {
	file, err := syntax.ParseYAML(src, nil)
	if err != nil || len(file.Docs) == 0 || file.Docs[0].Root == nil {
		return true // loading it shows the error
	}
	services := file.Docs[0].Root.Field("services").Resolve()
	if services == nil || services.Kind != syntax.Mapping {
		return true
	}
	for i := 1; i < len(services.Children); i += 2 {
		s := services.Children[i].Resolve()
		if s.Field("image") == nil && s.Field("build") == nil && s.Field("extends") == nil && s.Field("<<") == nil && s.Field("provider") == nil {
			return false
		}
	}
	return true
}

// isAbsent reports whether err says that a file does not exist.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, repofile.ErrIrregular)
}
