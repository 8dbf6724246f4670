// Package policy writes policies for Kubernetes that decide about images exactly as a
// set of rules does.
//
// [Write] writes the policy for one engine: an engine is one file of this package and
// one entry in [Engines]. All engines get the rules as the rows of a [rules.Table], and
// the places of images from package podspec. The output depends on the options only.
package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/internal/strictyaml"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// Options are the settings of a policy.
type Options struct {
	Name    string // of the objects in the cluster
	Command string // the command line that makes the policy, for the header
	Config  string // its configuration, relative to the root of the repository, for the header; may be empty
	Rules   *rules.Set

	Actions      []string // of ActionNames; empty for the default of the engine
	DenyExisting bool     // also judge what was in the cluster before
	Kubernetes   Version  // the oldest version that must accept the policy; the zero value is the default of the engine
	ExceptSpaces []string // names of namespaces
	ExceptOwners []Kind   // objects of these owners are exempt
	Kinds        []podspec.Resource
	Controllers  []Controller // in addition to those of a default installation
	Legacy       bool         // a ClusterPolicy, with the engine kyverno
	Mutate       bool         // move images instead of judging them, with the engine kyverno
}

// A Kind is a kind of Kubernetes objects without its version. The core group is "".
type Kind struct{ Group, Kind string }

// ParseKind reads GROUP/KIND, or KIND for the core group.
func ParseKind(text string) (Kind, error) {
	group, kind, ok := strings.Cut(text, "/")
	if !ok {
		group, kind = "", text
	}
	isName := func(s, others string) bool {
		return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789"+others) == ""
	}
	if !isName(group, "-.") || kind == "" || kind[0] < 'A' || kind[0] > 'Z' || !isName(kind, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return Kind{}, fmt.Errorf("%q: expected GROUP/KIND without a version, such as postgresql.cnpg.io/Cluster", text)
	}
	if group == "" && !slices.Contains(coreKinds, kind) {
		example := "GROUP/" + kind
		for _, r := range podspec.Workloads() {
			if r.Kind == kind {
				example = r.Group + "/" + kind
			}
		}
		return Kind{}, fmt.Errorf("%q: Kubernetes has no such kind without a group, so that it would have no effect: expected %s", text, example)
	}
	return Kind{group, kind}, nil
}

// coreKinds are the kinds without a group whose objects may own others.
// Source: k8s.io/api/core/v1/register.go
var coreKinds = []string{
	"ConfigMap", "Endpoints", "Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim", "Pod",
	"PodTemplate", "ReplicationController", "Secret", "Service", "ServiceAccount",
}

func (k Kind) String() string { return strings.TrimPrefix(k.Group+"/"+k.Kind, "/") }

// A Controller is a user that makes the objects which objects of a kind own.
type Controller struct {
	Kind Kind
	User string // such as system:serviceaccount:kube-system:replicaset-controller
}

// ActionNames are the actions of policies that judge, the weakest first.
var ActionNames = []string{"audit", "warn", "deny"}

// An Engine evaluates policies in a cluster.
type Engine struct {
	Name string // as on the command line
	make func(*Options) (output, error)

	mutates bool // whether it has the flag --mutate
}

// An output is a policy: lines of its header, and objects that become YAML documents.
type output struct {
	notes   []string
	objects []object
}

// Engines returns all engines.
func Engines() []Engine {
	return []Engine{
		{"vap", makeVAP, false},
		{"map", makeMAP, false},
		{"kyverno", makeKyverno, true},
		{"gatekeeper", makeGatekeeper, true},
		{"sigstore", makeImagePolicy, false},
	}
}

// EngineNames returns the names of all engines.
func EngineNames() []string {
	var out []string
	for _, e := range Engines() {
		out = append(out, e.Name)
	}
	return out
}

// Write returns the policy for the engine called name as YAML. Its errors are those of
// usage: an option that the engine does not have, or rules that it cannot hold.
func Write(name string, o Options) ([]byte, error) {
	out, err := makeOutput(name, &o)
	if err != nil {
		return nil, err
	}
	return out.encode(&o)
}

// makeOutput makes the policy for the engine called name.
func makeOutput(name string, o *Options) (output, error) {
	i := slices.IndexFunc(Engines(), func(e Engine) bool { return e.Name == name })
	if i < 0 {
		return output{}, fmt.Errorf("%q: unknown engine%s; known are %s", name, strictyaml.DidYouMean(name, EngineNames()), strings.Join(EngineNames(), ", "))
	}
	if err := o.check(); err != nil {
		return output{}, err
	}
	e := Engines()[i]
	if o.Legacy && name != "kyverno" {
		return output{}, fmt.Errorf("policy %s: --legacy is a flag of the engine kyverno\n  remove the flag", name)
	}
	if o.Mutate && !e.mutates {
		return output{}, fmt.Errorf("policy %s: --mutate is a flag of the engine kyverno\n  use the engine map, or policy kyverno --mutate", name)
	}
	out, err := e.make(o)
	if err != nil {
		return output{}, fmt.Errorf("policy %s: %w", name, err)
	}
	return out, nil
}

// check returns an error for options that no engine accepts.
func (o *Options) check() error {
	for _, a := range o.Actions {
		if !slices.Contains(ActionNames, a) {
			return fmt.Errorf("--action %q: expected %s", a, strings.Join(ActionNames, ", "))
		}
	}
	if slices.Contains(o.Actions, "deny") && slices.Contains(o.Actions, "warn") {
		return errors.New("--action: Kubernetes does not accept warn together with deny; a denial has the same message\n  use --action deny,audit or --action deny")
	}
	if err := CheckHeader(o.Command, o.Config); err != nil {
		return err
	}
	if r, ok := o.Rules.DependOnTags(); ok {
		return fmt.Errorf("the rule on %s depends on tags, which no policy can express\n  name a configuration without such rules", r.From)
	}
	if len(o.Rules.Table().Hosts()) == 0 {
		return errors.New("no rule moves images; a policy would decide nothing\n  regmigrate rules lists the active rules")
	}
	if strings.Trim(o.Name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || strings.Trim(o.Name, "-.") != o.Name || len(o.Name) > 200 {
		return fmt.Errorf("--name %q: expected the name of a Kubernetes object (a-z, 0-9, dots and dashes)", o.Name)
	}
	return nil
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

// encode returns the objects as YAML documents after a header of comments.
func (p output) encode(o *Options) ([]byte, error) {
	body, err := p.body()
	if err != nil {
		return nil, err
	}
	return withHeader(o, o.Rules.Table().Digest(), body), nil
}

// body returns the notes and the objects.
func (p output) body() ([]byte, error) {
	var b bytes.Buffer
	for _, note := range p.notes {
		b.WriteString("#\n")
		b.WriteString(Comment(note))
	}
	for _, object := range p.objects {
		if err := checkSize(object); err != nil {
			return nil, err
		}
		b.WriteString("---\n")
		if err := encodeYAML(&b, object); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// maxObject is the maximum number of bytes of an object as JSON: kubectl apply stores it
// in an annotation. etcd accepts 1.5 MB.
// Source: k8s.io/apimachinery, pkg/api/validation/objectmeta.go, TotalAnnotationSizeLimitB.
const maxObject = 256 << 10

// checkSize returns an error for an object that kubectl cannot apply.
func checkSize(object any) error {
	text, err := yaml.Marshal(object)
	if err != nil {
		return fmt.Errorf("writing YAML: %w", err)
	}
	var fields any
	if err := yaml.Unmarshal(text, &fields); err != nil {
		return fmt.Errorf("reading the policy: %w", err)
	}
	text, err = json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	if len(text) > maxObject {
		return fmt.Errorf("the policy has %d bytes, and kubectl apply accepts at most %d, since it stores them in an annotation; use fewer rules, or several policies", len(text), maxObject)
	}
	return nil
}

func encodeYAML(b *bytes.Buffer, object any) error {
	e := yaml.NewEncoder(b)
	e.SetIndent(2)
	if err := e.Encode(object); err != nil {
		return fmt.Errorf("writing YAML: %w", err)
	}
	return nil
}

// withHeader returns body after a header.
func withHeader(o *Options, rulesDigest string, body []byte) []byte {
	return WithHeader(o.Command, o.Config, rulesDigest, body)
}

// WithHeader returns body after the lines that [format.ReadOwnPolicy] reads. The path of the
// configuration and the digest of the rules may be empty.
func WithHeader(command, config, rulesDigest string, body []byte) []byte {
	header := format.PolicyHeader + "# Make it again from the rules of today: regmigrate policy --update FILE\n" + format.PolicyCommand + command + "\n"
	if config != "" {
		header += format.PolicyConfig + config + "\n"
	}
	if rulesDigest != "" {
		header += format.PolicyRulesDigest + rulesDigest + "\n"
	}
	digest := format.DigestOfPolicy(append([]byte(header), body...))
	return append([]byte(header+format.PolicyDigestOfFile+digest+"\n"), body...)
}

// CheckHeader returns an error for a command or a path that a header cannot hold.
func CheckHeader(command, config string) error {
	if hasControl(command) || hasControl(config) {
		return errors.New("an argument or the path of the configuration has a control character, which the header of a policy cannot hold")
	}
	return nil
}

// Comment returns text as lines of a YAML comment.
func Comment(text string) string { return "# " + strings.Join(wrap(text, 96), "\n# ") + "\n" }

// wrap breaks text at spaces into lines of at most width bytes, if words allow it.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
