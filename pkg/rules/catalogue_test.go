package rules

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// Every entry of the embedded catalogue has a sentence, a source and a date.
func TestCatalogue(t *testing.T) {
	index, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	if len(index.entries) < 30 {
		t.Errorf("%d entries", len(index.entries))
	}
	for _, e := range index.entries {
		if e.preset != "" && e.presetRules() == nil {
			t.Errorf("%q: preset %q", e.advice.Text, e.preset)
		}
		if _, err := time.Parse(time.DateOnly, e.advice.Date); err != nil || !strings.HasPrefix(e.advice.Source, "https://") {
			t.Errorf("%q: date %q, source %q", e.advice.Text, e.advice.Date, e.advice.Source)
		}
		if !strings.HasSuffix(e.advice.Text, ".") {
			t.Errorf("%q does not end with a full stop", e.advice.Text)
		}
	}
}

// For each entry: a reference that it selects, and a similar reference that it
// does not select.
func TestAdvise(t *testing.T) {
	const sha = "@sha256:5516d103a9c2ecc4f026efbd4b40662ce22dc1f824fb129ed121460aaa5c47f8"
	for _, c := range []struct {
		old  string
		says []string // a part of the text of each advice
	}{
		{"k8s.gcr.io/pause:3.9", nil},
		{"k8s.gcr.io/coredns:1.7.0", []string{"coredns/coredns:v1.8.0"}},
		{"k8s.gcr.io/coredns:1.8.0", []string{"This image does not exist"}},
		{"registry.k8s.io/coredns:v1.10.1", []string{"This image does not exist"}},
		{"gcr.io/google_containers/coredns:latest", []string{"no tag latest of CoreDNS"}},
		{"k8s.gcr.io/coredns", []string{"no tag latest of CoreDNS"}},
		{"k8s.gcr.io/coredns" + sha, nil},
		{"k8s.gcr.io/coredns:{{ .Tag }}", nil},
		{"k8s.gcr.io/coredns/coredns:v1.8.0", nil},
		{"k8s.gcr.io/coredns/coredns:1.8.0", []string{"start with a v"}},
		{"k8s.gcr.io/conformance-amd64:v1.14", []string{"cannot be pulled", "single-platform"}},
		{"k8s.gcr.io/conformance-amd64:v1.14.1", []string{"single-platform"}},
		{"k8s.gcr.io/build-image/kube-cross:latest", []string{"no tag latest"}},
		{"k8s.gcr.io/build-image/kube-cross:v1.26", nil},
		{"k8s.gcr.io/kube-proxy:v1.23.18", nil},
		{"k8s.gcr.io/kube-proxy:v1.23.19", []string{"never had this version"}},
		{"k8s.gcr.io/kube-proxy:v1.24.12", nil},
		{"k8s.gcr.io/kube-proxy:v1.24.13", []string{"never had this version"}},
		{"k8s.gcr.io/kube-proxy:v1.25.8", nil},
		{"k8s.gcr.io/kube-proxy:v1.26.3", nil},
		{"k8s.gcr.io/kube-apiserver:v1.26.4", []string{"never had this version"}},
		{"k8s.gcr.io/kube-apiserver:v1.33.0", []string{"never had this version"}},
		{"registry.k8s.io/kube-apiserver:v1.33.0", nil},
		{"k8s.gcr.io/metrics-server:v0.3.6", []string{"gets no newer version"}},
		{"k8s.gcr.io/metrics-server:v0.3.7", []string{"does not exist"}},
		{"k8s.gcr.io/metrics-server-amd64:v0.3.6", []string{"gets no newer version", "single-platform"}},
		{"k8s.gcr.io/metrics-server/metrics-server:v0.6.1", nil},
		{"k8s.gcr.io/kube-state-metrics:v1.9.7", []string{"gets no newer version"}},
		{"k8s.gcr.io/kube-state-metrics:v1.9.8", []string{"does not exist"}},
		{"k8s.gcr.io/cluster-proportional-autoscaler-amd64:1.8.1", []string{"cpa/", "single-platform"}},
		{"k8s.gcr.io/cluster-proportional-autoscaler-amd64:1.8.3", []string{"does not exist", "single-platform"}},
		{"gcr.io/google-containers/cluster-autoscaler:v1.2.2", []string{"autoscaling/"}},
		{"k8s.gcr.io/addon-resizer:1.8.4", []string{"autoscaling/"}},
		{"k8s.gcr.io/vpa-recommender:0.8.0", []string{"autoscaling/"}},
		{"k8s.gcr.io/autoscaling/vpa-recommender:0.8.0", nil},
		{"k8s.gcr.io/k8s-dns-node-cache:1.15.0", []string{"dns/"}},
		{"k8s.gcr.io/node-problem-detector:v0.8", []string{"node-problem-detector/node-problem-detector"}},
		{"k8s.gcr.io/git-sync:v3.1.1", []string{"git-sync/git-sync"}},
		{"k8s.gcr.io/kube-addon-manager:v9", []string{"addon-manager/"}},
		{"k8s.gcr.io/ip-masq-agent:v2", []string{"networking/"}},
		{"k8s.gcr.io/debian-base:v1", []string{"build-image/"}},
		{"gcr.io/google-containers/prometheus-to-sd:v0.9.2", []string{"registry check"}},
		{"gcr.io/google-containers/prometheus-to-sd:v0.9.1", nil},
		{"gcr.io/k8s-staging-ingress-nginx/controller:v1", []string{"promoted"}},
		{"gcr.io/kubernetes-e2e-test-images/agnhost:2.1", []string{"e2e-test-images"}},
		{"bitnami/redis", []string{"Use a version"}},
		{"docker.io/bitnami/redis:latest", []string{"Use a version"}},
		{"index.docker.io/bitnami/redis:latest", []string{"Use a version"}},
		{"bitnami/redis:7", nil},
		{"bitnami/minideb:latest", nil},
		{"bitnamilegacy/redis:7", []string{"allowInsecureImages"}},
		{"docker.io/bitnami/rabbitmq:4.1.2-debian-12-r0", []string{"July 2025"}},
		{"gcr.io/kubebuilder/kube-rbac-proxy:v0.13.1", []string{"March 2026"}},
		{"quay.io/brancz/kube-rbac-proxy:v0.13.1", nil},
		{"registry.istio.io/release/pilot:1.30.0", []string{"December 2026"}},
		{"quay.io/k8scsi/livenessprobe:v1.1.0", []string{"sig-storage"}},
		{"quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.33.0", []string{"ingress-nginx/controller"}},
		{"jettech/kube-webhook-certgen:v1.5.1", []string{"ingress-nginx/kube-webhook-certgen"}},
		{"quay.io/coreos/kube-state-metrics:v1.9.7", []string{"1.9.8"}},
		{"quay.io/coreos/prometheus-operator:v0.38.1", []string{"quay.io/prometheus-operator"}},
		{"quay.io/coreos/prometheus-operator:v0.42.1", []string{"gets no newer version"}},
		{"quay.io/coreos/prometheus-config-reloader:v0.43.0", []string{"This tag does not exist"}},
		{"quay.io/coreos/prometheus-operator", []string{"gets no newer version"}},
		{"k8s.gcr.io/coredns/coredns", []string{"no tag latest of CoreDNS"}},
		{"registry.k8s.io/cloud-provider-gcp/cloud-controller-manager:latest", []string{"no tag latest of this image"}},
		{"quay.io/coreos/etcd:v3.4", nil},
		{"nginx", nil},
		{"", nil},
		{"not a reference", nil},
	} {
		got := Advise(c.old, "")
		ok := len(got) == len(c.says)
		for i := range c.says {
			ok = ok && i < len(got) && strings.Contains(got[i].Text, c.says[i])
		}
		if !ok {
			t.Errorf("%s: got %+v, want %q", c.old, got, c.says)
		}
	}
}

// An entry that selects the old and the new reference is returned once.
// TestAdviseFollowed: advice to use a preset is not repeated to a reader whose rule
// makes that change.
func TestAdviseFollowed(t *testing.T) {
	for _, c := range []struct {
		old, new string
		want     int
	}{
		{"gcr.io/kubebuilder/kube-rbac-proxy:v0.13.1", "quay.io/brancz/kube-rbac-proxy:v0.13.1", 0},
		{"gcr.io/kubebuilder/kube-rbac-proxy:v0.13.1", "mirror.example/kubebuilder/kube-rbac-proxy:v0.13.1", 1},
		{"gcr.io/kubebuilder/kube-rbac-proxy:v0.13.1", "", 1},
		{"registry.istio.io/release/pilot:1.30.0", "docker.io/istio/pilot:1.30.0", 0},
	} {
		if got := Advise(c.old, c.new); len(got) != c.want {
			t.Errorf("%s to %q: got %v, want %d advices", c.old, c.new, got, c.want)
		}
	}
}

func TestAdviseReturnsAnEntryOnce(t *testing.T) {
	if got := Advise("k8s.gcr.io/coredns:1.8.0", "registry.k8s.io/coredns:1.8.0"); len(got) != 1 {
		t.Errorf("got %+v", got)
	}
	if got := Advise("bitnami/redis:7", "bitnamilegacy/redis:7"); len(got) != 1 || !got[0].ForCharts {
		t.Errorf("got %+v", got)
	}
}

func TestReadCatalogueErrors(t *testing.T) {
	const rest = ", text: t, source: s, date: d}\n"
	for _, c := range []struct{ src, want string }{
		{"", "c.yaml: empty"},
		{"entrys: []\n", `c.yaml:1:1: unknown key "entrys"`},
		{"entries:\n- {images: [a.io/b]}\n", "c.yaml:2:3: entries[0]: expected images, text, source and date"},
		{"entries:\n- {images: ['{k8s}/b']" + rest, `c.yaml:2:12: "{k8s}/b": no prefix list is named "k8s"`},
		{"prefixLists: {x: [K8S]}\n", `c.yaml:1:18: "K8S"`},
		{"prefixLists: []\n", "c.yaml:1:14: prefixLists is a list"},
		{"entries:\n- {images: [a.io/b], tags: '>=x'" + rest, `c.yaml:2:28: "x" is not a version`},
		{"entries:\n- {images: [a.io/b], tags: '1 ||'" + rest, `c.yaml:2:28: "1 ||" has an empty alternative`},
		{"entries:\n- {images: [a.io/b], forCharts: 1" + rest, "c.yaml:2:33: entries[0].forCharts is 1 (int); expected true"},
	} {
		if _, err := readCatalogue("c.yaml", []byte(c.src)); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: error %v\nwant %s…", c.src, err, c.want)
		}
	}
}

func FuzzConditions(f *testing.F) {
	for _, seed := range []string{">=1.8.0", "<1.24 || >=1.26.4 no-v", "latest || none", "v1", "||", ">="} {
		f.Add(seed, "v1.8.0-rc.1")
	}
	f.Fuzz(func(t *testing.T, text, tag string) {
		all, err := parseConditions(text)
		if err != nil {
			return
		}
		for _, c := range all {
			c.matches(tag, "")
		}
		// A version equals itself.
		if v, ok := parseVersion(tag); ok && v.compare(v) != 0 {
			t.Errorf("version %q does not equal itself", tag)
		}
	})
}

// The index finds the entries that a search of all entries finds.
func TestCatalogueIndex(t *testing.T) {
	index, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	var refs []string
	for _, e := range index.entries {
		for _, glob := range slices.Concat(e.images, e.except) {
			for _, text := range []string{"", "a", "amd64", "a/b"} {
				name := strings.ReplaceAll(glob, "*", text)
				name = strings.TrimPrefix(name, "docker.io/")
				for _, around := range []string{"%s:v1.25.8", "%s", "%s/x:1.9", "%sx:latest", "index.docker.io/%s", "a.example/%s:1"} {
					refs = append(refs, strings.ReplaceAll(around, "%s", name))
				}
			}
		}
	}
	globs := map[string]*regexp.Regexp{}
	matched := 0
	for _, ref := range refs {
		var want []int
		for i := range index.entries {
			if e := &index.entries[i]; matchesEntry(e, ref, globs) {
				want = append(want, i)
			}
		}
		got := index.matching(nil, ref)
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("%s: expected the entries %v, got %v", ref, want, got)
		}
		matched += len(want)
	}
	if matched < 500 {
		t.Errorf("only %d matches of %d references", matched, len(refs))
	}
}

// matchesEntry reports whether e selects ref, with regular expressions. It adds those of
// the globs of e to globs.
func matchesEntry(e *catalogueEntry, ref string, globs map[string]*regexp.Regexp) bool {
	r, err := image.Parse(ref)
	if err != nil {
		return false
	}
	name := cmp.Or(image.CanonicalHost(r.Domain), dockerHub) + "/" + r.Path
	matches := func(glob string) bool {
		if globs[glob] == nil {
			globs[glob] = regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(glob), `\*`, `[^/]+`) + "$")
		}
		return globs[glob].MatchString(name)
	}
	return slices.ContainsFunc(e.images, matches) && !slices.ContainsFunc(e.except, matches) &&
		(len(e.tags) == 0 || slices.ContainsFunc(e.tags, func(c condition) bool { return c.matches(r.Tag, r.Digest) }))
}

func BenchmarkAdvise(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Advise("k8s.gcr.io/team/app:1.2.3", "registry.k8s.io/team/app:1.2.3")
	}
}
