package webhook

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"embed"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/regmigrate/regmigrate/pkg/policy"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

//go:embed manifests
var templates embed.FS

// Certs are the values of ManifestOptions.Cert.
var Certs = []string{"cert-manager", "files", "self-signed"}

// ManifestOptions are the settings of the manifests.
type ManifestOptions struct {
	Name, Namespace  string // of the objects
	Image            string // of the program
	Cert             string // of Certs
	CA               []byte // PEM, with Cert files: the authorities of the certificate; may be empty
	DryRun           bool
	ExceptNamespaces []string      // in addition to kube-system and Namespace
	ExceptOwners     []policy.Kind // pods of these owners do not change
	Rules            *rules.Set
	Command, Config  string // for the header, as in policy.Options
}

// Manifests returns the files of a folder for kubectl apply -k: a kustomization, and one
// file for each kind of object. They depend on the options only. Only the files that depend
// on the rules have the digest of the rules. Errors are those of usage.
func Manifests(o ManifestOptions) ([]policy.File, error) {
	v, err := o.values()
	if err != nil {
		return nil, err
	}
	var out []policy.File
	kustomization := "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
	for _, name := range o.files() {
		body, err := v.execute(name)
		if err != nil {
			return nil, err
		}
		digest := ""
		if slices.Contains(filesWithRules, name) {
			digest = o.Rules.Table().Digest()
		}
		kustomization += "- " + name + "\n"
		out = append(out, policy.File{Name: name, Text: policy.WithHeader(o.Command, o.Config, digest, body)})
	}
	text := policy.WithHeader(o.Command, o.Config, "", []byte(o.notes()+kustomization))
	return slices.Insert(out, 0, policy.File{Name: "kustomization.yaml", Text: text}), nil
}

// Stream returns the objects of Manifests as YAML documents after one header.
func Stream(o ManifestOptions) ([]byte, error) {
	v, err := o.values()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(o.notes())
	for _, name := range o.files() {
		body, err := v.execute(name)
		if err != nil {
			return nil, err
		}
		b.Write(body)
	}
	return policy.WithHeader(o.Command, o.Config, o.Rules.Table().Digest(), b.Bytes()), nil
}

var filesWithRules = []string{"configmap.yaml", "mutatingwebhookconfiguration.yaml"}

// files returns the names of the templates, in the order in which kubectl should apply them.
func (o *ManifestOptions) files() []string {
	out := []string{"namespace.yaml", "serviceaccount.yaml", "configmap.yaml"}
	switch o.Cert {
	case "cert-manager":
		out = append(out, "certificate.yaml")
	case "self-signed":
		out = append(out, "secret.yaml", "rotation.yaml")
	}
	return append(out, "deployment.yaml", "service.yaml", "poddisruptionbudget.yaml", "networkpolicy.yaml", "mutatingwebhookconfiguration.yaml")
}

// notes are the lines of the header that say what the manifests are.
func (o *ManifestOptions) notes() string {
	notes := []string{
		"A mutating admission webhook: the last resort. First change the manifests. On Kubernetes 1.36 or newer use regmigrate policy map instead, on which no pod depends.",
		"Kubernetes 1.30 or newer. It moves the images of pods when they are made, and of ephemeral containers when they are added. failurePolicy: Ignore: pods start with their old images while no replica responds within 2 seconds. reinvocationPolicy: IfNeeded: containers that other webhooks add are moved too. It does not change mirror pods, and no pods in kube-system and in " + o.Namespace + ".",
		"An operator that compares the images of its pods with its own replaces such pods again and again: see --except-owner.",
	}
	switch o.Cert {
	case "cert-manager":
		notes = append(notes, "--cert cert-manager: cert-manager makes the certificate, renews it, and writes its authority to the webhook configuration.")
	case "files":
		note := "--cert files: the certificate is in the Secret " + o.Name + "-tls, which you make (kubectl create secret tls) and renew. Its DNS name is " + o.Name + "." + o.Namespace + ".svc."
		if len(o.CA) == 0 {
			note += " Without --ca-file, the API server uses the authorities of its own system to check it."
		}
		notes = append(notes, note)
	case "self-signed":
		notes = append(notes, "--cert self-signed: a CronJob makes the certificate, renews it, and writes its authority to the webhook configuration: regmigrate webhook rotate. During a rotation both authorities are there, until all replicas serve the new certificate.")
	}
	if o.DryRun {
		notes = append(notes, "--dry-run: it warns, and changes no pod.")
	}
	if len(o.ExceptOwners) > 0 {
		var kinds []string
		for _, k := range o.ExceptOwners {
			kinds = append(kinds, k.String())
		}
		notes = append(notes, "--except-owner: it does not change pods of "+strings.Join(kinds, ", ")+".")
	}
	text := ""
	for _, n := range notes {
		text += "#\n" + policy.Comment(n)
	}
	return text
}

// check returns an error for options that no manifests can have.
func (o *ManifestOptions) check() error {
	if err := o.checkNames(); err != nil {
		return err
	}
	for _, name := range o.ExceptNamespaces {
		if !isLabel("x"+name) || len(name) > 63 || strings.HasPrefix(name, "-") {
			return fmt.Errorf("--except-namespace %q: expected the name of a namespace: a-z, 0-9 and -", name)
		}
	}
	if o.Namespace == "default" || strings.HasPrefix(o.Namespace, "kube-") {
		return fmt.Errorf("--namespace %s: expected a namespace for the webhook alone: the manifests contain it, and kubectl delete would delete it with all that is in it", o.Namespace)
	}
	if !slices.Contains(Certs, o.Cert) {
		return fmt.Errorf("--cert %q: expected %s", o.Cert, strings.Join(Certs, ", "))
	}
	if len(o.CA) > 0 && o.Cert != "files" {
		return fmt.Errorf("--ca-file: expected with --cert files; with --cert %s the authority is written to the webhook configuration in the cluster", o.Cert)
	}
	if o.Image == "" || strings.ContainsFunc(o.Image, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"'\{}`, r) }) {
		return fmt.Errorf("--image %q: expected the image of regmigrate, such as ghcr.io/regmigrate/regmigrate:1.2.3", o.Image)
	}
	if r, ok := o.Rules.DependOnTags(); ok {
		return fmt.Errorf("the rule on %s depends on tags, which the manifests of the webhook cannot express\n  name a configuration without such rules", r.From)
	}
	if len(o.Rules.Table().Hosts()) == 0 {
		return errors.New("no rule moves images; the webhook would change nothing\n  regmigrate rules lists the active rules")
	}
	return policy.CheckHeader(o.Command, o.Config)
}

// ServiceNames returns the DNS names of the service that the manifests contain.
func ServiceNames(name, namespace string) ([]string, error) {
	o := ManifestOptions{Name: name, Namespace: namespace}
	if err := o.checkNames(); err != nil {
		return nil, err
	}
	host := name + "." + namespace + ".svc"
	return []string{host, host + ".cluster.local"}, nil
}

// checkNames returns an error for names that objects of a cluster cannot have.
func (o *ManifestOptions) checkNames() error {
	for _, x := range []struct{ flag, value string }{{"--name", o.Name}, {"--namespace", o.Namespace}} {
		if !isLabel(x.value) || len(x.value) > 40 {
			return fmt.Errorf("%s %q: expected at most 40 characters of a-z, 0-9 and -, with a letter first", x.flag, x.value)
		}
	}
	return nil
}

// isLabel reports whether s is the name of a namespace and of a service, which YAML reads as a
// text.
func isLabel(s string) bool {
	return !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, s) &&
		s != "" && s[0] >= 'a' && s[0] <= 'z' && s[len(s)-1] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// values are what the templates use.
type values struct {
	ManifestOptions
	Rules      string // a configuration
	Conditions []policy.Condition
	CABundle   string // Base64
	JobDigest  string // a digest of what the first Job depends on: a Job cannot change
}

func (o *ManifestOptions) values() (*values, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	config, err := configuration(o.Rules)
	if err != nil {
		return nil, err
	}
	v := &values{ManifestOptions: *o, Rules: config}
	if v.Conditions, err = policy.WebhookConditions(o.Rules.Table(), o.ExceptOwners); err != nil {
		return nil, err
	}
	if len(o.CA) > 0 {
		if err := checkCA(o.CA); err != nil {
			return nil, fmt.Errorf("--ca-file: %w", err)
		}
		v.CABundle = base64.StdEncoding.EncodeToString(o.CA)
	}
	v.JobDigest = fmt.Sprintf("%x", sha256.Sum256([]byte(o.Image)))[:8]
	v.ExceptNamespaces = append([]string{"kube-system", o.Namespace}, o.ExceptNamespaces...)
	return v, nil
}

// checkCA returns an error if text has something else than certificates in PEM. It does not
// quote the text.
func checkCA(text []byte) error {
	n := 0
	for rest := bytes.TrimSpace(text); len(rest) > 0; n++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "CERTIFICATE" {
			return errors.New("expected certificates in PEM, and nothing else")
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return fmt.Errorf("certificate %d: %w", n+1, err)
		}
		rest = bytes.TrimSpace(rest)
	}
	return nil
}

// configuration returns a configuration file with the rules of set. It names no presets, so
// that the rules do not depend on the version of the image.
func configuration(set *rules.Set) (string, error) {
	list := set.Rules()
	slices.SortFunc(list, func(a, b rules.Rule) int { return cmp.Compare(a.From, b.From) })
	text := "rules:\n"
	for _, r := range list {
		text += "- from: " + strconv.Quote(r.From) + "\n  to: " + strconv.Quote(r.To) + "\n"
		if len(r.Keep) > 0 {
			text += "  keep:\n"
			for _, k := range r.Keep {
				text += "  - " + strconv.Quote(k) + "\n"
			}
		}
	}
	config, err := rules.LoadConfig("rules.yaml", []byte(text))
	if err != nil {
		return "", fmt.Errorf("reading the configuration for the ConfigMap: %w", err)
	}
	again, err := rules.New(config.Rules)
	if err != nil {
		return "", fmt.Errorf("the configuration for the ConfigMap: %w", err)
	}
	if again.Table().Digest() != set.Table().Digest() {
		return "", errors.New("the combined rules decide otherwise than the rules when they are written to one configuration\n  name a configuration with rules for images only")
	}
	return text, nil
}

// execute returns the objects of one template as YAML documents.
func (v *values) execute(name string) ([]byte, error) {
	t := template.New(name)
	t, err := t.Funcs(template.FuncMap{
		"include": func(name string, data any) (string, error) {
			var b strings.Builder
			err := t.ExecuteTemplate(&b, name, data)
			return b.String(), err
		},
		"quote": strconv.Quote,
		"join": func(list []string) string {
			var quoted []string
			for _, s := range list {
				quoted = append(quoted, strconv.Quote(s))
			}
			return strings.Join(quoted, ", ")
		},
		"indent": func(n int, text string) string {
			return strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+strings.Repeat(" ", n))
		},
	}).Option("missingkey=error").ParseFS(templates, "manifests/"+name)
	if err != nil {
		return nil, fmt.Errorf("the template %s: %w", name, err)
	}
	var b bytes.Buffer
	b.WriteString("---\n")
	if err := t.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("the template %s: %w", name, err)
	}
	return b.Bytes(), nil
}
