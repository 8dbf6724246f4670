package report

// The structs of the JSON report. schema/report.schema.json describes their
// properties; a test compares the two.
//
// Lists are never null. A property that is omitted when empty does not apply.
// All strings are UTF-8: a byte that is not part of a valid code point is
// escaped as \xff, and the exact bytes of such a path are next to it in base64.
// Offsets are bytes of the file before the change, 0-based, and ranges are
// half-open. Lines and columns are 1-based; columns count code points.

// A JSONReport is the whole report.
type JSONReport struct {
	Version  int           `json:"version"`
	DryRun   bool          `json:"dryRun"`
	Rules    []JSONRule    `json:"rules"`
	Counts   JSONCounts    `json:"counts"`
	Files    []JSONFile    `json:"files"`
	Skipped  []JSONSkip    `json:"skipped"`
	Proofs   []JSONProof   `json:"proofs"`
	Images   []JSONVerdict `json:"images"`
	Advice   []JSONAdvice  `json:"advice"`
	Baseline *JSONBaseline `json:"baseline,omitempty"`
}

// A JSONRule is a rule in force, chains composed.
type JSONRule struct {
	Name string   `json:"name"`
	From string   `json:"from"`
	To   string   `json:"to"`
	Keep []string `json:"keep"`
}

// JSONCounts are the sums of the report. Spelled-out mentions are appearances
// of an old name in the bytes of a file; implicit references do without one.
// Consequences are included.
type JSONCounts struct {
	SpelledOut           int            `json:"spelledOut"` // SpelledOutRewritten + SpelledOutNotChanged
	SpelledOutRewritten  int            `json:"spelledOutRewritten"`
	SpelledOutNotChanged int            `json:"spelledOutNotChanged"`
	Implicit             int            `json:"implicit"` // ImplicitRewritten + ImplicitNotChanged
	ImplicitRewritten    int            `json:"implicitRewritten"`
	ImplicitNotChanged   int            `json:"implicitNotChanged"`
	Reasons              map[string]int `json:"reasons"`
	FilesScanned         int            `json:"filesScanned"`
	FilesChanged         int            `json:"filesChanged"`
	FilesFailed          int            `json:"filesFailed"`
	Skipped              int            `json:"skipped"`
}

// A JSONFile is a file with a finding or an error.
type JSONFile struct {
	Path       string        `json:"path"`
	PathBase64 []byte        `json:"pathBase64,omitempty"`
	Format     string        `json:"format,omitempty"`
	Changed    bool          `json:"changed"`
	Error      string        `json:"error,omitempty"`
	Unverified bool          `json:"unverified"`
	Edits      []JSONEdit    `json:"edits"`
	Findings   []JSONFinding `json:"findings"`
}

// A JSONEdit replaces a range of bytes.
type JSONEdit struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// A JSONFinding is one mention, and what becomes of it.
type JSONFinding struct {
	Status        string `json:"status"`
	Reason        string `json:"reason,omitempty"`
	Note          string `json:"note,omitempty"`
	Implicit      bool   `json:"implicit"`
	Consequence   bool   `json:"consequence,omitempty"`
	NotInBaseline bool   `json:"notInBaseline,omitempty"`
	Line          int    `json:"line"`
	Column        int    `json:"column"`
	Start         int    `json:"start"`
	End           int    `json:"end"`
	Old           string `json:"old"`
	New           string `json:"new,omitempty"`
	Rule          string `json:"rule,omitempty"`
	Field         string `json:"field,omitempty"`
	Object        string `json:"object,omitempty"`
	Scope         string `json:"scope"`
}

// A JSONSkip is a file or folder that was not scanned.
type JSONSkip struct {
	Path       string `json:"path"`
	PathBase64 []byte `json:"pathBase64,omitempty"`
	Dir        bool   `json:"dir"`
	Reason     string `json:"reason"`
	Detail     string `json:"detail,omitempty"`
	Error      string `json:"error,omitempty"`
}

// A JSONProof is the result of rendering a chart or a kustomization before and
// after the change.
type JSONProof struct {
	Path       string   `json:"path"`
	PathBase64 []byte   `json:"pathBase64,omitempty"`
	State      string   `json:"state"`
	Summary    string   `json:"summary"`
	Details    []string `json:"details"`
	Unchanged  bool     `json:"unchanged"`
}

// A JSONVerdict is the result of checking a reference in its old and its new
// registry.
type JSONVerdict struct {
	Old       string `json:"old"`
	New       string `json:"new"`
	Verdict   string `json:"verdict"`
	OldDigest string `json:"oldDigest,omitempty"`
	NewDigest string `json:"newDigest,omitempty"`
	Detail    string `json:"detail,omitempty"`
}

// A JSONAdvice is an action required of a person, or a note.
type JSONAdvice struct {
	Kind       string `json:"kind"`
	Path       string `json:"path,omitempty"`
	PathBase64 []byte `json:"pathBase64,omitempty"`
	Line       int    `json:"line,omitempty"`
	Ref        string `json:"ref,omitempty"`
	Text       string `json:"text"`
	Source     string `json:"source,omitempty"`
}

// A JSONBaseline is the comparison of the mentions with a baseline.
type JSONBaseline struct {
	File     string              `json:"file"`
	Accepted int                 `json:"accepted"`
	New      int                 `json:"new"`
	Stale    []JSONBaselineEntry `json:"stale"`
}

// A JSONBaselineEntry is an entry of a baseline.
type JSONBaselineEntry struct {
	Path      string `json:"path"`
	Reference string `json:"reference"`
	Reason    string `json:"reason"`
	Count     int    `json:"count"`
}
