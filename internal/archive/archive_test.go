package archive_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/archive"
)

// pack makes an archive of entries. An entry without a body (see file) contains
// zeros.
func pack(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range entries {
		body := h.PAXRecords["X.body"]
		h.PAXRecords = nil
		if body != "" {
			h.Size = int64(len(body))
		}
		h.Mode = 0o644
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if body != "" {
			io.WriteString(w, body)
		} else if _, err := io.CopyN(w, zeros{}, h.Size); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func file(name, body string) tar.Header {
	return tar.Header{Name: name, PAXRecords: map[string]string{"X.body": body}}
}

// TestRead checks that visit gets the files of an archive and of the archives in
// it, with their full paths.
func TestRead(t *testing.T) {
	inner := pack(t, file("y/values.yaml", "b"))
	data := pack(t, tar.Header{Name: "x/", Typeflag: tar.TypeDir}, file("./x/values.yaml", "a"), file("x/charts/y.tgz", string(inner)), file("x/y.tgz", "c"))
	got := ""
	err := archive.NewBudget().Read("charts/x.tgz", data, func(name string, size int64, body io.Reader) error {
		b, err := io.ReadAll(body)
		got += fmt.Sprintf("%s %d %s\n", name, size, b)
		return err
	})
	want := "charts/x.tgz!x/values.yaml 1 a\ncharts/x.tgz!x/charts/y.tgz!y/values.yaml 1 b\ncharts/x.tgz!x/y.tgz 1 c\n"
	if err != nil || got != want {
		t.Errorf("%v\ngot:\n%s\nwant:\n%s", err, got, want)
	}
}

// TestReadErrors checks that entries that no chart needs, and archives that
// exceed the limits, are errors.
func TestReadErrors(t *testing.T) {
	deep := pack(t, file("x/a", "a"))
	for range 5 {
		deep = pack(t, file("x/charts/x.tgz", string(deep)))
	}
	var many []tar.Header
	for i := range 20001 {
		many = append(many, tar.Header{Name: fmt.Sprintf("x/%d", i)})
	}
	bomb := pack(t, tar.Header{Name: "x/a", Size: 60 << 20})
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"path outside", pack(t, file("x/../../a", "a")), "a path outside the archive"},
		{"Windows path outside", pack(t, file(`x\..\..\a`, "a")), "a path outside the archive"},
		{"absolute path", pack(t, file("/etc/x", "a")), "an absolute path"},
		{"Windows drive", pack(t, file(`C:\x`, "a")), "an absolute path"},
		{"symbolic link", pack(t, tar.Header{Name: "x/a", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), "a link in the archive"},
		{"hard link", pack(t, tar.Header{Name: "x/a", Typeflag: tar.TypeLink, Linkname: "x/b"}), "a link in the archive"},
		{"pipe", pack(t, tar.Header{Name: "x/a", Typeflag: tar.TypeFifo}), "neither file nor folder"},
		{"bomb", pack(t, tar.Header{Name: "x/a", Size: 200 << 20}), "more than 100 MiB"},
		{"bomb in several sub-charts", pack(t, file("x/charts/a.tgz", string(bomb)), file("x/charts/b.tgz", string(bomb))), "more than 100 MiB"},
		{"many files", pack(t, many...), "more than 20000 files"},
		{"nested archives", deep, "nested 5 levels deep"},
		{"not an archive", []byte("x"), "unpacking"},
		{"truncated", bomb[:len(bomb)/2], "unpacking: unexpected EOF"},
		{"not a tar file", gz(t, strings.Repeat("x", 1024)), "unpacking"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := archive.NewBudget().Read("charts/x.tgz", tt.data, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "charts/x.tgz") {
				t.Errorf("got error %v, want an error that contains %q", err, tt.want)
			}
		})
	}
}

func gz(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
