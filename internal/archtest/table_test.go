package archtest

// A pkg is what the architecture says of one package. Imports are those of its
// files that are not tests, on every system.
type pkg struct {
	path  string   // below the module
	row   int      // imports point to lower rows; see rows
	ours  []string // packages it may import, in words: paths below the module
	third []string // import paths of others it may import; one that ends in "/..." allows all below it
}

// rows are the rows of ARCHITECTURE.md from the lowest to the highest. Within
// row 0 and row 1 there is an order, so these are more than five.
const (
	row0edit     = iota // values that know nothing of ours
	row0syntax          // trees over edits
	row0template        // templates that make such trees
	row0image
	row0rules
	row1a // formats, and the files of a tree
	row1b // what belongs together
	row2  // the engine
	row3  // one third-party world each
	row4  // the program
)

const kyaml = "sigs.k8s.io/kustomize/kyaml/yaml"

var table = []pkg{
	{"pkg/edit", row0edit, nil, nil},
	{"internal/atomicfile", row0edit, nil, nil},
	{"internal/archive", row0edit, nil, nil},
	{"internal/archtest", row0edit, nil, nil},
	{"internal/testforge", row0edit, nil, []string{"github.com/google/go-github/..."}},               // for tests
	{"internal/testregistry", row0edit, nil, []string{"github.com/google/go-containerregistry/..."}}, // for tests
	{"internal/syntax", row0syntax, []string{"pkg/edit"}, []string{kyaml}},
	{"internal/template", row0template, []string{"pkg/edit", "internal/syntax"}, nil},
	{"pkg/image", row0image, []string{"pkg/edit"}, nil},
	{"pkg/rules", row0rules, []string{"pkg/edit", "pkg/image"}, []string{kyaml}},

	{"pkg/walk", row1a, nil, nil},
	{"pkg/format", row1a, []string{"pkg/edit", "pkg/image", "internal/syntax", "internal/template"}, []string{
		kyaml,
		"github.com/moby/buildkit/frontend/dockerfile/...",
		"github.com/pelletier/go-toml/v2/unstable",
	}},
	{"pkg/link", row1b, []string{"pkg/edit", "pkg/image", "pkg/format", "internal/syntax"}, []string{kyaml}},

	{"pkg/rewrite", row2, []string{"pkg/edit", "pkg/image", "pkg/rules", "pkg/walk", "pkg/format", "pkg/link", "internal/atomicfile", "internal/archive"}, nil},
	{"pkg/inventory", row2, []string{"pkg/edit", "pkg/image", "pkg/rules", "pkg/walk", "pkg/format", "pkg/link"}, []string{kyaml}},

	{"pkg/report", row3, []string{"pkg/edit", "pkg/walk", "pkg/format", "pkg/rewrite", "pkg/inventory"}, []string{"github.com/sergi/go-diff/..."}},
	{"pkg/render", row3, []string{"pkg/edit", "pkg/rules", "pkg/image", "pkg/format", "pkg/link", "internal/archive", "internal/syntax"}, []string{
		"helm.sh/helm/v3/...",
		"sigs.k8s.io/kustomize/api/...",
		kyaml, kyaml + "/merge2", // how kustomize merges values for helm
		"sigs.k8s.io/kustomize/kyaml/filesys", // the type of a parameter of api
	}},
	{"pkg/registry", row3, []string{"pkg/image"}, []string{"github.com/google/go-containerregistry/..."}},
	{"pkg/pullrequest", row3, nil, []string{"github.com/google/go-github/..."}},
	{"pkg/policy", row3, []string{"pkg/rules", "pkg/image", "pkg/format"}, []string{"k8s.io/..."}},
	{"pkg/webhook", row3, []string{"pkg/rules", "pkg/image", "pkg/format"}, []string{"k8s.io/..."}},
	{"pkg/cluster", row3, []string{"pkg/rules", "pkg/image", "pkg/format"}, []string{"k8s.io/..."}},

	{"cmd/regmigrate", row4, everything, []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"}},
	{"bench", row4, everything, nil},
}

// everything is what a package of the highest row may import: all lower ones.
var everything = []string{"..."}

// forTests are what test files may import besides what their package may.
var forTests = []string{
	"github.com/rogpeppe/go-internal/...",
	"github.com/google/go-cmp/...",
	"github.com/google/go-containerregistry/pkg/name", // an oracle for references
	kyaml,                           // an oracle for trees
	"sigs.k8s.io/kustomize/api/...", // an oracle for kustomizations
	"sigs.k8s.io/kustomize/kyaml/filesys",
	"github.com/spf13/cobra/doc",      // pages that are generated
	"github.com/pelletier/go-toml/v2", // another
	"github.com/yuin/goldmark/...",    // an oracle for Markdown
	"github.com/santhosh-tekuri/jsonschema/v6",
}

// forbidden are names that say nothing about what a package is.
var forbidden = []string{"util", "utils", "common", "helper", "helpers"}
