package rules

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestMirrorRules(t *testing.T) {
	for _, c := range []struct {
		name, target string
		names        []string
		hosts        string
		want         string // FROM=TO, or "FROM: why it is kept", sorted by host
	}{
		{"plain", "harbor.example.com/proxy", nil, "quay.io docker.io index.docker.io", "docker.io=harbor.example.com/proxy/docker.io quay.io=harbor.example.com/proxy/quay.io"},
		{"port", "harbor:5000/proxy/", nil, "quay.io:8443", "quay.io:8443=harbor:5000/proxy/quay.io-8443"},
		{"names", "m.example", []string{"docker.io=hub", "registry-1.docker.io=hub", "ghcr.io=gh"}, "docker.io ghcr.io quay.io", "docker.io=m.example/hub ghcr.io=m.example/gh quay.io=m.example/quay.io"},
		{"template", "{registry}.m.example/x/{path}", []string{"docker.io=hub"}, "docker.io hub.m.example", "docker.io=hub.m.example/x hub.m.example: the mirror itself"},
		{"one registry in three spellings", "m.example", nil, "QUAY.IO quay.io quay.io:443", "QUAY.IO=m.example/quay.io quay.io=m.example/quay.io quay.io:443=m.example/quay.io"},
		{"the mirror in other spellings", "M.example:443/p", nil, "m.example M.Example:443 m.example:8443", "M.Example:443: the mirror itself m.example: the mirror itself m.example:8443=M.example:443/p/m.example-8443"},
		{"this machine", "m.example", nil, "host.docker.internal:5000 host.k3d.internal registry.acme.internal", "host.docker.internal:5000: this machine host.k3d.internal: this machine registry.acme.internal=m.example/registry.acme.internal"},
		{"other hosts of the domain", "{registry}.m.example/{path}", []string{"docker.io=hub"}, "ci.m.example quay.io.m.example", "ci.m.example=ci.m.example.m.example quay.io.m.example: the mirror itself"},
		{"kept", "m.example/p", nil, "m.example localhost:5000 10.0.0.1:80 [::1]:5000 registry:5000 a.local a.b.svc r.example", "10.0.0.1:80: an address [::1]:5000: an address a.b.svc: a host of the cluster or of the local network a.local: a host of the cluster or of the local network localhost:5000: this machine m.example: the mirror itself r.example=m.example/p/r.example registry:5000: a host of the local network"},
		{"gar", "gar:eu-docker.pkg.dev/acme", nil, "docker.io quay.io", "docker.io=eu-docker.pkg.dev/acme/docker-io quay.io=eu-docker.pkg.dev/acme/quay-io"},
		{"ecr", "ecr:1.dkr.ecr.eu-west-1.amazonaws.com", []string{"quay.io=redhat"}, "docker.io quay.io", "docker.io=1.dkr.ecr.eu-west-1.amazonaws.com/docker-hub quay.io=1.dkr.ecr.eu-west-1.amazonaws.com/redhat"},
		{"gitlab", "gitlab:gitlab.example.com/group", nil, "docker.io quay.io", "docker.io=gitlab.example.com/group/dependency_proxy/containers quay.io: the mirror has no images of this registry"},
		{"artifactory", "artifactory:acme.jfrog.io", []string{"docker.io=docker-remote"}, "docker.io", "docker.io=acme.jfrog.io/docker-remote"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := ParseMirrorFlag(c.target, c.names)
			if err != nil {
				t.Fatal(err)
			}
			rules, kept, err := m.Rules(strings.Fields(c.hosts))
			if err != nil {
				t.Fatal(err)
			}
			all := map[string]string{}
			for _, r := range rules {
				all[r.From] = r.From + "=" + r.To
			}
			for _, k := range kept {
				all[k.Host] = k.Host + ": " + k.Reason
			}
			var got []string
			for _, host := range canonicalHosts(strings.Fields(c.hosts)) {
				got = append(got, all[host])
			}
			if got := strings.Join(got, " "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if _, err := New(rules); err != nil {
				t.Errorf("the rules are no set: %v", err)
			}
		})
	}
}

func TestMirrorErrors(t *testing.T) {
	for _, c := range []struct{ target, names, want string }{
		{"harbor", "", `does not start with a registry`},
		{"https://m.example", "", "without a scheme"},
		{"http://m.example", "", "has a scheme"},
		{"hrbor:m.example", "", `unknown layout "hrbor"; available layouts: artifactory, ecr, gar, gitlab, harbor (did you mean "harbor"?)`},
		{"m.example/{path}", "", "expected one {registry}"},
		{"{registry}/{path}", "", "expected a host, or a domain after {registry}"},
		{"gitlab:gitlab.example.com", "", "expected a path after the host: GitLab"},
		{"gar:eu-docker.pkg.dev", "", "expected a path after the host"},
		{"m.example/{registry}", "", "expected one {path}, at the end"},
		{"m.example/{path}/{registry}", "", "expected one {path}, at the end"},
		{"m.example/{registry}/{registry}/{path}", "", "expected one {registry}"},
		{"m.example/{host}/{registry}/{path}", "", "contains a variable"},
		{"m.example", "docker.io", "expected REGISTRY=NAME"},
		{"m.example", "docker.io=Hub", `the name "Hub"`},
		{"m.example", "docker.io/library=hub", "expected a registry without a path"},
		{"m.example", "docker.io=a index.docker.io=b", "docker.io has two names"},
	} {
		if _, err := ParseMirrorFlag(c.target, strings.Fields(c.names)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: error %v, want %q", c.target, c.names, err, c.want)
		}
	}
}

// Different images must not get the same name.
func TestMirrorIsInjective(t *testing.T) {
	for _, names := range []string{"docker.io=hub quay.io=hub", "docker.io=hub quay.io=hub/quay", "docker.io=quay.io"} {
		m, err := ParseMirrorFlag("m.example", strings.Fields(names))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := m.Rules([]string{"docker.io", "quay.io"}); err == nil || !strings.Contains(err.Error(), "different images get the same name") {
			t.Errorf("%s: error %v", names, err)
		}
	}
}

func TestMirrorWithoutName(t *testing.T) {
	m, err := ParseMirrorFlag("artifactory:m.example", []string{"docker.io=hub"})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = m.Rules([]string{"quay.io", "docker.io", "ghcr.io", "m.example", "localhost"})
	if unnamed := (*UnnamedError)(nil); !errors.As(err, &unnamed) || fmt.Sprint(unnamed.Hosts) != "[ghcr.io quay.io]" {
		t.Errorf("error %v", err)
	}
}

func TestMirrorKeep(t *testing.T) {
	c, err := LoadConfig("c.yaml", []byte(`rules:
- {from: "*", to: m.example, keep: [quay.io/acme, GHCR.io, "gcr.io/$PROJECT"]}
`))
	if err != nil {
		t.Fatal(err)
	}
	rules, kept, err := c.Mirror.Rules([]string{"quay.io", "ghcr.io", "gcr.io"})
	if err != nil || len(rules) != 2 || fmt.Sprint(rules[0].Keep, rules[1].Keep) != "[gcr.io/$PROJECT] [quay.io/acme]" || rules[0].Name != "c.yaml:2" || fmt.Sprint(kept) != "[{ghcr.io keep}]" {
		t.Errorf("rules %v, kept %v, error %v", rules, kept, err)
	}
}

func TestMirrorConfigErrors(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"rules: [{from: '*'}]", `c.yaml:1:9: rules[0] has no "to"`},
		{"rules: [{from: '*', to: m.example}, {from: '*', to: n.example}]", "two rules move all registries"},
		{"rules: [{from: '*', to: m.example, keep: ['https://a.example']}]", "moves no repositories of charts"},
		{"rules: [{from: '*', to: m}]", "c.yaml:1:25: rules[0].to \"m\""},
		{"rules: [{from: '*', to: m.example, names: [a]}]", "expected names of registries"},
		{"rules: [{from: '*', to: m.example, names: {docker.io: [a]}}]", "rules[0].names.docker.io"},
		{"rules: [{from: '*', to: m.example, name: x, what: y}]", "what"},
	} {
		if _, err := LoadConfig("c.yaml", []byte(c.src)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.src, err, c.want)
		}
	}
}

func TestLayouts(t *testing.T) {
	all := Layouts()
	if len(all) != len(LayoutNames()) {
		t.Errorf("%d layouts of %v can be loaded", len(all), LayoutNames())
	}
	for _, l := range all {
		if l.Doc == "" || !strings.HasPrefix(l.Source, "https://") {
			t.Errorf("%s: doc %q, source %q", l.Name, l.Doc, l.Source)
		}
	}
}

// FuzzMirror checks that the references of two registries move to different names, and that
// a second run changes nothing.
func FuzzMirror(f *testing.F) {
	f.Add("m.example/p", "docker.io", "quay.io", "hub", "a/b")
	f.Add("{registry}.m.example/{path}", "docker.io", "a.m.example", "", "a")
	f.Add("gar:m.example/p", "a-b.io", "a.b.io", "", "a")
	f.Add("m.example", "a.io", "b.io", "b.io", "b.io/a")
	f.Fuzz(func(t *testing.T, target, a, b, name, path string) {
		var names []string
		if name != "" {
			names = append(names, a+"="+name)
		}
		m, err := ParseMirrorFlag(target, names)
		if err != nil {
			return
		}
		list, kept, err := m.Rules([]string{a, b})
		if err != nil {
			return
		}
		if n := len(canonicalHosts([]string{a, b})); len(list)+len(kept) != n {
			t.Fatalf("%d rules and %d kept registries for %d hosts", len(list), len(kept), n)
		}
		set, err := New(list)
		if err != nil {
			t.Fatalf("the rules %v are no set: %v", list, err)
		}
		moved := map[string]string{}
		for _, host := range []string{a, b} {
			ref := host + "/" + path
			if !validPath(path) {
				continue
			}
			match, ok := set.Match(ref, Reference)
			if !ok {
				continue
			}
			to := match.New + ref[match.Len:]
			if _, again := set.Match(to, Reference); again {
				t.Errorf("%s moves to %s, which moves again", ref, to)
			}
			if other, ok := moved[to]; ok && canonicalHosts([]string{other})[0] != canonicalHosts([]string{host})[0] {
				t.Errorf("%s and %s/%s both move to %s", ref, other, path, to)
			}
			moved[to] = host
		}
	})
}

func validPath(path string) bool {
	for _, c := range strings.Split(path, "/") {
		if !validComponent(c) {
			return false
		}
	}
	return true
}

func TestMirrorRegistryOf(t *testing.T) {
	m, err := ParseMirrorFlag("harbor.example.com/proxy", []string{"docker.io=hub"})
	if err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]string{
		"harbor.example.com/proxy/hub/library/nginx:1":     "docker.io",
		"HARBOR.example.com:443/proxy/quay.io/acme/app":    "quay.io",
		"harbor.example.com/proxy/r.example-8443/app":      "r.example:8443",
		"harbor.example.com/proxy/acme/app":                "",
		"harbor.example.com/other/quay.io/acme/app":        "",
		"harbor.example.com/proxy/quay.io":                 "",
		"quay.io/proxy/hub/library/nginx":                  "",
		"harbor.example.com/proxy/hubs/library/nginx:1.27": "",
	} {
		if got, ok := m.RegistryOf(ref); got != want && ok || ok != (want != "") {
			t.Errorf("%s is of %q, want %q", ref, got, want)
		}
	}
}
