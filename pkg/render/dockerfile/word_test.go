package dockerfile

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A text after an operator of a variable may change as a move only, also if no value of the
// defaults shows it.
func TestOperators(t *testing.T) {
	for _, tt := range []struct{ before, after, state string }{
		{"ARG A=q.io/alpine\nARG B\nFROM ${A:-${B-docker.io/x}}\n", "ARG A=q.io/alpine\nARG B\nFROM ${A:-${B-evil.io/x}}\n", "FAILED"},
		{"ARG A\nFROM ${A:+${B:-quay.io/coreos/x:1}}\n", "ARG A\nFROM ${A:+${B:-evil.io/x:2}}\n", "FAILED"},
		{"ARG A=${C:+${B:-quay.io/coreos/x:1}}q.io/a\nFROM $A\n", "ARG A=${C:+${B:-evil.io/x:2}}q.io/a\nFROM $A\n", "FAILED"},
		{"FROM ${REG:+${REG}/}app:${V:+${REG:-x}${V}}\n", "FROM ${REG:+${REG}/}app:${V:+${REG:-y}${V}}\n", "FAILED"},
		{"ARG A=q.io/a\nFROM ${A-docker.io/x}\n", "ARG A=q.io/a\nFROM ${A-evil.io/x}\n", "FAILED"},
		{"ARG A=q.io/a\nFROM ${A?needs}\n", "ARG A=q.io/a\nFROM ${A?other}\n", "FAILED"},
		{"ARG A=q.io/a\nFROM ${A:?quay.io/a/b:1}\n", "ARG A=q.io/a\nFROM ${A:?mirror.example/quay/a/b:1}\n", "unproven"}, // regmigrate itself writes it,
		{"ARG A=q.io/a\nFROM ${A-docker.io/x}\n", "ARG A=q.io/a\nFROM ${A-mirror.example/hub/library/x}\n", "proven"},
		{"FROM ${REG:-quay.io}/a/b:1\n", "FROM ${REG:-mirror.example/quay}/a/b:1\n", "unproven"},
		{"FROM ${REG:+quay.io/}a/b:1\n", "FROM ${REG:+mirror.example/quay/}a/b:1\n", "unproven"},
		{"FROM \"${A:-quay.io/a/b:1}\"\n", "FROM \"${A:-mirror.example/quay/a/b:1}\"\n", "unproven"},
		{"ARG A=q.io/a\nFROM ${A:-$B$C$D$E${F:-quay.io/a/b:1}}\n", "ARG A=q.io/a\nFROM ${A:-$B$C$D$E${F:-mirror.example/quay/a/b:1}}\n", "unproven"},
	} {
		v := verifyText(t, "FROM quay.io/a/b:1 AS first\n"+tt.before, "FROM mirror.example/quay/a/b:1 AS first\n"+tt.after)
		if strings.HasPrefix(tt.before, "ARG") { // it is in the scope of the first FROM only at the top
			v = verifyText(t, tt.before+"FROM quay.io/a/b:1\n", tt.after+"FROM mirror.example/quay/a/b:1\n")
		}
		if v.State.String() != tt.state {
			t.Errorf("%q: expected %s, got %s", tt.after, tt.state, describe(&v))
		}
	}
}

// The move that regmigrate itself makes does not fail, also if it is right for some values of
// the arguments only.
func TestOwnMove(t *testing.T) {
	for _, tt := range []struct{ rule, before, state string }{
		{"quay.io/coreos=mm.ex/coreos", "ARG REG=quay.io\nFROM $REG/coreos/etcd:v3.5.0\n", "unproven"},
		{"quay.io=h.ex", "ARG REG=quay.io\nFROM $REG/coreos/etcd:v3.5.0\n", "proven"},
		{"k8s.gcr.io=h.ex", "FROM ${REG:-k8s.gcr.io}/pause:3\n", "proven"},
		{"quay.io=h.ex/p/quay.io", "ARG REG=quay.io\nFROM $REG/coreos/etcd:v3.5.0\n", "unproven"},
		{"docker.io=h.ex/p/docker.io", "ARG REGISTRY=docker.io\nARG NAMESPACE=bitnami\nFROM ${REGISTRY}/${NAMESPACE}/redis:1\n", "unproven"},
		{"k8s.gcr.io=h.ex/p/k8s.gcr.io", "FROM ${REG:-k8s.gcr.io}/pause:3\n", "unproven"},
		{"k8s.gcr.io/pause=h.ex/p/pause", "FROM ${REG:-k8s.gcr.io}/pause:3\n", "unproven"},
		{"docker.io/bitnami=h.ex/p/bitnami", "ARG REGISTRY=docker.io\nARG NAMESPACE=bitnami\nFROM ${REGISTRY}/${NAMESPACE}/redis:1\n", "unproven"},
	} {
		r, err := rules.ParseRuleFlag(tt.rule)
		if err != nil {
			t.Fatal(err)
		}
		set, err := rules.New([]rules.Rule{r})
		if err != nil {
			t.Fatal(err)
		}
		after, err := rewrite.EditText(set)(t.Context(), "Dockerfile", []byte(tt.before))
		if err != nil {
			t.Fatal(err)
		}
		tree := func(src string) fstest.MapFS {
			return fstest.MapFS{"Dockerfile": {Data: []byte(src), Mode: 0o644}}
		}
		v, err := Verify(t.Context(), &render.Runner{}, tree(tt.before), tree(string(after)), Options{Rewrite: render.ByRules(set), Plan: rewrite.EditText(set), Files: []string{"Dockerfile"}})
		if err != nil || len(v) != 1 || v[0].State.String() != tt.state || string(after) == tt.before {
			t.Errorf("%s: expected %s, got %v of %q, error %v", tt.rule, tt.state, v, after, err)
		}
	}
}
