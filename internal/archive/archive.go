// Package archive reads packed charts, `charts/x.tgz`, in memory and within
// bounds: what they hold comes from anywhere.
package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// What packed charts may hold, all that share a Room together, those packed
// inside others included. Helm bounds each archive alone.
const (
	maxUnpacked = 100 << 20 // bytes
	maxEntries  = 20000
	maxPacked   = 4 // archives inside of each other
)

// A Budget is what is left of these bounds.
type Budget struct{ bytes, entries int64 }

// NewBudget returns an empty room.
func NewBudget() *Budget { return &Budget{maxUnpacked, maxEntries} }

// IsPacked reports whether Helm would unpack the file at name, slash-separated,
// as a sub-chart.
func IsPacked(name string) bool {
	dir, base := path.Split(name)
	return path.Ext(base) == ".tgz" && !strings.HasPrefix(base, "_") && !strings.HasPrefix(base, ".") &&
		(dir == "charts/" || strings.HasSuffix(dir, "/charts/"))
}

// IsGzip reports whether data begins as a gzip file does.
func IsGzip(data []byte) bool { return bytes.HasPrefix(data, []byte("\x1f\x8b")) }

// Read reads the archive name to its end and calls visit for each regular file
// in it, those of packed sub-charts included; a nil visit is not called. The
// name that visit gets is that of the archive, "!" and the path in it:
// charts/x.tgz!x/values.yaml. What visit leaves of body is passed over.
//
// Read returns an error when the archive would take up too much room, cannot
// be read to its end, or holds what no chart needs: links, devices, and paths
// that leave it. Helm makes empty files of links without a word.
func (r *Budget) Read(name string, data []byte, visit func(name string, size int64, body io.Reader) error) error {
	return r.read(name, data, visit, 0)
}

func (r *Budget) read(name string, data []byte, visit func(string, int64, io.Reader) error, depth int) error {
	if depth >= maxPacked {
		return fmt.Errorf("%s: packed %d times over", name, depth+1)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s: unpacking: %w", name, err)
	}
	t := tar.NewReader(&counted{r: z, left: &r.bytes})
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: unpacking: %w", name, err)
		}
		if r.entries--; r.entries < 0 {
			return fmt.Errorf("%s: more than %d files in packed sub-charts", name, maxEntries)
		}
		if err := checkEntry(h); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		inner := name + "!" + path.Clean(strings.ReplaceAll(h.Name, `\`, "/"))
		switch {
		case IsPacked(below(h.Name)):
			var b bytes.Buffer
			if _, err := io.Copy(&b, t); err != nil {
				return fmt.Errorf("%s: unpacking: %w", name, err)
			}
			if err := r.read(inner, b.Bytes(), visit, depth+1); err != nil {
				return err
			}
		case visit != nil:
			if err := visit(inner, h.Size, t); err != nil {
				return err
			}
		}
	}
}

// checkEntry returns an error for an entry that no chart needs.
func checkEntry(h *tar.Header) error {
	slash := strings.ReplaceAll(h.Name, `\`, "/")
	switch h.Typeflag {
	case tar.TypeSymlink, tar.TypeLink:
		return fmt.Errorf("a link in the archive: %q to %q", h.Name, h.Linkname)
	case tar.TypeReg, tar.TypeDir, tar.TypeXGlobalHeader, tar.TypeXHeader:
	default:
		return fmt.Errorf("neither file nor folder in the archive: %q", h.Name)
	}
	if path.IsAbs(slash) || len(slash) > 1 && slash[1] == ':' {
		return fmt.Errorf("an absolute path in the archive: %q", h.Name)
	}
	for _, part := range strings.Split(slash, "/") {
		if part == ".." {
			return fmt.Errorf("a path that leaves the archive: %q", h.Name)
		}
	}
	return nil
}

// below cuts the first folder off a path: an archive has its chart in one.
func below(name string) string {
	_, rest, _ := strings.Cut(path.Clean(name), "/")
	return rest
}

// A counted reader ends in an error when more comes than is left.
type counted struct {
	r    io.Reader
	left *int64
}

var errBomb = errors.New("more than 100 MiB in packed sub-charts")

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if *c.left -= int64(n); *c.left < 0 {
		return 0, errBomb
	}
	return n, err
}
