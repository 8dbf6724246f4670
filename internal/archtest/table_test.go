package archtest

// A pkg is the architecture's entry for one package. The imports are those of
// its non-test files, on every system.
type pkg struct {
	path   string   // below the module
	row    int      // the package may import every package of a lower row
	within []string // packages of its own row that it may import
	third  []string // packages of other modules that it may import; a path that ends in "/..." allows everything below it
}

// The rows of ARCHITECTURE.md, from the lowest to the highest.
const (
	values   = iota // values, parsers and file access
	formats         // where a file has references, and which of them belong together
	engine          // plans, and the inventory
	proof           // rendering before and after a change
	outside         // reports, registries and forges
	commands        // code that several commands share
	program         // flags, streams and exit codes
	tests           // not linked into the program; may import every package
)

const kyaml = "sigs.k8s.io/kustomize/kyaml/yaml"

var table = []pkg{
	{"pkg/edit", values, nil, nil},
	{"pkg/image", values, []string{"pkg/edit"}, nil},
	{"internal/strictyaml", values, nil, []string{kyaml}},
	{"pkg/rules", values, []string{"pkg/edit", "pkg/image", "internal/strictyaml"}, []string{kyaml, "github.com/Masterminds/semver/v3"}}, // the ranges of tags
	{"pkg/walk", values, []string{"internal/atomicfile", "internal/repofile"}, nil},
	{"internal/archive", values, nil, nil},
	{"internal/atomicfile", values, []string{"internal/repofile"}, []string{"golang.org/x/sys/..."}},
	{"internal/repofile", values, nil, nil},
	{"internal/podspec", values, nil, nil},
	{"internal/codeowners", values, []string{"internal/repofile"}, []string{"github.com/hmarr/codeowners"}},
	{"internal/gitcmd", values, []string{"internal/repofile"}, nil},
	{"internal/syntax", values, []string{"pkg/edit"}, []string{kyaml}},
	{"internal/template", values, []string{"pkg/edit", "internal/syntax"}, nil},
	{"internal/dockerfile", values, []string{"pkg/edit"}, []string{"github.com/moby/buildkit/frontend/dockerfile/parser"}},
	{"internal/toml", values, []string{"pkg/edit", "internal/syntax"}, []string{"github.com/pelletier/go-toml/v2/unstable"}},
	{"internal/attributes", values, []string{"pkg/edit", "internal/syntax"}, nil},
	{"internal/chartutil", values, nil, []string{
		"helm.sh/helm/v3/pkg/chart", // not Helm's own chartutil: see the comment of the package
		"github.com/Masterminds/semver/v3", "github.com/mitchellh/copystructure", "k8s.io/apimachinery/pkg/util/version", "sigs.k8s.io/yaml",
	}},
	{"internal/envfile", values, []string{"pkg/edit", "internal/syntax"}, nil},

	{"pkg/format", formats, nil, []string{kyaml}},
	{"pkg/link", formats, []string{"pkg/format"}, nil},
	{"pkg/link/absentchart", formats, []string{"pkg/format", "pkg/link"}, nil},
	{"pkg/link/builds", formats, []string{"pkg/format", "pkg/link"}, nil},
	{"pkg/link/chart", formats, []string{"pkg/format", "pkg/link", "pkg/link/absentchart"}, nil},
	{"pkg/link/bitnami", formats, []string{"pkg/format", "pkg/link", "pkg/link/absentchart", "pkg/link/chart"}, nil},
	{"pkg/link/devcontainer", formats, []string{"pkg/format", "pkg/link"}, nil},
	{"pkg/link/kustomize", formats, []string{"pkg/format", "pkg/link"}, nil},
	{"pkg/link/gitops", formats, []string{"pkg/format", "pkg/link", "pkg/link/absentchart", "pkg/link/kustomize"}, nil},

	{"pkg/account", formats, []string{"pkg/format"}, nil},

	{"pkg/link/families", engine, nil, nil},
	{"pkg/rewrite", engine, []string{"pkg/link/families"}, nil},
	{"pkg/inventory", engine, []string{"pkg/link/families"}, []string{kyaml}},

	{"pkg/render", proof, nil, nil},
	{"pkg/render/helm", proof, []string{"pkg/render"}, []string{
		"helm.sh/helm/v3/...",
		"github.com/santhosh-tekuri/jsonschema/v6/...", // validates values as Helm does, without network
		// The functions of templates, as in Helm:
		"github.com/BurntSushi/toml", "github.com/Masterminds/sprig/v3", "github.com/gobwas/glob",
		"sigs.k8s.io/yaml", "sigs.k8s.io/yaml/goyaml.v3",
	}},
	{"pkg/render/kustomize", proof, []string{"pkg/render", "pkg/render/helm"}, []string{ // charts in helmCharts
		"sigs.k8s.io/kustomize/api/...",
		kyaml, kyaml + "/merge2", // merges values for helm as kustomize does
		"sigs.k8s.io/kustomize/kyaml/filesys", // the type of a parameter in kustomize/api
	}},

	{"pkg/render/compose", proof, []string{"pkg/render", "pkg/render/dockerfile"}, nil},
	{"pkg/render/release", proof, []string{"pkg/render", "pkg/render/helm"}, nil},
	{"pkg/render/dockerfile", proof, []string{"pkg/render"}, []string{"github.com/moby/buildkit/frontend/dockerfile/..."}},

	{"pkg/report/wording", outside, nil, nil},
	{"pkg/cluster", outside, nil, []string{"k8s.io/api/...", "k8s.io/apimachinery/...", "k8s.io/client-go/...", "github.com/go-logr/logr", "sigs.k8s.io/yaml"}},
	{"pkg/fleet", outside, []string{"pkg/report/wording"}, []string{"github.com/go-json-experiment/json/..."}},
	{"pkg/report", outside, []string{"pkg/cluster", "pkg/fleet", "pkg/report/wording"}, []string{"github.com/mattn/go-runewidth", "github.com/sergi/go-diff/..."}},
	{"pkg/policy", outside, nil, []string{kyaml}},
	{"pkg/webhook", outside, []string{"pkg/policy"}, []string{"github.com/go-json-experiment/json", "github.com/prometheus/client_golang/...", "k8s.io/apimachinery/...", "k8s.io/client-go/..."}},
	{"pkg/registry", outside, nil, []string{"github.com/google/go-containerregistry/..."}},
	{"pkg/pullrequest", outside, nil, []string{"code.gitea.io/sdk/gitea", "github.com/google/go-github/...", "gitlab.com/gitlab-org/api/client-go/v2"}},

	{"pkg/regmigrate", outside, nil, nil},

	{"internal/app/session", commands, nil, []string{"golang.org/x/term"}},
	{"internal/app/prove", commands, []string{"internal/app/session"}, nil},
	{"internal/app/imageset", commands, []string{"internal/app/session", "internal/app/prove"}, nil},
	{"internal/app/scaffold", commands, nil, []string{kyaml}},
	{"internal/app", commands, []string{"internal/app/session", "internal/app/prove", "internal/app/imageset", "internal/app/scaffold"}, nil},

	{"cmd/regmigrate", program, nil, []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"}},

	{"internal/archtest", tests, nil, nil},
	{"internal/licenses", tests, nil, nil},
	{"internal/testcluster", tests, nil, []string{kyaml}},
	{"internal/testforge", tests, nil, []string{"github.com/google/go-github/..."}},
	{"internal/torture", tests, nil, nil},
	{"internal/testlink", tests, nil, []string{"github.com/rogpeppe/go-internal/txtar"}},
	{"internal/testregistry", tests, nil, []string{"github.com/google/go-containerregistry/..."}},
	{"bench", tests, nil, nil},
}

// forTests are packages that every test may import.
var forTests = []string{
	"github.com/rogpeppe/go-internal/...",
	"github.com/google/go-cmp/...",
	"github.com/google/go-containerregistry/pkg/name", // an independent parser of references
	kyaml,                           // an independent parser of YAML
	"sigs.k8s.io/kustomize/api/...", // builds kustomizations
	"sigs.k8s.io/kustomize/kyaml/filesys",
	"github.com/spf13/cobra/doc",                       // generates the pages of docs
	"github.com/pelletier/go-toml/v2",                  // an independent parser of TOML
	"github.com/moby/buildkit/frontend/dockerfile/...", // the parser of Dockerfiles, without our positions
	"github.com/yuin/goldmark/...",                     // an independent parser of Markdown
	"github.com/santhosh-tekuri/jsonschema/v6",
	"helm.sh/helm/v3/pkg/...",                // what our renderings must equal
	"gopkg.in/evanphx/json-patch.v4",         // applies JSON patches
	"github.com/hashicorp/hcl/v2/...",        // an independent parser of HCL
	"github.com/bazelbuild/buildtools/build", // an independent parser of Starlark
	"github.com/Masterminds/semver/v3",       // an independent comparison of versions
}

// forbidden are package names that do not say what a package is for.
var forbidden = []string{"util", "utils", "common", "helper", "helpers"}
