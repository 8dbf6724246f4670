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
		Short: "print the settings of nodes that pull through a mirror",
		Long: `mirror-config prints what makes nodes pull through a mirror or a pull-through cache,
with no change to any file: for each registry that the rules move images to, and for
each that they move them from. containerd wants one hosts.toml for each, k3s one
registries.yaml, OpenShift an ImageDigestMirrorSet and an ImageTagMirrorSet.
Images are looked for where regmigrate registry mirror puts them.`,
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
	setExits(cmd, "", "--dir: a file could not be written, or says something else")
	x := cmd.Flags()
	x.StringVar(&m.To, "to", "", "`REGISTRY[/PATH]` of the mirror")
	x.BoolVar(&m.WithHost, "with-host", false, "the mirror has the name of the registry before the path of each image")
	x.StringVar(&m.Format, "format", registry.MirrorFormats[0], "what reads it: "+strings.Join(registry.MirrorFormats[:], ", "))
	x.StringVar(&m.Dir, "dir", "", "write the files below this `folder`; one that is there and says something else is left as it is")
	complete(cmd, "format", registry.MirrorFormats[:])
	addRuleFlags(cmd, &f)
	f.Color = "auto"
	return cmd
}
