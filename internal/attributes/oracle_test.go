package attributes

import (
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// The parsers of HashiCorp and of Buildifier are the oracles. They do not read the
// files of a run: they stop at the first error, and some inputs of 256 KiB take them
// minutes.
var oracles = map[Language]func([]byte) *syntax.Node{HCL: parseHCL, Starlark: parseStarlark}

// sources are valid sources.
var sources = map[Language][]string{
	HCL: {
		`
# a comment
resource "docker_image" "web" {
  name         = "nginx:1.27"
  keep_locally = true
  triggers     = { dir_sha1 = sha1(join("", [for f in fileset(path.module, "src/*") : filesha1(f)])) }
}
resource "kubernetes_deployment" "web" {
  spec {
    template {
      spec {
        container {
          image = "docker.io/library/nginx:${var.tag}"
          args  = ["--a", "b", local.c]
        }
      }
    }
  }
}
locals {
  images = {
    web     = "nginx:1.27"
    "proxy" = "envoy:v1"
  }
  text = <<-EOT
    image = "not:this"
  EOT
  cond = var.x ? "a" : "b"
  nested = var.x == "y" ? (var.z ? "a:1" : "b:1") : var.w ? "c:1" : "d:1"
  lines = (
    var.x
    ? "a:1"
    : "b:1"
  )
  object = { a = var.x ? "1" : "2", b : var.x ? "3" : "4" }
  first = format("a/b:%s", var.tag)
  one = coalesce(var.image, try(var.y.image, "a:1"), "b:1")
  last = lookup(var.images, "x", "c:1")
  none = join("/", ["a", "b"]) != "" ? var.x : var.y
  inner = "a/b:${lookup(var.tags, "b", "}")}"
  directive = "a/b:%{ if var.x }1%{ else }2%{ endif }"
  escaped = "a/b:\"1\""
}
resource "aws_ecs_task_definition" "web" {
  container_definitions = jsonencode([{ name = "web", image = "nginx:1" }])
}
`, `
variable "TAG" { default = "1" }
target "app" {
  contexts = { base = "docker-image://alpine:3.20" }
  tags     = ["acme/app:${TAG}", "acme/app:latest"]
  args     = { A = "x\"y", B = "" }
}
`,
	},
	Starlark: {
		`
"""A docstring with f(a = "1")."""
load("@rules_oci//oci:pull.bzl", "oci_pull", pull2 = "other_pull")

oci_pull(
    name = "base",
    image = "docker.io/library/alpine",  # a comment
    platforms = ["linux/amd64", "linux/arm64/v8"],
    digest = 'sha256:abc',
)
pull2(name = "x", labels = {"a": "b", "c": ["d"]})
oci = use_extension("@rules_oci//oci:extensions.bzl", "oci")
oci.pull(name = "distroless", image = "gcr.io/distroless/base", tag = "latest")
pull = use_repo_rule("@rules_img//img:pull.bzl", "pull")
pull(name = "y", registry = "index.docker.io", repository = "library/ubuntu")

def deps():
    if not native.existing_rule("z"):
        maybe(container_pull, name = "z", registry = "gcr.io", repository = "a/" + "b")
    pull(name = "v", image = "acme/%s:%s" % (NAME, "1"), tag = "%s" % TAG, other = "a/{}:{v}".format(NAME, v = TAG) + "x")
    pull(
        name = "u",
        image = "acme/a" if NAME == "a" else "acme/b" if f("x")
            else "acme/%s" % NAME,
        tag = (
            "1" if NAME
            else "2"
        ),
        registry = NAME or "quay.io",
        repository = "acme/" + ("c" if NAME else "d"),
        other = NAME.a or "y",
    )
    pull(name = "w", image = "acme/" + NAME + ":1", tag = ("a" + "b"), other = "x" if NAME else "y")
`,
	},
}

func TestOracles(t *testing.T) {
	for language, list := range sources {
		for _, src := range list {
			compare(t, language, src, true)
		}
	}
}

// compare compares the texts of the trees of src. Sources that the oracle rejects
// are skipped, unless they must be valid.
func compare(t *testing.T, l Language, src string, isValid bool) {
	t.Helper()
	want := oracles[l]([]byte(src))
	if want == nil {
		if isValid {
			t.Fatalf("the oracle rejects the source:\n%s", src)
		}
		return
	}
	if g, w := sortedTexts(Parse(src, l)), sortedTexts(want); g != w {
		t.Errorf("source:\n%s\ngot:\n%s\nwant:\n%s", src, g, w)
	}
}

// sortedTexts returns the texts of n that have a name, sorted.
func sortedTexts(n *syntax.Node) string {
	var out []string
	texts(n, "", &out)
	out = slices.DeleteFunc(out, func(s string) bool { return strings.HasPrefix(s, "/load/") })
	slices.Sort(out)
	return strings.Join(out, "\n")
}
