package compose

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// mutated is a correct change, of which TestMutations makes wrong ones.
const mutatedBefore = `-- compose.yaml --
name: shop
x-common: &common
  image: quay.io/acme/base:1
  restart: always
include:
- other/compose.yaml
services:
  web:
    image: nginx:1.25
    container_name: quay.io
    hostname: docker.io
    command: [serve, --sidecar=quay.io/acme/sidecar:2, "redis"]
    environment:
      SIDECAR: quay.io/acme/sidecar:2
      MODE: redis
      REGISTRY: quay.io
    ports: ["80:80"]
    depends_on: [db]
    labels:
      com.example.image: quay.io/acme/labelled:1
      com.example.host: quay.io
    healthcheck: {test: [CMD, probe, quay.io/acme/probe:1]}
    networks: [front]
    volumes: ["data:/data", {type: image, source: "quay.io/acme/files:1", target: /files}]
    env_file: [web.env]
  db:
    image: ${DB:-quay.io/acme/db}:${TAG:-12}
    platform: linux/amd64
    pull_policy: always
    profiles: [full]
    user: "0"
    working_dir: /quay.io/acme
  app:
    build:
      context: ./app
      target: nginx
      args: {BASE: "quay.io/acme/base:1", VERSION: "3", MODE: redis}
      additional_contexts: {base: "docker-image://quay.io/acme/context:1"}
      cache_from: ["quay.io/acme/cache:1"]
  worker:
    <<: *common
    entrypoint: [work, "quay.io/acme/job:1"]
    extends: {service: web}
volumes: {data: {name: quay.io}}
networks: {front: {driver: bridge}}
configs: {list: {content: "image: quay.io/acme/config:1\nkeep: nginx\n"}}
-- other/compose.yaml --
services:
  cache: {image: "redis:7@sha256:0123456789012345678901234567890123456789012345678901234567890123", stop_grace_period: 1m}
-- .env --
TAG=13
-- web.env --
EXTRA=quay.io/acme/extra:1
`

// correct returns the correct change of mutatedBefore.
func correct() string {
	s := mutatedBefore
	for _, r := range [][2]string{
		{"quay.io/acme", "mirror.example/quay/acme"}, {"image: nginx:1.25", "image: mirror.example/hub/library/nginx:1.25"},
		{"extra: ", ""}, {"EXTRA=mirror.example/quay", "EXTRA=quay.io"}, {`"redis:7@`, `"mirror.example/hub/library/redis:7@`}, {"/mirror.example/quay/acme\n", "/quay.io/acme\n"},
	} {
		s = strings.ReplaceAll(s, r[0], r[1])
	}
	return s
}

func TestMutationsCorrect(t *testing.T) {
	before, after := files(mutatedBefore), files(correct())
	for _, v := range verifyFiles(t, before, after, "compose.yaml") {
		if v.State != render.Proven || v.Moved == 0 || len(v.Leftovers) > 0 {
			t.Errorf("the correct change is not proven: %s", describe(&v))
		}
	}
}

// Each wrong change is found.
func TestMutations(t *testing.T) {
	const m = "mirror.example/quay/acme"
	mutations := []struct{ name, file, old, to string }{
		{"tag of an image", "", "nginx:1.25", "nginx:1.26"},
		{"lost tag", "", "nginx:1.25", "nginx"},
		{"tag moved into the name", "", "nginx:1.25", "nginx-1.25"},
		{"other repository", "", "library/nginx:1.25", "library/httpd:1.25"},
		{"lost namespace", "", "hub/library/nginx", "hub/nginx"},
		{"other registry", "", "image: mirror.example/hub", "image: mirror.example.evil/hub"},
		{"registry twice", "", "image: mirror.example/hub", "image: mirror.example/hub/docker.io"},
		{"lost digest", "other/compose.yaml", "@sha256:0123456789012345678901234567890123456789012345678901234567890123", ""},
		{"other digest", "other/compose.yaml", "@sha256:0", "@sha256:1"},
		{"tag of an included file", "other/compose.yaml", "redis:7", "redis:8"},
		{"key of a service", "", "  db:\n", "  mirror.example:\n"},
		{"service gone", "", "  db:\n    image: ${DB:-" + m + "/db}:${TAG:-12}\n    platform: linux/amd64\n    pull_policy: always\n    profiles: [full]\n    user: \"0\"\n    working_dir: /quay.io/acme\n", "  db: {image: x}\n"},
		{"container name", "", "container_name: quay.io", "container_name: mirror.example"},
		{"host name", "", "hostname: docker.io", "hostname: mirror.example"},
		{"short name in a command", "", `, "redis"]`, `, "mirror.example/hub/library/redis"]`},
		{"argument of a command", "", "sidecar=" + m + "/sidecar:2", "sidecar=" + m + "/sidecar:3"},
		{"argument added", "", "[serve, ", "[serve, -v, "},
		{"argument gone", "", "[serve, ", "["},
		{"value of an environment", "", "SIDECAR: " + m + "/sidecar:2", "SIDECAR: " + m + "/sidecar:latest"},
		{"short name in an environment", "", "MODE: redis\n", "MODE: mirror.example/hub/library/redis\n"},
		{"registry in an environment", "", "REGISTRY: quay.io", "REGISTRY: mirror.example"},
		{"key of an environment", "", "SIDECAR:", "SIDECARS:"},
		{"environment added", "", "      SIDECAR:", "      NEW: a\n      SIDECAR:"},
		{"label", "", "image: " + m + "/labelled:1", "image: " + m + "/labelled:2"},
		{"host in a label", "", "com.example.host: quay.io", "com.example.host: mirror.example/quay"},
		{"key of a label", "", "com.example.host", "com.example.hosts"},
		{"health check", "", m + "/probe:1", m + "/probe:"},
		{"network", "", "networks: [front]", "networks: [default]"},
		{"driver", "", "driver: bridge", "driver: host"},
		{"port", "", "80:80", "80:81"},
		{"dependency", "", "depends_on: [db]", "depends_on: [app]"},
		{"volume", "", "data:/data", "data:/Data"},
		{"image of a volume", "", m + "/files:1", m + "/files:11"},
		{"name of a volume", "", "{name: quay.io}", "{name: mirror.example/quay}"},
		{"default of a variable", "", "${DB:-" + m + "/db}", "${DB:-" + m + "/bd}"},
		{"default of a tag that .env sets", "", "${TAG:-12}", "${TAG:-14}"},
		{"name of a variable", "", "${DB:-", "${DBS:-"},
		{"operator of a variable", "", "${DB:-" + m + "/db}", "${DB-" + m + "/db}"},
		{"value in .env", ".env", "TAG=13", "TAG=12"},
		{"line in .env gone", ".env", "TAG=13\n", ""},
		{"value in env_file", "web.env", "quay.io/acme/extra:1", "quay.io/acme/extra:2"},
		{"platform", "", "platform: linux/amd64", "platform: linux/arm64"},
		{"pull policy", "", "pull_policy: always", "pull_policy: never"},
		{"profile", "", "profiles: [full]", "profiles: [fully]"},
		{"type of a value", "", `user: "0"`, `user: "00"`},
		{"path", "", "working_dir: /quay.io/acme", "working_dir: /" + m},
		{"build context", "", "context: ./app", "context: ./web"},
		{"build target", "", "target: nginx", "target: mirror.example/hub/library/nginx"},
		{"build argument", "", `BASE: "` + m + `/base:1"`, `BASE: "` + m + `/base:2"`},
		{"other build argument", "", `VERSION: "3"`, `VERSION: "4"`},
		{"short name in a build argument", "", "MODE: redis}", "MODE: mirror.example/hub/library/redis}"},
		{"additional context", "", m + "/context:1", m + "/contexts:1"},
		{"transport of a context", "", "docker-image://", "oci-layout://"},
		{"cache", "", m + "/cache:1", m + "/cache:2"},
		{"anchor", "", "image: " + m + "/base:1", "image: " + m + "/base"},
		{"restart in an anchor", "", "restart: always", "restart: no"},
		{"merge gone", "", "    <<: *common\n", ""},
		{"entrypoint", "", m + "/job:1", m + "/jobs:1"},
		{"extended service", "", "service: web", "service: db"},
		{"include gone", "", "include:\n- other/compose.yaml\n", ""},
		{"project name", "", "name: shop", "name: mirror"},
		{"config", "", m + "/config:1", m + "/config:1.0"},
		{"short name in a config", "", "keep: nginx", "keep: mirror.example/hub/library/nginx"},
	}
	if len(mutations) < 50 {
		t.Errorf("expected at least 50 mutations, got %d", len(mutations))
	}
	before := files(mutatedBefore)
	after := files(correct())
	for _, x := range mutations {
		t.Run(x.name, func(t *testing.T) {
			file := x.file
			if file == "" {
				file = "compose.yaml"
			}
			wrong := replaced(t, after, file, x.old, x.to)
			v := verifyFiles(t, before, wrong, "compose.yaml")
			if v[0].State != render.Failed {
				t.Errorf("the wrong change is not found: %s", describe(&v[0]))
			}
		})
	}
}
