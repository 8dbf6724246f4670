package session

import (
	"time"
)

// Flags are the flags of the root command.
type Flags struct {
	DryRun, Check    bool
	Presets, Rules   []string
	Config           string
	Scope            []string
	Include, Exclude []string
	NoIgnore         bool
	Together         bool
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
	Base             string
	Baseline         string
	UpdateBaseline   bool
	Render           RenderFlags
	RenderAll        bool // charts and kustomizations are rendered, every one
	Registry         RegistryFlags

	Args    []string // of the command line, to be repeated
	Program string   // what the user types to start the program
}

// RenderFlags say how charts are rendered.
type RenderFlags struct {
	Values      []string
	Set         []string
	KubeVersion string
	ApiVersions []string
	Timeout     time.Duration
}
