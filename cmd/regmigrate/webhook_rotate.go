package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
)

// newWebhookRotateCommand returns `regmigrate webhook rotate`.
func newWebhookRotateCommand(s session.Streams) *cobra.Command {
	r := app.RotateFlags{Version: version()}
	cmd := &cobra.Command{
		Use:   "rotate [flags]",
		Short: "make and renew the certificate of webhook manifests --cert self-signed",
		Long: `rotate makes the certificate of the admission webhook, and renews it 30 days before it
expires. It is the program of the CronJob of webhook manifests --cert self-signed. Each
run does the steps that are due:

  1. make the next certificate, and add its authority to the webhook configuration;
  2. ten minutes later or more, give the certificate to the replicas through the Secret;
  3. when all replicas serve it, remove the old authority.

So the API server trusts every replica at every moment. A run that is interrupted is
continued by the next one. If somebody removes the authority from the webhook
configuration, the next run writes it again.

rotate reads and changes the Secret NAME-tls and the MutatingWebhookConfiguration NAME,
and reads the EndpointSlices of the service.`,
		Example: `  regmigrate webhook rotate                        # in a pod of the cluster
  regmigrate webhook rotate --kubeconfig ~/.kube/config --namespace regmigrate`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("webhook rotate: expected no argument, found %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			return app.RotateWebhook(cmd.Context(), s, &r)
		},
	}
	setExits(cmd, "", "the cluster did not respond, or refused a change")
	x := cmd.Flags()
	x.SortFlags = false
	x.StringVar(&r.Namespace, "namespace", "regmigrate", "`name` of the namespace, as with webhook manifests")
	x.StringVar(&r.Name, "name", "regmigrate-webhook", "`name` of the objects, as with webhook manifests")
	x.StringVar(&r.Kubeconfig, "kubeconfig", "", "`file` with the cluster (default: $KUBECONFIG, then ~/.kube/config, then the cluster of the pod)")
	return cmd
}
