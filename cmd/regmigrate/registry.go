package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// newRegistryCommand returns `regmigrate registry`, which does nothing itself.
func newRegistryCommand(s session.Streams) *cobra.Command {
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
