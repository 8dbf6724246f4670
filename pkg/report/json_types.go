package report

// The structs of the JSON report. What they mean to whoever reads the JSON is
// said in schema/report.schema.json, property by property; a test holds the
// two against each other.
//
// Lists are never null. A property that is left out when it is empty is one
// that does not apply. All strings are UTF-8: a byte that is not part of a
// valid code point stands there as \xff, and the exact bytes of such a path
// are in base64 beside it. Offsets are in bytes of the file as it is, 0-based,
// and ranges are half-open; lines and columns are 1-based, and a column counts
// code points.

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

// JSONCounts are the sums over the report. Mentions = Rewritten + Kept.
type JSONCounts struct {
	Mentions         int            `json:"mentions"`
	Rewritten        int            `json:"rewritten"`
	Kept             int            `json:"kept"`
	ImpliedRewritten int            `json:"impliedRewritten"`
	ImpliedKept      int            `json:"impliedKept"`
	Reasons          map[string]int `json:"reasons"`
	FilesLookedAt    int            `json:"filesLookedAt"`
	FilesChanged     int            `json:"filesChanged"`
	FilesFailed      int            `json:"filesFailed"`
	Skipped          int            `json:"skipped"`
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

// A JSONFinding is what became of one mention.
type JSONFinding struct {
	Status     string `json:"status"`
	Reason     string `json:"reason,omitempty"`
	Note       string `json:"note,omitempty"`
	Implied    bool   `json:"implied"`
	Follows    bool   `json:"follows,omitempty"`
	Unaccepted bool   `json:"unaccepted,omitempty"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Start      int    `json:"start"`
	End        int    `json:"end"`
	Old        string `json:"old"`
	New        string `json:"new,omitempty"`
	Rule       string `json:"rule,omitempty"`
	Field      string `json:"field,omitempty"`
	Object     string `json:"object,omitempty"`
	Scope      string `json:"scope"`
}

// A JSONSkip is a file or folder that was not looked at.
type JSONSkip struct {
	Path       string `json:"path"`
	PathBase64 []byte `json:"pathBase64,omitempty"`
	Dir        bool   `json:"dir"`
	Reason     string `json:"reason"`
	Detail     string `json:"detail,omitempty"`
	Error      string `json:"error,omitempty"`
}

// A JSONProof is what came of proving something.
type JSONProof struct {
	Path       string   `json:"path"`
	PathBase64 []byte   `json:"pathBase64,omitempty"`
	State      string   `json:"state"`
	Summary    string   `json:"summary"`
	Details    []string `json:"details"`
	Unchanged  bool     `json:"unchanged"`
}

// A JSONVerdict is what registries say of a reference before and after.
type JSONVerdict struct {
	Old       string `json:"old"`
	New       string `json:"new"`
	Verdict   string `json:"verdict"`
	OldDigest string `json:"oldDigest,omitempty"`
	NewDigest string `json:"newDigest,omitempty"`
	Detail    string `json:"detail,omitempty"`
}

// A JSONAdvice is something for a person to do.
type JSONAdvice struct {
	Path       string `json:"path,omitempty"`
	PathBase64 []byte `json:"pathBase64,omitempty"`
	Line       int    `json:"line,omitempty"`
	Ref        string `json:"ref,omitempty"`
	Text       string `json:"text"`
	Source     string `json:"source,omitempty"`
}

// A JSONBaseline is what came of comparing with a baseline.
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
