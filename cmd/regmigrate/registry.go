package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/pkg/registry"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// newRegistryCommand returns `regmigrate registry`, which does nothing itself.
func newRegistryCommand(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "registry",
		Short: "ask registries: do the new images exist, copy them, is the way there open",
		Long: `registry talks to registries, which nothing else here does unless a flag says so.
Credentials are those of docker login; HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE are
heeded.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			names := commandNames(cmd)
			return fmt.Errorf("registry: unknown command %q; known are %s%s", args[0], strings.Join(names, ", "), rules.DidYouMean(args[0], names))
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return errors.New("registry: expected check, mirror, mirror-config or ping\n  regmigrate registry --help says what they do")
		},
	}
	setExits(cmd, "", "")
	cmd.AddCommand(newCheckCommand(s), newMirrorCommand(s), newMirrorConfigCommand(s), newPingCommand(s))
	return cmd
}

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

// requirements are the values of --require: what each takes.
var requirements = map[string][]registry.Verdict{
	"exists": {registry.Same, registry.Exists, registry.Different, registry.Skipped},
	"same":   {registry.Same, registry.Skipped},
}

func requirementNames() []string { return []string{"same", "exists"} }

// addCacheFlags adds the flags about what is remembered.
func (f *registryFlags) addCacheFlags(cmd *cobra.Command) {
	x := cmd.Flags()
	x.DurationVar(&f.cacheTTL, "cache-ttl", time.Hour, "how long what registries said is good")
	x.BoolVar(&f.noCache, "no-cache", false, "neither read nor write what is remembered between runs")
	x.BoolVar(&f.offline, "offline", false, "ask nobody: what is remembered answers, however old; the rest is unreachable")
}

// check says what is wrong with the flags.
func (f *registryFlags) check() error {
	switch {
	case f.require != "" && requirements[f.require] == nil:
		return fmt.Errorf("--require %q: expected %s", f.require, strings.Join(requirementNames(), " or "))
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

// client returns what asks.
func (f *registryFlags) client() (*registry.Client, error) {
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
	return require == "" || slices.Contains(requirements[require], v)
}
