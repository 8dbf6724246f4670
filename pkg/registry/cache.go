package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Cache stores answers of registries on disk: the digests of references, which
// are valid for TTL, and manifests by digest. It contains no credentials. Entries
// that cannot be read are ignored.
type Cache struct {
	Dir string
	TTL time.Duration // how long the digest of a reference is valid; 0: one hour
}

// DefaultCacheDir returns the default folder of the cache, inside the cache folder
// of the user, such as $XDG_CACHE_HOME.
func DefaultCacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the folder for the cache: %w\n  use --no-cache to run without a cache", err)
	}
	return filepath.Join(dir, "regmigrate", "registry"), nil
}

func (c *Cache) ttl() time.Duration {
	if c.TTL == 0 {
		return time.Hour
	}
	return c.TTL
}

// An entry is the cached answer about a reference.
type entry struct {
	Reference string    `json:"reference"` // the file name is a hash of it
	Digest    string    `json:"digest"`
	Computed  bool      `json:"computed,omitempty"` // from the bytes of the manifest; otherwise the registry reports it
	Via       string    `json:"via,omitempty"`      // the host that the registry redirected to
	Time      time.Time `json:"time"`
}

func (c *Cache) file(kind, key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:])
	return filepath.Join(c.Dir, kind, name[:2], name)
}

// get returns the entry of a reference, regardless of its age, and whether it
// exists.
func (c *Cache) get(reference string) (entry, bool) {
	if c == nil {
		return entry{}, false
	}
	var e entry
	data, err := os.ReadFile(c.file("references", reference))
	if err != nil || json.Unmarshal(data, &e) != nil || e.Reference != reference || !strings.HasPrefix(e.Digest, "sha") {
		return entry{}, false
	}
	return e, true
}

// fresh reports whether an entry is still valid. References by digest expire like
// others: the digest never changes, but the image can be removed.
func (c *Cache) fresh(e entry, now time.Time) bool {
	return now.Sub(e.Time) < c.ttl() && !e.Time.After(now)
}

// put stores the entry of a reference.
func (c *Cache) put(e entry) error {
	if c == nil {
		return nil
	}
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return c.write(c.file("references", e.Reference), data)
}

// manifest returns a cached manifest if its bytes match the digest.
func (c *Cache) manifest(digest string) ([]byte, bool) {
	if c == nil {
		return nil, false
	}
	data, err := os.ReadFile(c.file("manifests", digest))
	if sum := sha256.Sum256(data); err != nil || "sha256:"+hex.EncodeToString(sum[:]) != digest {
		return nil, false
	}
	return data, true
}

func (c *Cache) putManifest(digest string, data []byte) error {
	if c == nil {
		return nil
	}
	return c.write(c.file("manifests", digest), data)
}

// write replaces a file atomically.
func (c *Cache) write(name string, data []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, data) {
		return nil
	}
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		if gone := os.Remove(f.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
