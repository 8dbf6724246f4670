// Package archive reads packed charts (charts/x.tgz) in memory. It limits their
// size, since their content is untrusted.
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

// The limits on the total content of all packed charts that share a Budget,
// including nested ones. Helm limits each archive separately.
const (
	maxUnpacked = 100 << 20 // bytes
	maxEntries  = 20000
	maxDepth    = 4 // levels of nested archives
)

// A Budget counts down to these limits.
type Budget struct{ bytes, entries int64 }

// NewBudget returns an unused budget.
func NewBudget() *Budget { return &Budget{maxUnpacked, maxEntries} }

// IsPacked reports whether Helm unpacks the file at name, a slash-separated
// path, as a sub-chart.
func IsPacked(name string) bool {
	dir, base := path.Split(name)
	return path.Ext(base) == ".tgz" && !strings.HasPrefix(base, "_") && !strings.HasPrefix(base, ".") &&
		(dir == "charts/" || strings.HasSuffix(dir, "/charts/"))
}

// IsGzip reports whether data begins with the magic number of gzip.
func IsGzip(data []byte) bool { return bytes.HasPrefix(data, []byte("\x1f\x8b")) }

// Read reads all of the archive with the given name and content. It calls visit,
// unless visit is nil, for each regular file in it, including files of packed
// sub-charts. The name passed to visit is the name of the archive, "!" and the
// path in it: charts/x.tgz!x/values.yaml. visit need not read all of body.
//
// Read returns an error if the archive exceeds the budget, if it is truncated or
// malformed, or if it contains entries that no chart needs: links, devices, and
// paths outside the archive. (Helm silently turns links into empty files.)
func (b *Budget) Read(name string, data []byte, visit func(name string, size int64, body io.Reader) error) error {
	return b.read(name, data, visit, 0)
}

func (b *Budget) read(name string, data []byte, visit func(string, int64, io.Reader) error, depth int) error {
	if depth >= maxDepth {
		return fmt.Errorf("%s: archives are nested %d levels deep", name, depth+1)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s: unpacking: %w", name, err)
	}
	t := tar.NewReader(&limitedReader{r: z, left: &b.bytes})
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: unpacking: %w", name, err)
		}
		if b.entries--; b.entries < 0 {
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
		case IsPacked(inChart(h.Name)):
			var packed bytes.Buffer
			if _, err := io.Copy(&packed, t); err != nil {
				return fmt.Errorf("%s: unpacking: %w", name, err)
			}
			if err := b.read(inner, packed.Bytes(), visit, depth+1); err != nil {
				return err
			}
		case visit != nil:
			if err := visit(inner, h.Size, t); err != nil {
				return err
			}
		}
	}
}

// checkEntry returns an error for an entry that no chart needs: see Read.
func checkEntry(h *tar.Header) error {
	slash := strings.ReplaceAll(h.Name, `\`, "/")
	switch h.Typeflag {
	case tar.TypeSymlink, tar.TypeLink:
		return fmt.Errorf("a link in the archive: %q to %q", h.Name, h.Linkname)
	case tar.TypeReg, tar.TypeDir, tar.TypeXGlobalHeader, tar.TypeXHeader:
	default:
		return fmt.Errorf("an entry that is neither file nor folder in the archive: %q", h.Name)
	}
	if path.IsAbs(slash) || len(slash) > 1 && slash[1] == ':' {
		return fmt.Errorf("an absolute path in the archive: %q", h.Name)
	}
	for _, part := range strings.Split(slash, "/") {
		if part == ".." {
			return fmt.Errorf("a path outside the archive: %q", h.Name)
		}
	}
	return nil
}

// inChart returns name without its first folder: an archive contains one folder,
// the chart.
func inChart(name string) string {
	_, rest, _ := strings.Cut(path.Clean(name), "/")
	return rest
}

// A limitedReader returns an error when it has read more than left bytes.
type limitedReader struct {
	r    io.Reader
	left *int64
}

var errTooLarge = errors.New("more than 100 MiB in packed sub-charts")

func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if *l.left -= int64(n); *l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
