package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// newMirrorConfigCommand returns `regmigrate registry mirror-config`.
func newMirrorConfigCommand(s session.Streams) *cobra.Command {
	var f session.Flags
	var m app.MirrorConfigFlags
	cmd := &cobra.Command{
		Use:   "mirror-config --to REGISTRY[/PATH] [--format FORMAT]",
		Short: "print the settings that make nodes pull through a mirror",
		Long: `mirror-config prints the settings that make nodes pull through a mirror or a
pull-through cache. The manifests do not change. It prints settings for each old
and each new registry of the active rules: for containerd, one hosts.toml per
registry; for k3s, one registries.yaml; for OpenShift, an ImageDigestMirrorSet and
an ImageTagMirrorSet. The settings use the paths to which regmigrate registry
mirror copies the images.`,
		Example: `  regmigrate registry mirror-config --to harbor.corp.example/k8s
  regmigrate registry mirror-config --to harbor.corp.example/k8s --dir /etc/containerd/certs.d
  regmigrate registry mirror-config --to harbor.corp.example --format k3s > /etc/rancher/k3s/registries.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			return app.MirrorConfig(s, &f, &m)
		},
	}
	setExits(cmd, "", "--dir: a file could not be written, or exists with other content")
	x := cmd.Flags()
	x.StringVar(&m.To, "to", "", "`REGISTRY[/PATH]` of the mirror")
	x.BoolVar(&m.WithHost, "with-host", false, "on the mirror, the registry host is before the path of each image")
	x.StringVar(&m.Format, "format", registry.MirrorFormats[0], "target `system`: "+strings.Join(registry.MirrorFormats[:], ", "))
	x.StringVar(&m.Dir, "dir", "", "write the files to this `folder`; existing files with other content are not changed")
	complete(cmd, "format", registry.MirrorFormats[:])
	addRuleFlags(cmd, &f)
	f.Color = "auto"
	return cmd
}
