package rewrite

// A RegistryResult is the answer of the registries about one reference before
// and after. Package registry is not imported: the values are plain.
type RegistryResult struct {
	Old, New             string // complete references, as in the plan
	Verdict              Verdict
	OldDigest, NewDigest string // sha256:…, "" if unknown
	Detail               string // one line, such as the platforms that differ; may be empty
}

// A Verdict says whether the new reference names the same image as the old one.
type Verdict uint8

// The verdicts. The zero value means that there is no answer.
const (
	Unreachable Verdict = iota // a registry did not answer
	Same                       // both exist, with the same digest
	Exists                     // the new one exists; the old one cannot be queried any more
	Different                  // both exist, with different digests
	Missing                    // the new one does not exist
	Skipped                    // not queried: the reference is not complete; Detail says why
)

func (v Verdict) String() string {
	return [...]string{"unreachable", "same", "exists", "different", "missing", "skipped"}[v]
}

// A Proof is the result of proving a part of a plan. The packages that prove
// are not imported: the values are plain.
type Proof struct {
	Path    string // of the chart or kustomization, or of the file with the object, relative to the root
	Kind    string // chart, kustomization, Compose file, Dockerfile or release
	Object  string // of a release: its kind and name, such as HelmRelease apps/podinfo
	State   ProofState
	Summary string   // one line: what was compared, or why it is not proven
	Details []string // one line each: what differs, what is left

	Backstop  bool // a limit that depends on the machine ended a rendering
	Unchanged bool // none of its own files, or of files below it, changes
}

// Subject names what is proven: the path, and the object of a release.
func (p *Proof) Subject() string {
	if p.Object == "" {
		return p.Path
	}
	return p.Path + ": " + p.Object
}

// A ProofState says whether a proof succeeded.
type ProofState uint8

// The states of proofs. The zero value means that there is no result.
const (
	Unproven ProofState = iota
	Proven
	Failed
)

func (s ProofState) String() string { return [...]string{"unproven", "proven", "failed"}[s] }
