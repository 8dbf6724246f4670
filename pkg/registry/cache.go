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

// A Cache remembers on disk what registries said: for TTL, that a reference
// exists and with which digest, and manifests by their digest. It holds no
// credentials. An entry that cannot be read is one that is not there.
type Cache struct {
	Dir string
	TTL time.Duration // how long what was said of a reference is good; 0: an hour
}

// DefaultCacheDir returns where a cache is kept unless something else is
// asked for: below $XDG_CACHE_HOME, or where the system keeps such things.
func DefaultCacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("looking for a place for the cache: %w\n  --no-cache does without", err)
	}
	return filepath.Join(dir, "regmigrate", "registry"), nil
}

func (c *Cache) ttl() time.Duration {
	if c.TTL == 0 {
		return time.Hour
	}
	return c.TTL
}

// An entry is what is remembered of a reference.
type entry struct {
	Reference string    `json:"reference"` // the whole of it, which the file's name is a hash of
	Digest    string    `json:"digest"`
	Via       string    `json:"via,omitempty"` // where the registry redirected to
	Time      time.Time `json:"time"`
}

func (c *Cache) file(kind, key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:])
	return filepath.Join(c.Dir, kind, name[:2], name)
}

// get returns what is remembered of a reference, however old, and whether
// there is anything.
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

// fresh reports whether an entry is still good. One of a reference by digest is
// so no longer than others: it is the same image for ever, but may be removed.
func (c *Cache) fresh(e entry, now time.Time) bool {
	return now.Sub(e.Time) < c.ttl() && !e.Time.After(now)
}

// put remembers what a registry said of a reference.
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

// manifest returns the bytes of a manifest if they are remembered and whole.
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

// write lets the file be at every moment the whole old or the whole new one.
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
