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

// RegistryFlags say how registries are asked.
type RegistryFlags struct {
	Require  string
	Timeout  time.Duration
	Jobs     int
	CacheTTL time.Duration
	NoCache  bool
	Offline  bool
	All      bool
}

// acceptedVerdicts are the values of --require: what each takes.
var acceptedVerdicts = map[string][]registry.Verdict{
	"exists": {registry.Same, registry.Exists, registry.Different, registry.Skipped},
	"same":   {registry.Same, registry.Skipped},
}

func Requirements() []string { return []string{"same", "exists"} }

// Validate says what is wrong with the flags.
func (f *RegistryFlags) Validate() error {
	switch {
	case f.Require != "" && acceptedVerdicts[f.Require] == nil:
		return fmt.Errorf("--require %q: expected %s", f.Require, strings.Join(Requirements(), " or "))
	case f.Jobs < 0:
		return fmt.Errorf("--jobs %d: expected a number from 1", f.Jobs)
	case f.Timeout < 0:
		return fmt.Errorf("--timeout %v: expected a time from 1s", f.Timeout)
	case f.NoCache && f.Offline:
		return errors.New("--offline: what is remembered answers, and --no-cache remembers nothing; expected one of them")
	case f.CacheTTL < 0:
		return fmt.Errorf("--cache-ttl %v: expected a time from 0s", f.CacheTTL)
	}
	return nil
}

// NewClient returns what asks.
func (f *RegistryFlags) NewClient() (*registry.Client, error) {
	o := registry.Options{Jobs: f.Jobs, Timeout: f.Timeout, Offline: f.Offline, UserAgent: "regmigrate"}
	if !f.NoCache {
		dir, err := registry.DefaultCacheDir()
		if err != nil {
			return nil, err
		}
		// A time of 0 is no time at all, not the default.
		o.Cache = &registry.Cache{Dir: dir, TTL: cmp.Or(f.CacheTTL, time.Nanosecond)}
	}
	return registry.New(o)
}

// Meets reports whether a verdict is one that is required.
func Meets(require string, v registry.Verdict) bool {
	return require == "" || slices.Contains(acceptedVerdicts[require], v)
}

// RegistryOf is the registry of a reference, that of Docker Hub where it names none.
func RegistryOf(text string) string {
	if ref, err := image.Parse(text); err == nil && ref.Domain != "" {
		return ref.Domain
	}
	return "docker.io"
}

func Plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
