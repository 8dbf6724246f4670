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
	Version  int           `json:"version"` // jsonVersion
	Program  string        `json:"program,omitempty"`
	Source   *JSONSource   `json:"source,omitempty"`
	DryRun   bool          `json:"dryRun"`      // nothing was written
	Digest   string        `json:"rulesDigest"` // of the rules; equal digests decide alike
	Rules    []JSONRule    `json:"rules"`
	Counts   JSONCounts    `json:"counts"`
	Files    []JSONFile    `json:"files"`
	Skipped  []JSONSkip    `json:"skipped"`
	Proofs   []JSONProof   `json:"proofs"`
	Images   []JSONVerdict `json:"images"`
	Advice   []JSONAdvice  `json:"advice"`
	Baseline *JSONBaseline `json:"baseline,omitempty"`
	Reversal *JSONReversal `json:"reversal,omitempty"` // of --reverse only

	// Incomplete are renderings that a limit which depends on the machine ended.
	Incomplete []JSONFailure `json:"incomplete,omitempty"`
}

// A JSONSource is the commit that the run began with.
type JSONSource struct {
	Repository string `json:"repository,omitempty"` // HOST/PATH of the remote origin
	Commit     string `json:"commit"`
	Time       string `json:"time,omitempty"` // of the commit, RFC 3339, in UTC
}

// A JSONRule is a rule in force, chains composed.
type JSONRule struct {
	Name string   `json:"name"`
	From string   `json:"from"`
	To   string   `json:"to"`
	Keep []string `json:"keep"`

	Image  bool   `json:"image,omitempty"` // From is a single image
	Tags   string `json:"tags,omitempty"`
	OldTag string `json:"oldTag,omitempty"`
	Tag    string `json:"tag,omitempty"` // after the move
}

// JSONCounts are the sums of the report. Spelled-out mentions are appearances of
// an old name in the bytes of a file. Implicit references do not contain the old
// name. Consequences are included.
type JSONCounts struct {
	SpelledOut           int            `json:"spelledOut"` // SpelledOutRewritten + SpelledOutNotChanged
	SpelledOutRewritten  int            `json:"spelledOutRewritten"`
	SpelledOutNotChanged int            `json:"spelledOutNotChanged"`
	Implicit             int            `json:"implicit"` // ImplicitRewritten + ImplicitNotChanged
	ImplicitRewritten    int            `json:"implicitRewritten"`
	ImplicitNotChanged   int            `json:"implicitNotChanged"`
	Likely               int            `json:"likely"`     // likely images that are not changed
	Assumed              int            `json:"assumed"`    // likely images that are rewritten
	Unresolved           int            `json:"unresolved"` // to be changed by a person; not in failed files
	Reasons              map[string]int `json:"reasons"`
	FilesScanned         int            `json:"filesScanned"`
	FilesSearched        int            `json:"filesSearched"`  // files of skipped folders
	MovesInSkipped       int            `json:"movesInSkipped"` // findings with MovesIfScanned
	FilesChanged         int            `json:"filesChanged"`
	FilesFailed          int            `json:"filesFailed"`
	Skipped              int            `json:"skipped"`
}

// A JSONFile is a file with a finding or an error.
type JSONFile struct {
	Path       string   `json:"path"`
	PathBase64 []byte   `json:"pathBase64,omitempty"`
	Format     string   `json:"format,omitempty"`
	Changed    bool     `json:"changed"` // in a dry run: would be changed
	Error      string   `json:"error,omitempty"`
	Owners     []string `json:"owners,omitempty"` // by CODEOWNERS
	Unverified bool     `json:"unverified"`       // no parser reads the file

	// The SHA-256 digests of the file before and after the change, of a changed file only.
	BeforeDigest string `json:"beforeDigest,omitempty"`
	AfterDigest  string `json:"afterDigest,omitempty"`

	Edits    []JSONEdit    `json:"edits"`
	Findings []JSONFinding `json:"findings"`
}

// A JSONEdit replaces a range of bytes.
type JSONEdit struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Old   string `json:"old"`
	New   string `json:"new"`

	// The exact bytes of a text that is not UTF-8.
	OldBase64 []byte `json:"oldBase64,omitempty"`
	NewBase64 []byte `json:"newBase64,omitempty"`

	Group   int      `json:"group"`             // the same for all edits that belong together
	Follows []string `json:"follows,omitempty"` // the Path of the files that the edit follows from
}

// A JSONReversal says that the plan reverses another one.
type JSONReversal struct {
	Reversed []string `json:"reversed"` // files that have the bytes before that plan already
}

// A JSONFinding is one mention, and what becomes of it.
type JSONFinding struct {
	Status         string `json:"status"`            // rewritten or notChanged
	Reason         string `json:"reason,omitempty"`  // a format.Reason, of notChanged only
	Note           string `json:"note,omitempty"`    // details of the reason
	Implicit       bool   `json:"implicit"`          // the bytes do not spell out the old name
	Assumed        bool   `json:"assumed,omitempty"` // rewritten although it is only a likely image
	Consequence    bool   `json:"consequence,omitempty"`
	NotInBaseline  bool   `json:"notInBaseline,omitempty"`
	MovesIfScanned bool   `json:"movesIfScanned,omitempty"` // it is in a skipped folder, and a run over this folder would rewrite it
	Line           int    `json:"line"`
	Column         int    `json:"column"`
	Start          int    `json:"start"`
	End            int    `json:"end"`
	Old            string `json:"old"` // the whole reference, or the word around the mention
	New            string `json:"new,omitempty"`
	Kind           string `json:"kind,omitempty"` // a format.Kind except Image
	Rule           string `json:"rule,omitempty"`
	Field          string `json:"field,omitempty"`
	Object         string `json:"object,omitempty"`
	Scope          string `json:"scope"` // a format.Scope
}

// A JSONSkip is a file or folder that was not scanned.
type JSONSkip struct {
	Path       string `json:"path"`
	PathBase64 []byte `json:"pathBase64,omitempty"`
	Dir        bool   `json:"dir"`
	Reason     string `json:"reason"` // a walk.Reason
	Detail     string `json:"detail,omitempty"`
	Error      string `json:"error,omitempty"`
}

// A JSONProof is the result of rendering a chart or a kustomization before and
// after the change.
type JSONProof struct {
	Path       string   `json:"path"`
	PathBase64 []byte   `json:"pathBase64,omitempty"`
	Object     string   `json:"object,omitempty"` // of a release of Flux or Argo CD
	State      string   `json:"state"`            // proven, unproven or failed
	Summary    string   `json:"summary"`
	Details    []string `json:"details"`
	Unchanged  bool     `json:"unchanged"` // none of its files changes
}

// A JSONVerdict is the result of checking a reference in its old and its new
// registry.
type JSONVerdict struct {
	Old       string `json:"old"`
	New       string `json:"new"`
	Verdict   string `json:"verdict"` // a rewrite.Verdict
	OldDigest string `json:"oldDigest,omitempty"`
	NewDigest string `json:"newDigest,omitempty"`
	Detail    string `json:"detail,omitempty"`
}

// A JSONAdvice is an action required of a person, or a note.
type JSONAdvice struct {
	Kind       string `json:"kind"` // action or note
	Path       string `json:"path,omitempty"`
	PathBase64 []byte `json:"pathBase64,omitempty"`
	Line       int    `json:"line,omitempty"`
	Ref        string `json:"ref,omitempty"`
	Text       string `json:"text"`
	Command    string `json:"command,omitempty"`
	Source     string `json:"source,omitempty"`
}

// A JSONBaseline is the comparison of the mentions with a baseline.
type JSONBaseline struct {
	File     string              `json:"file"`
	Accepted int                 `json:"accepted"` // mentions
	New      int                 `json:"new"`      // mentions that are not in the baseline
	Stale    []JSONBaselineEntry `json:"stale"`    // entries with more mentions than exist
}

// A JSONBaselineEntry is an entry of a baseline.
type JSONBaselineEntry struct {
	Path      string `json:"path"`
	Reference string `json:"reference"`
	Reason    string `json:"reason"`
	Count     int    `json:"count"`
}
