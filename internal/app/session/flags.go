package session

import "time"

// Flags are the flags of the root command.
type Flags struct {
	DryRun, Check bool
	CheckCertain  bool // likely images do not fail the check
	AssumeImages  bool

	OverrideSubcharts   bool // add values that move the images of packed sub-charts
	AllowInsecureImages bool // add the key with which Bitnami's charts use other images

	Presets, Rules   []string
	Mirror           string
	MirrorNames      []string
	Renames          bool     // apply the renames of the catalogue
	Maps             []string // files of mappings
	MapRegistry      string   // comes before the new names of dfc
	Config           string
	Scope            []string
	Include, Exclude []string
	NoIgnore         bool
	Together         bool
	Reverse          string // the file of a JSON report
	Output           string
	Reports          []string
	Jobs             int
	Color            string
	Quiet, Verbose   bool
	StdinName        string
	NoRender         bool
	Bump             string
	Verify           bool
	RequireProof     bool
	Helm             string // the program that proves charts; "" is the library
	Base             string
	Baseline         string
	UpdateBaseline   bool
	Render           RenderFlags
	RenderAll        bool // render all charts and kustomizations
	Registry         RegistryFlags

	// ParsePolicy reads arguments as PolicyArgs returns them, of which it returns the
	// flags that select rules. Nil: the command line is not known.
	ParsePolicy func(args []string) (*Flags, error)

	// FindRegistries finds the registries of the references of the files, for a mirror
	// without names. Nil: the command reads no files of a repository.
	FindRegistries func(*Session) ([]FoundRegistry, error)

	Args    []string // the command line; reports repeat it in suggestions
	Program string   // the command that starts the program, for suggestions
	Version string   // of the program, for reports
}

// RenderFlags are the flags for rendering charts.
type RenderFlags struct {
	Values      []string
	Set         []string
	KubeVersion string
	APIVersions []string
	ChartDir    string // with packed charts: dependencies that the repository does not have
	Timeout     time.Duration
}
