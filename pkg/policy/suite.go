package policy

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// Suite returns tests of the policy for the engine called name, and the policy, as the
// files of a folder: for kyverno test, or for gator verify. Each rule has an image that
// moves, and images that are near: a sibling, a kept one, a short name of Docker Hub.
// What the tests expect comes from the rules, and not from the policy. The errors of
// Suite are those of [Write], and one for an engine without a program that tests offline.
func Suite(name string, o Options) ([]File, error) {
	out, err := makeOutput(name, &o)
	if err != nil {
		return nil, err
	}
	switch name {
	case "kyverno":
		return kyvernoSuite(&o, out)
	case "gatekeeper":
		return gatekeeperSuite(&o, out)
	}
	return nil, fmt.Errorf("policy %s: --tests: no program evaluates this policy without a cluster exactly as a cluster does\n  use the engine kyverno or gatekeeper, which decide alike, or kubectl apply --dry-run=server in a cluster with the policy", name)
}

// A sample is an image that shows what a rule does.
type sample struct {
	name, image string
	to          string // the new image; "" if the image does not move
}

// message returns what a policy that judges says about the container.
func (s sample) message() string {
	return fmt.Sprintf(`container "%s": %s must be %s`, s.name, s.image, s.to)
}

// samples returns the images for each rule. An image is in one list only.
func samples(o *Options) [][]sample {
	table := o.Rules.Table()
	var out [][]sample
	seen := map[string]bool{}
	for _, r := range o.Rules.Rules() {
		if strings.HasPrefix(r.From, "https://") {
			continue
		}
		var list []sample
		add := func(name, ref string) {
			if _, err := image.Parse(ref); err != nil || seen[ref] {
				return
			}
			seen[ref] = true
			to, _ := table.Move(ref)
			list = append(list, sample{name, ref, to})
		}
		near(r, add)
		out = append(out, list)
	}
	return out
}

// near calls add for images on both sides of the borders of a rule.
func near(r rules.Rule, add func(name, ref string)) {
	const digest = "@sha256:0000000000000000000000000000000000000000000000000000000000000000"
	host, path, hasPath := strings.Cut(r.From, "/")
	add("match", r.From+"/app:1.0")
	if hasPath {
		add("exact", r.From+":1.0")
		add("sibling", r.From+"-x/app:1.0")
		add("parent", host+"/app:1.0")
	} else {
		add("sibling", "x-"+host+"/app:1.0")
		add("sibling-below", host+".example/app:1.0")
	}
	add("digest", r.From+"/app"+digest)
	add("inside", "harbor.example/"+r.From+"/app:1.0")
	for i, keep := range r.Keep {
		add(fmt.Sprintf("kept-%d", i+1), keep+":1.0")
		add(fmt.Sprintf("kept-%d-below", i+1), keep+"/app:1.0")
	}
	if host != image.DockerHubHosts[0] {
		return
	}
	if !hasPath {
		add("short", "app:1.0")
		add("short-below", "team/app:1.0")
	} else {
		add("short", path+":1.0")
		add("short-below", path+"/app:1.0")
		add("short-official", strings.TrimPrefix(path, "library/")+":1.0")
	}
	for _, alias := range image.DockerHubHosts[1:] {
		add("alias-"+strings.TrimSuffix(alias, ".docker.io"), strings.Trim(alias+"/"+path, "/")+"/app:1.0")
	}
}

// testNamespace is the namespace of the objects of a suite; no name of --except-namespace.
func (o *Options) testNamespace() string {
	name := "default"
	for strings.Contains(","+strings.Join(o.ExceptSpaces, ",")+",", ","+name+",") {
		name += "-x"
	}
	return name
}

// testPod returns a pod with one container for each sample.
func (o *Options) testPod(name string, list []sample) map[string]any {
	return o.testObject(podspec.Workloads()[0], name, list)
}

// testObject returns an object of a kind with one container for each sample.
func (o *Options) testObject(r podspec.Resource, name string, list []sample) map[string]any {
	var containers []any
	for _, s := range list {
		containers = append(containers, map[string]any{"name": s.name, "image": s.image})
	}
	var value any = map[string]any{"containers": containers}
	steps := podspec.Steps(r.Path)
	for i := len(steps) - 1; i >= 0; i-- {
		value = map[string]any{steps[i]: value}
	}
	object := value.(map[string]any)
	object["apiVersion"], object["kind"] = strings.TrimPrefix(r.Group+"/"+r.Version, "/"), r.Kind
	object["metadata"] = map[string]any{"name": name, "namespace": o.testNamespace()}
	return object
}

// firstMoving returns the first sample that moves.
func firstMoving(lists [][]sample) (sample, bool) {
	for _, list := range lists {
		for _, s := range list {
			if s.to != "" {
				return s, true
			}
		}
	}
	return sample{}, false
}

// suiteFile returns a file of a suite with objects as YAML documents.
func suiteFile(o *Options, name string, notes []string, objects ...any) (File, error) {
	body, err := output{notes: notes}.body()
	if err != nil {
		return File{}, err
	}
	b := bytes.NewBuffer(body)
	for _, x := range objects {
		b.WriteString("---\n")
		if err := encodeYAML(b, x); err != nil {
			return File{}, err
		}
	}
	text := sampleLine.ReplaceAll(b.Bytes(), []byte("$0 # regmigrate:ignore"))
	return File{name, withHeader(o, "", text)}, nil
}

// sampleLine matches a line with an image of a sample, which regmigrate must not move.
var sampleLine = regexp.MustCompile(`(?m)^ +(?:- )?(?:image|message): .*$`)

// policyFile returns a file of a suite with objects of the policy.
func policyFile(o *Options, name string, notes []string, objects ...object) (File, error) {
	body, err := output{notes, objects}.body()
	if err != nil {
		return File{}, err
	}
	return File{name, withHeader(o, o.Rules.Table().Digest(), body)}, nil
}
