package cluster

import (
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// Role returns the ClusterRole that List needs with these options, as YAML. Command is the
// command line that it is for.
func Role(o Options, command string) string {
	groups, resources := []string{}, map[string][]string{}
	add := func(group, resource string) {
		if resources[group] == nil {
			groups = append(groups, group)
		}
		resources[group] = append(resources[group], resource)
	}
	for _, r := range podspec.Workloads() {
		if !o.CRDs || !isCustomGroup(r.Group) {
			add(r.Group, r.Resource)
		}
	}
	if o.Nodes {
		add("", "nodes")
	}
	if o.Helm {
		add("", "secrets")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# The permissions of: %s\n", command)
	if len(o.Namespaces) > 0 {
		fmt.Fprintf(&b, "# Bind it by a RoleBinding in each of these namespaces: %s\n", strings.Join(o.Namespaces, ", "))
		if o.Nodes {
			b.WriteString("# Nodes have no namespace: bind it by a ClusterRoleBinding for --nodes.\n")
		}
	} else {
		b.WriteString("# Bind it by a ClusterRoleBinding.\n")
	}
	if o.Helm {
		b.WriteString("# --helm reads secrets. RBAC cannot limit a list to the secrets of Helm.\n")
	}
	if !o.CRDs {
		b.WriteString("# To follow owners that are custom resources, add their kinds; without them, such an\n# owner is reported as the owner references of its objects name it.\n")
	}
	b.WriteString("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: regmigrate-cluster\nrules:\n")
	verbs := "list"
	if o.Watch {
		verbs = "list, watch"
	}
	for _, g := range groups {
		fmt.Fprintf(&b, "- apiGroups: [%q]\n  resources: [%s]\n  verbs: [%s]\n", g, strings.Join(resources[g], ", "), verbs)
	}
	if len(o.Namespaces) > 0 { // checkNamespaces
		quoted := make([]string, len(o.Namespaces))
		for i, n := range o.Namespaces {
			quoted[i] = fmt.Sprintf("%q", n)
		}
		fmt.Fprintf(&b, "# To tell an empty namespace from one that does not exist.\n- apiGroups: [\"\"]\n  resources: [namespaces]\n  resourceNames: [%s]\n  verbs: [get]\n", strings.Join(quoted, ", "))
	}
	if o.CRDs {
		b.WriteString("# --crds lists all custom resources: name the groups instead of \"*\" to allow less.\n- apiGroups: [\"*\"]\n  resources: [\"*\"]\n  verbs: [" + verbs + "]\n")
	}
	return b.String()
}
