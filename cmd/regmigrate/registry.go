package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/strictyaml"
)

// newRegistryCommand returns `regmigrate registry`, a group of subcommands.
func newRegistryCommand(s session.Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "registry",
		Short: "query registries: check that new images exist, copy images, check connectivity",
		Long: `The subcommands check, mirror and ping query registries; mirror-config does not.
Other commands query registries only with --require. All of them use the
credentials of docker login, and the variables HTTPS_PROXY, NO_PROXY and
SSL_CERT_FILE.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			names := commandNames(cmd)
			return fmt.Errorf("registry: unknown command %q; known are %s%s", args[0], strings.Join(names, ", "), strictyaml.DidYouMean(args[0], names))
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return errors.New("registry: expected check, mirror, mirror-config or ping\n  regmigrate registry --help describes them")
		},
	}
	setExits(cmd, "", "")
	cmd.AddCommand(newCheckCommand(s), newMirrorCommand(s), newMirrorConfigCommand(s), newPingCommand(s))
	return cmd
}
