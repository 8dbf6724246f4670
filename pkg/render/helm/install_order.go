package helm

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A printedObject is an object in the output of `helm template`.
type printedObject struct {
	text   string
	kind   string
	isHook bool
	isTest bool // a hook that `helm test` runs
}

// sortObjects returns the objects in the outputs of templates in the order in which Helm
// prints them: by kind, objects before hooks. Hooks whose event Helm does not know are left
// out. Source: SortManifests in helm.sh/helm/v3/pkg/releaseutil; install_order_test.go
// compares with it.
func sortObjects(outputs map[string]string) ([]printedObject, error) {
	var objects, hooks []printedObject
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		for _, text := range render.SplitDocuments(outputs[name]) {
			o, ok, err := readPrinted(strings.TrimSpace(text))
			switch {
			case err != nil:
				return nil, fmt.Errorf("YAML parse error on %s: %w", name, err)
			case o.isHook && ok:
				hooks = append(hooks, o)
			case ok:
				objects = append(objects, o)
			}
		}
	}
	slices.SortStableFunc(objects, compareInstallOrder)
	slices.SortStableFunc(hooks, compareInstallOrder)
	return append(objects, hooks...), nil
}

// An objectHead is what decides the place of an object in the output.
type objectHead struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   *struct {
		Name        string            `json:"name"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
}

// readPrinted reads the head of an object. It returns false for a hook with an unknown
// event.
func readPrinted(text string) (printedObject, bool, error) {
	var head objectHead
	if err := yaml.Unmarshal([]byte(text), &head); err != nil {
		return printedObject{}, false, err
	}
	o := printedObject{text: text, kind: head.Kind}
	if head.Metadata == nil {
		return o, true, nil
	}
	events, ok := head.Metadata.Annotations["helm.sh/hook"]
	if !ok {
		return o, true, nil
	}
	o.isHook = true
	for event := range strings.SplitSeq(events, ",") {
		event = strings.ToLower(strings.TrimSpace(event))
		if !slices.Contains(hookEvents, event) {
			return o, false, nil
		}
		o.isTest = o.isTest || strings.HasPrefix(event, "test")
	}
	return o, true, nil
}

// hookEvents are the events of hooks. Source: helm.sh/helm/v3/pkg/release/hook.go; Helm 2
// had test-success.
var hookEvents = []string{
	"pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade",
	"pre-rollback", "post-rollback", "test", "test-success",
}

// installOrder are the kinds that Helm installs first, in this order.
// Source: InstallOrder in helm.sh/helm/v3/pkg/releaseutil
var installOrder = []string{
	"PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy",
	"PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass",
	"PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole",
	"ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding",
	"RoleBindingList", "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment",
	"HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService",
}

// compareInstallOrder compares the kinds of objects: kinds that are not in installOrder
// are last, by name.
func compareInstallOrder(a, b printedObject) int {
	i, j := slices.Index(installOrder, a.kind), slices.Index(installOrder, b.kind)
	switch {
	case i < 0 && j < 0:
		return strings.Compare(a.kind, b.kind)
	case i < 0:
		return 1
	case j < 0:
		return -1
	}
	return cmp.Compare(i, j)
}
