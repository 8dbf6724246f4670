package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// newPingCommand returns `regmigrate registry ping`.
func newPingCommand(s session.Streams) *cobra.Command {
	var o registry.PingOptions
	cmd := &cobra.Command{
		Use:   "ping [flags] [HOST]",
		Short: "check connectivity to a registry: which step fails, and what to do",
		Long: `ping repeats the steps of a node that pulls an image: it resolves the host name,
connects, requests a token, follows the redirect of a small manifest, and pulls a
small blob. If a step fails, ping prints the cause and what to do. It also prints
the hosts that a firewall must allow. The default HOST is registry.k8s.io.`,
		Example: `  regmigrate registry ping
  regmigrate registry ping --image library/busybox:latest docker.io`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			o.Host = "registry.k8s.io"
			if len(args) > 0 {
				o.Host = args[0]
			}
			if ref, err := image.Parse(o.Host + "/x"); err != nil || ref.Domain != o.Host {
				return fmt.Errorf("%q: expected a registry host\n  for example: registry.k8s.io", o.Host)
			}
			switch {
			case o.Image != "" || o.Timeout < 0:
			case o.Host == "registry.k8s.io" || o.Host == "k8s.gcr.io":
				o.Image = "pause:3.9"
			case o.Host == "docker.io":
				o.Image = "library/hello-world:latest"
			}
			return app.Ping(cmd.Context(), s.Out, o)
		},
	}
	setExits(cmd, "a step failed", "")
	x := cmd.Flags()
	x.StringVar(&o.Image, "image", "", "image to pull, `NAME:TAG` without the host (default for registry.k8s.io: pause:3.9)")
	x.DurationVar(&o.Timeout, "timeout", 20*time.Second, "time limit for each step")
	return cmd
}
