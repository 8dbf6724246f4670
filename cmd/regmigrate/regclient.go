package main

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

// registryFlags say how registries are asked.
type registryFlags struct {
	require  string
	timeout  time.Duration
	jobs     int
	cacheTTL time.Duration
	noCache  bool
	offline  bool
	all      bool
}

// acceptedVerdicts are the values of --require: what each takes.
var acceptedVerdicts = map[string][]registry.Verdict{
	"exists": {registry.Same, registry.Exists, registry.Different, registry.Skipped},
	"same":   {registry.Same, registry.Skipped},
}

func Requirements() []string { return []string{"same", "exists"} }

// Validate says what is wrong with the flags.
func (f *registryFlags) Validate() error {
	switch {
	case f.require != "" && acceptedVerdicts[f.require] == nil:
		return fmt.Errorf("--require %q: expected %s", f.require, strings.Join(Requirements(), " or "))
	case f.jobs < 0:
		return fmt.Errorf("--jobs %d: expected a number from 1", f.jobs)
	case f.timeout < 0:
		return fmt.Errorf("--timeout %v: expected a time from 1s", f.timeout)
	case f.noCache && f.offline:
		return errors.New("--offline: what is remembered answers, and --no-cache remembers nothing; expected one of them")
	case f.cacheTTL < 0:
		return fmt.Errorf("--cache-ttl %v: expected a time from 0s", f.cacheTTL)
	}
	return nil
}

// NewClient returns what asks.
func (f *registryFlags) NewClient() (*registry.Client, error) {
	o := registry.Options{Jobs: f.jobs, Timeout: f.timeout, Offline: f.offline, UserAgent: "regmigrate"}
	if !f.noCache {
		dir, err := registry.DefaultCacheDir()
		if err != nil {
			return nil, err
		}
		// A time of 0 is no time at all, not the default.
		o.Cache = &registry.Cache{Dir: dir, TTL: cmp.Or(f.cacheTTL, time.Nanosecond)}
	}
	return registry.New(o)
}

// meets reports whether a verdict is one that is required.
func meets(require string, v registry.Verdict) bool {
	return require == "" || slices.Contains(acceptedVerdicts[require], v)
}

// registryOf is the registry of a reference, that of Docker Hub where it names none.
func registryOf(text string) string {
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
