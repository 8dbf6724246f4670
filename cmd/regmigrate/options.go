package main

import (
	"time"
)

// flags are the flags of the root command.
type flags struct {
	dryRun, check    bool
	presets, rules   []string
	config           string
	scope            []string
	include, exclude []string
	noIgnore         bool
	together         bool
	output           string
	reports          []string
	jobs             int
	color            string
	quiet, verbose   bool
	stdinName        string
	noRender         bool
	bump             string
	verify           bool
	requireProof     bool
	base             string
	baseline         string
	updateBaseline   bool
	render           renderFlags
	RenderAll        bool // charts and kustomizations are rendered, every one
	registry         registryFlags

	args    []string // of the command line, to be repeated
	program string   // what the user types to start the program
}

// renderFlags say how charts are rendered.
type renderFlags struct {
	values      []string
	set         []string
	kubeVersion string
	apiVersions []string
	timeout     time.Duration
}
