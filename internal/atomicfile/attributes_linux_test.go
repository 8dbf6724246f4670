package atomicfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// An aclEntry is an entry of an access control list. Source: posix_acl_xattr.h.
type aclEntry struct {
	Tag, Permissions uint16
	ID               uint32
}

const noID = 1<<32 - 1

// The tags of entries.
const (
	aclUserOwner  = 0x01
	aclUser       = 0x02
	aclGroupOwner = 0x04
	aclGroup      = 0x08
	aclMask       = 0x10
	aclOther      = 0x20
)

// makeACL returns the attribute for the entries, which must be sorted by their tags.
func makeACL(t *testing.T, entries ...aclEntry) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, x := range []any{uint32(2), entries} { // 2 is the version
		if err := binary.Write(&out, binary.LittleEndian, x); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func setAttribute(t *testing.T, path, name string, value []byte) {
	t.Helper()
	if err := unix.Setxattr(path, name, value, 0); isUnsupported(err) {
		t.Skipf("the file system of %s has no %s: %v", path, name, err)
	} else if err != nil {
		t.Fatal(err)
	}
}

// attribute returns the attribute, nil if the file does not have it.
func attribute(t *testing.T, path, name string) []byte {
	t.Helper()
	buffer := make([]byte, maxAttribute)
	n, err := unix.Getxattr(path, name, buffer)
	if errors.Is(err, errNoAttribute) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return buffer[:n]
}

const aclName = "system.posix_acl_access"

// The new file has the access control list of the old one, and none that the folder
// passes on.
func TestReplaceKeepsACL(t *testing.T) {
	// A list with a named group that may not read: the mode bits of the group are
	// those of the mask, so that without the list the group may read.
	closed := makeACL(t, aclEntry{aclUserOwner, 6, noID}, aclEntry{aclGroupOwner, 0, noID}, aclEntry{aclGroup, 0, 4321}, aclEntry{aclMask, 6, noID}, aclEntry{aclOther, 0, noID})
	named := makeACL(t, aclEntry{aclUserOwner, 6, noID}, aclEntry{aclUser, 4, 1234}, aclEntry{aclGroupOwner, 4, noID}, aclEntry{aclMask, 4, noID}, aclEntry{aclOther, 4, noID})
	inherited := makeACL(t, aclEntry{aclUserOwner, 7, noID}, aclEntry{aclUser, 7, 999}, aclEntry{aclGroupOwner, 7, noID}, aclEntry{aclMask, 7, noID}, aclEntry{aclOther, 0, noID})
	for _, tt := range []struct {
		name   string
		file   []byte
		folder []byte
	}{
		{name: "a list without the group", file: closed},
		{name: "a named user", file: named},
		{name: "a named user, and a list of the folder", file: named, folder: inherited},
		{name: "no list, and a list of the folder", folder: inherited},
		{name: "no list"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "f")
			write(t, path, "old", 0o640)
			if tt.folder != nil {
				setAttribute(t, folder, "system.posix_acl_default", tt.folder)
			}
			if tt.file != nil {
				setAttribute(t, path, aclName, tt.file)
			}
			before, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := replaceFile(path, []byte("old"), []byte("new")); err != nil {
				t.Fatal(err)
			}
			wantFile(t, path, "new")
			if got := attribute(t, path, aclName); !bytes.Equal(got, tt.file) {
				t.Errorf("the access control list is %x, want %x", got, tt.file)
			}
			if after, err := os.Stat(path); err != nil || after.Mode() != before.Mode() {
				t.Errorf("the mode is %v, want %v; %v", after.Mode(), before.Mode(), err)
			}
		})
	}
}

func TestReplaceKeepsAttributes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "old", 0o644)
	setAttribute(t, path, "user.checksum", []byte("1234"))
	setAttribute(t, path, "user.empty", nil)
	if err := replaceFile(path, []byte("old"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := attribute(t, path, "user.checksum"); string(got) != "1234" {
		t.Errorf("user.checksum is %q", got)
	}
	if got := attribute(t, path, "user.empty"); got == nil || len(got) > 0 {
		t.Errorf("user.empty is %q", got)
	}
}

// A file of another user stays as it is if its owner cannot be kept.
func TestReplaceOwnerNotKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can use two users")
	}
	folder := openFolder(t, 0o777)
	path := filepath.Join(folder, "f")
	write(t, path, "old", 0o666)
	var err error
	asNobody(t, func() { err = replaceFile(path, []byte("old"), []byte("new")) })
	var metadata *MetadataError
	if !errors.As(err, &metadata) || metadata.Property != "owner and group" || !errors.Is(err, os.ErrPermission) {
		t.Errorf("got error %v", err)
	}
	wantFile(t, path, "old")
	wantNames(t, folder, "f")
}

func TestControlsAccess(t *testing.T) {
	for name, want := range map[string][2]bool{ // of the system, controls access
		"system.posix_acl_access": {false, true},
		"system.nfs4_acl":         {false, true},
		"system.cifs_acl":         {false, true},
		"user.system.nfs4_acl":    {false, false},
		"user.x":                  {false, false},
		"security.selinux":        {true, false},
		"security.capability":     {true, false},
		"trusted.overlay.opaque":  {true, false},
	} {
		if got := [2]bool{isOfSystem(name), controlsAccess(name)}; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
