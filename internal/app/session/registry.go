package session

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// RegistryFlags are the flags for queries to registries.
type RegistryFlags struct {
	Require  string
	Timeout  time.Duration
	Jobs     int
	CacheTTL time.Duration
	NoCache  bool
	Offline  bool
	All      bool
	Suggest  string // file for --map to write
}

// acceptedVerdicts maps the values of --require to the verdicts that meet them.
var acceptedVerdicts = map[string][]registry.Verdict{
	"exists": {registry.Same, registry.Exists, registry.Different, registry.Skipped},
	"same":   {registry.Same, registry.Skipped},
}

// Requirements returns the values of --require.
func Requirements() []string { return []string{"same", "exists"} }

// Validate returns an error if the flags are wrong.
func (f *RegistryFlags) Validate() error {
	switch {
	case f.Require != "" && acceptedVerdicts[f.Require] == nil:
		return fmt.Errorf("--require %q: expected %s", f.Require, strings.Join(Requirements(), " or "))
	case f.Jobs < 0:
		return fmt.Errorf("--jobs %d: expected a positive number", f.Jobs)
	case f.Timeout < 0:
		return fmt.Errorf("--timeout %v: expected at least 1s", f.Timeout)
	case f.NoCache && f.Offline:
		return errors.New("--offline and --no-cache: expected one of them; --offline answers from the cache")
	case f.CacheTTL < 0:
		return fmt.Errorf("--cache-ttl %v: expected at least 0s", f.CacheTTL)
	}
	return nil
}

// NewClient returns a client for registries.
func (f *RegistryFlags) NewClient() (*registry.Client, error) {
	o := registry.Options{Jobs: f.Jobs, Timeout: f.Timeout, Offline: f.Offline, UserAgent: "regmigrate"}
	if !f.NoCache {
		dir, err := registry.DefaultCacheDir()
		if err != nil {
			return nil, err
		}
		// --cache-ttl 0 expires every entry; a TTL of 0 would be the default.
		o.Cache = &registry.Cache{Dir: dir, TTL: cmp.Or(f.CacheTTL, time.Nanosecond)}
	}
	return registry.New(o)
}

// Meets reports whether a verdict meets the value of --require; "" accepts all.
func Meets(require string, v registry.Verdict) bool {
	return require == "" || slices.Contains(acceptedVerdicts[require], v)
}

// RegistryOf returns the registry host of a reference, docker.io if the reference
// contains none.
func RegistryOf(text string) string {
	if ref, err := image.Parse(text); err == nil && ref.Domain != "" {
		return ref.Domain
	}
	return "docker.io"
}

// Plural returns the number and the noun, with an "s" unless the number is 1.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
