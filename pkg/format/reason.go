package format

// A Reason is why a mention stays. The list is closed: Reasons has every one
// with its sentence.
type Reason string

// The reasons.
const (
	DifferentName   Reason = "another host or path"
	Policy          Reason = "policy"
	Mirror          Reason = "mirror configuration"
	AllowList       Reason = "allow-list"
	Credentials     Reason = "credentials"
	Key             Reason = "key"
	URL             Reason = "URL"
	Compared        Reason = "compared"
	Pattern         Reason = "pattern"
	Path            Reason = "path"
	RegistryHost    Reason = "bare host"
	Changelog       Reason = "history"
	ManifestText    Reason = "manifests"
	Prose           Reason = "prose"
	Comment         Reason = "comment"
	DocsText        Reason = "docs"
	ScriptText      Reason = "scripts"
	CodeText        Reason = "code"
	Conflict        Reason = "conflict"
	RemoteBase      Reason = "remote base"
	Archive         Reason = "archive"
	OwnConfig       Reason = "own configuration"
	Ignored         Reason = "ignored"
	ExcludedByRule  Reason = "kept by the rule"
	Unavailable     Reason = "unavailable"
	NotEditedSafely Reason = "unedited"
)

// Reasons are all reasons in the order of a report, each with the sentence
// that explains it.
var Reasons = []struct {
	Reason Reason
	Doc    string
}{
	{Policy, "A policy that names the old registry decides about it; replacing the name would turn the decision against the new registry."},
	{Mirror, "A mirror table says where images of the old name are fetched from; the old name is what is mirrored."},
	{AllowList, "A list of what is allowed; the new name has to be added, and the old one goes when nothing uses it any more."},
	{Credentials, "Credentials belong to the host they were made for."},
	{Conflict, "The parts of this reference, or those that share a part with it, cannot all move to where the rules send them."},
	{RemoteBase, "The name selects an image that a remote base brings under its old name."},
	{Archive, "It stands in a packed sub-chart, which is somebody else's: a newer version of it may have moved."},
	{Unavailable, "The new registry does not have the image as --require asks for it, or does not answer."},
	{NotEditedSafely, "The text cannot be edited safely."},
	{DifferentName, "Another registry or path that only looks like it: the name stands inside a longer host or further down a path."},
	{URL, "A URL names a web address, not an image."},
	{Compared, "A template compares or matches the text; another text there gives another decision."},
	{Pattern, "A regular expression or a glob; what it is meant to match, only its author knows."},
	{Path, "A path of a file or folder."},
	{RegistryHost, "The name of the registry alone, where nothing says that an image is fetched from it."},
	{Key, "A key, a label's name or an anchor; renaming it would change what the file says."},
	{Changelog, "A record of what was; it stays true as it is."},
	{ManifestText, "A field that holds a reference, in a run that was not asked for manifests."},
	{Prose, "Text for people, in a field such as a description."},
	{Comment, "A comment."},
	{DocsText, "Documentation."},
	{ScriptText, "A script, a makefile or the like."},
	{CodeText, "Source code or another text that regmigrate does not know."},
	{OwnConfig, "regmigrate's own rules name the old registry."},
	{Ignored, "A regmigrate:ignore comment asks for it."},
	{ExcludedByRule, "The rule's own list of what to keep names it."},
}

// Doc returns the sentence that explains r.
func (r Reason) Doc() string {
	for _, x := range Reasons {
		if x.Reason == r {
			return x.Doc
		}
	}
	return ""
}

// Advice returns what a person has to do by hand about a mention that is kept
// for r, "" when there is nothing.
func (r Reason) Advice() string {
	switch r {
	case Policy:
		return "add the new registry by hand: the policy may deny or miss what runs after the move"
	case AllowList:
		return "add the new registry by hand: what is fetched from it may be denied"
	case Credentials:
		return "add those of the new registry if it has any"
	case Mirror:
		return "add an entry for the new registry if it is to be mirrored too"
	case Archive:
		return "take a newer version of the sub-chart, or override its values in the parent chart"
	}
	return ""
}

// IsScope reports whether r says nothing but that the scope of a place was
// not asked for.
func (r Reason) IsScope() bool {
	switch r {
	case ManifestText, Prose, Comment, DocsText, ScriptText, CodeText:
		return true
	}
	return false
}
