package image

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

func TestParseIdentifier(t *testing.T) {
	id := strings.Repeat("0a", 32)
	if r, err := Parse(id); err == nil {
		t.Errorf("Parse(%q) = %+v, want an error: it is the ID of an image", id, r)
	}
	for _, s := range []string{id[1:], id + "b", "acme/" + id, id + ":1"} {
		if _, err := Parse(s); err != nil {
			t.Errorf("Parse(%q): %v", s, err)
		}
	}
}

func TestParse(t *testing.T) {
	const sha = "sha256:5516d103a9c2ecc4f026efbd4b40662ce22dc1f824fb129ed121460aaa5c47f8"
	for _, c := range []struct{ text, domain, path, tag, digest string }{
		{"nginx", "", "nginx", "", ""},
		{"nginx:1.25", "", "nginx", "1.25", ""},
		{"bitnami/redis", "", "bitnami/redis", "", ""},
		{"docker.io/nginx", "docker.io", "nginx", "", ""},
		{"k8s.gcr.io/pause:3.9", "k8s.gcr.io", "pause", "3.9", ""},
		{"k8s.gcr.io/ingress-nginx/controller:v1.2.1@" + sha, "k8s.gcr.io", "ingress-nginx/controller", "v1.2.1", sha},
		{"k8s.gcr.io/pause@" + sha, "k8s.gcr.io", "pause", "", sha},
		{"localhost/x", "localhost", "x", "", ""},
		{"localhost:5000/x:1", "localhost:5000", "x", "1", ""},
		{"registry:5000/x", "registry:5000", "x", "", ""},
		{"[::1]:5000/x", "[::1]:5000", "x", "", ""},
		{"HARBOR/x", "HARBOR", "x", "", ""},
		{"k8s.gcr.io", "", "k8s.gcr.io", "", ""},
		{"k8s.gcr.io:443/x", "k8s.gcr.io:443", "x", "", ""},
		{"gcr.io/google_containers/x__y-z.w", "gcr.io", "google_containers/x__y-z.w", "", ""},
		{"k8s.gcr.io/x:{{ .Values.tag | default \"a/b:c\" }}", "k8s.gcr.io", "x", "{{ .Values.tag | default \"a/b:c\" }}", ""},
		{"k8s.gcr.io/{{ .Arch }}/x", "k8s.gcr.io", "{{ .Arch }}/x", "", ""},
		{"k8s.gcr.io/x:${TAG:-1.0}", "k8s.gcr.io", "x", "${TAG:-1.0}", ""},
		{"k8s.gcr.io/x:$(TAG)@$(DIGEST)", "k8s.gcr.io", "x", "$(TAG)", "$(DIGEST)"},
		{"k8s.gcr.io/x-$ARCH:v$V", "k8s.gcr.io", "x-$ARCH", "v$V", ""},
		{"k8s.gcr.io/x:<tag>", "k8s.gcr.io", "x", "<tag>", ""},
		{"k8s.gcr.io/%s:%s", "k8s.gcr.io", "%s", "%s", ""},
		{"k8s.gcr.io/%p:%i", "k8s.gcr.io", "%p", "%i", ""},
		{"{{ .Registry }}/x:1", "", "{{ .Registry }}/x", "1", ""},
		{"a/x:<< parameters.tag >>", "", "a/x", "<< parameters.tag >>", ""},
		{"a/((name)):((vault:a/b.c))", "", "a/((name))", "((vault:a/b.c))", ""},
		{"a/x:$[[ inputs.tag | expand_vars ]]", "", "a/x", "$[[ inputs.tag | expand_vars ]]", ""},
		{"a/x:$[variables['tag']]", "", "a/x", "$[variables['tag']]", ""},
		{`a/x:[[ var "tag" . ]]`, "", "a/x", `[[ var "tag" . ]]`, ""},
		{"a/x:%{ if y }1%{ else }2%{ endif }", "", "a/x", "%{ if y }1%{ else }2%{ endif }", ""},
		{"a/x:<%= tag %>", "", "a/x", "<%= tag %>", ""},
		{"a/x:{% if y %}1{% endif %}", "", "a/x", "{% if y %}1{% endif %}", ""},
		{"a/#{name}#:#{tag}", "", "a/#{name}#", "#{tag}", ""},
		{"a/x:@project.version@", "", "a/x", "@project.version@", ""},
		{"a/x:%TAG%", "", "a/x", "%TAG%", ""},
		{"a/%%NAME%%:%%VERSION%%", "", "a/%%NAME%%", "%%VERSION%%", ""},
	} {
		r, err := Parse(c.text)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.text, err)
			continue
		}
		if want := (Ref{c.text, c.domain, c.path, c.tag, c.digest}); r != want {
			t.Errorf("Parse(%q) = %+v, want %+v", c.text, r, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, text := range []string{
		"", " ", "/x", "x/", "a//b", "K8S", "x:", "x:-a", "x@", "x@sha256:12", "k8s.gcr.io/", "k8s.gcr.io/X", "k8s.gcr.io/*", "^k8s.gcr.io/x",
		"https://k8s.gcr.io/v2/", "k8s.gcr.io/a b", "a..b/x..y", "k8s.gcr.io:port/x", "s.g_r.io/p", "-a/b", "x:" + strings.Repeat("t", 129), "k8s.gcr.io/x:{{", "k8s.gcr.io/x:${A", "k8s.gcr.io/x,y",
		"a/((x|y)):1", "a/[[:alpha:]]+", "a/x:<< a", "a/x:%TAG", "a/x:@TAG",
	} {
		if r, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %+v, want an error", text, r)
		}
	}
}

func TestWordAt(t *testing.T) {
	const host = "k8s.gcr.io"
	for _, c := range []struct {
		text  string
		shape Shape
		word  string
	}{
		{"k8s.gcr.io/pause:3.9", Reference, "k8s.gcr.io/pause:3.9"},
		{"--image=k8s.gcr.io/pause:3.9,b", Reference, "k8s.gcr.io/pause:3.9"},
		{"use k8s.gcr.io/pause:3.9.", Reference, "k8s.gcr.io/pause:3.9"},
		{"docker://k8s.gcr.io/pause", Reference, "k8s.gcr.io/pause"},
		{"image:k8s.gcr.io/pause:1", Reference, "k8s.gcr.io/pause:1"},
		{"registry:k8s.gcr.io", Host, "k8s.gcr.io"},
		{"${REGISTRY:-k8s.gcr.io}", Host, "k8s.gcr.io"},
		{"${IMAGE:-k8s.gcr.io/pause:3.9}", Reference, "k8s.gcr.io/pause:3.9"},
		{"k8s.gcr.io/a:{{ .T }} x", Reference, "k8s.gcr.io/a:{{ .T }}"},
		{"harbor.corp.example/k8s.gcr.io/pause", Reference, "harbor.corp.example/k8s.gcr.io/pause"},
		{"mirror-k8s.gcr.io/pause", Reference, "mirror-k8s.gcr.io/pause"},
		{"k8s.gcr.io.corp.example/pause", Reference, "k8s.gcr.io.corp.example/pause"},
		{"k8s.gcr.io", Host, "k8s.gcr.io"},
		{"from k8s.gcr.io.", Host, "k8s.gcr.io"},
		{"(k8s.gcr.io/)", Host, "k8s.gcr.io/"},
		{"https://k8s.gcr.io/v2/", URL, "https://k8s.gcr.io/v2/"},
		{"https://x.example/?a=k8s.gcr.io/p", URL, "k8s.gcr.io/p"},
		{"//k8s.gcr.io/x", URL, "//k8s.gcr.io/x"},
		{"/var/k8s.gcr.io/x", Path, "/var/k8s.gcr.io/x"},
		{"--dir=./k8s.gcr.io", Path, "./k8s.gcr.io"},
		{"k8s.gcr.io/*", Pattern, "k8s.gcr.io/"},
		{"^k8s.gcr.io/x", Pattern, "k8s.gcr.io/x"},
		{"k8s.gcr.io/((images", Pattern, "k8s.gcr.io/"},
		{"k8s.gcr.io/a:1|k8s.gcr.io/b", Pattern, "k8s.gcr.io/a:1"},
		{"k8s.gcr.io/a| b", Pattern, "k8s.gcr.io/a"},
		{"k8s.gcr.io/a:1| b", Reference, "k8s.gcr.io/a:1"},
		{`"a \"k8s.gcr.io/a:1,\" b"`, Reference, "k8s.gcr.io/a:1"},
		{`k8s.gcr.io/a:1\.2`, Pattern, "k8s.gcr.io/a:1"},
		{"k8s.gcr.io/a$", Pattern, "k8s.gcr.io/a"},
		{"k8s.gcr.io/a$$", Pattern, "k8s.gcr.io/a"},
		{"k8s.gcr.io/$${A}:$$B x", Reference, "k8s.gcr.io/$${A}:$$B"},
		{"${P}k8s.gcr.io/x", Other, "k8s.gcr.io/x"},
		{"sed 's#k8s.gcr.io/x#registry.k8s.io/x#'", Pattern, "k8s.gcr.io/x"},
		{"$(P)k8s.gcr.io/x", Other, "k8s.gcr.io/x"},
		{"github.com/kubernetes/k8s.io/tree/HEAD/k8s.gcr.io/images", Other, "github.com/kubernetes/k8s.io/tree/HEAD/k8s.gcr.io/images"},
	} {
		i := strings.Index(c.text, host)
		w := WordAt(c.text, edit.Span{Start: i, End: i + len(host)})
		if got := c.text[w.Span.Start:w.Span.End]; w.Shape != c.shape || got != c.word {
			t.Errorf("WordAt(%q) = shape %d, %q; want %d, %q", c.text, w.Shape, got, c.shape, c.word)
		}
	}
}

// A colon may be the last byte of a text.
func TestWordAtNearTheEnd(t *testing.T) {
	for _, text := range []string{"", ":", "image:", "a:-", "/", "//", "x:y:"} {
		for i := 0; i <= len(text); i++ {
			if w := WordAt(text, edit.Span{Start: i, End: i}); w.Span.Start > w.Span.End || w.Span.End > len(text) {
				t.Errorf("WordAt(%q, %d) = %+v", text, i, w)
			}
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"nginx:1 and redis", nil},
		{"docker pull k8s.gcr.io/pause:3.9 && crane copy gcr.io/a/b:1 localhost:5000/a/b:1", []string{"k8s.gcr.io/pause:3.9", "gcr.io/a/b:1", "localhost:5000/a/b:1"}},
		{"a=k8s.gcr.io/a:1,b=k8s.gcr.io/b:2;", []string{"k8s.gcr.io/a:1", "k8s.gcr.io/b:2"}},
		{"see https://k8s.gcr.io/v2/ or oci://ghcr.io/x/y", []string{"ghcr.io/x/y"}},
		{"k8s.gcr.io/{{ .A }}/b:{{ .C }}, k8s.gcr.io/d", []string{"k8s.gcr.io/{{ .A }}/b:{{ .C }}", "k8s.gcr.io/d"}},
		{"{{ .R }}quay.io/a", nil},
		{"${A:-quay.io/a:1} ${B=quay.io/b} $(docker inspect quay.io/c) ${quay.io/d}", []string{"quay.io/a:1", "quay.io/b", "quay.io/c"}},
		{"/usr/lib/x.y/z", nil},
		{"docker pull $REGISTRY/etcd:3.5", nil},
	} {
		var got []string
		for _, f := range Find(c.text) {
			got = append(got, c.text[f.Span.Start:f.Span.End])
			if f.Ref.Text != got[len(got)-1] {
				t.Errorf("Find(%q): span %q, reference %q", c.text, got[len(got)-1], f.Ref.Text)
			}
		}
		if strings.Join(got, " ") != strings.Join(c.want, " ") {
			t.Errorf("Find(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

// FuzzParse compares Parse with go-containerregistry's parser: that parser
// accepts every text that Parse accepts, and its normalised parts are the same.
// (It also accepts names that the distribution grammar forbids, such as a..b.)
func FuzzParse(f *testing.F) {
	for _, s := range []string{"nginx", "docker.io/library/nginx:1", "k8s.gcr.io/pause:3.9", "localhost:5000/x/y", "gcr.io/a/b@sha256:" + strings.Repeat("a", 64), "a.b/c:d@sha256:" + strings.Repeat("0", 64), "x_y/z", "[::1]:80/x", "A/b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := Parse(s)
		if err != nil {
			return
		}
		join := r.Path
		if r.Domain != "" {
			join = r.Domain + "/" + join
		}
		if r.Tag != "" {
			join += ":" + r.Tag
		}
		if r.Digest != "" {
			join += "@" + r.Digest
		}
		if join != s {
			t.Fatalf("Parse(%q) = %+v: the parts do not add up to the text", s, r)
		}
		if _, vars := mask(s); vars != nil {
			return
		}
		o, err := name.ParseReference(s)
		if err != nil {
			// It has limits that the grammar does not have: names have 2 to
			// 255 bytes; digests are sha256 in lower case; net/url must parse
			// the host; hosts without a dot are in lower case.
			if len(r.Path) < 2 || len(s) > 255 || r.Digest != "" && !strings.HasPrefix(r.Digest, "sha256:") || strings.ContainsAny(r.Domain, "[:") || s != strings.ToLower(s) || len(r.Digest) != 71 {
				return
			}
			t.Fatalf("Parse accepts %q, go-containerregistry returns: %v", s, err)
		}
		repo := o.Context().RepositoryStr()
		if repo != r.Path && repo != "library/"+r.Path {
			t.Fatalf("Parse(%q): path %q, go-containerregistry %q", s, r.Path, repo)
		}
		if reg := o.Context().RegistryStr(); r.Domain != "" && r.Domain != reg && !(r.Domain == "docker.io" && reg == "index.docker.io") {
			t.Fatalf("Parse(%q): domain %q, go-containerregistry %q", s, r.Domain, reg)
		}
		want := r.Digest
		if want == "" {
			if want = r.Tag; want == "" {
				want = "latest"
			}
		}
		if o.Identifier() != want {
			t.Fatalf("Parse(%q): identifier %q, go-containerregistry %q", s, want, o.Identifier())
		}
	})
}

// FuzzFind checks the properties that every result of Find has, and that
// WordAt does not panic.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"a k8s.gcr.io/pause:3.9, https://x/y", "${A}/b {{ c }}/d.e/f", "x:y.z/a@b", "{{", "$(", "a.b/c..", ":"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, r := range Find(s) {
			if r.Span.Start < last || r.Span.End > len(s) || s[r.Span.Start:r.Span.End] != r.Ref.Text || r.Ref.Domain == "" {
				t.Fatalf("Find(%q): %+v", s, r)
			}
			last = r.Span.End
		}
		for i := 0; i <= len(s); i++ {
			WordAt(s, edit.Span{Start: i, End: i})
		}
	})
}
