package format

// A Reason says why a mention is not changed. The list is closed: [Reasons]
// has each reason with its sentence.
type Reason string

// The reasons, in the words of reports and of JSON.
const (
	DifferentName   Reason = "different registry or path"
	Policy          Reason = "policy"
	Mirror          Reason = "mirror configuration"
	AllowList       Reason = "allow-list"
	Credentials     Reason = "credentials"
	Key             Reason = "key"
	URL             Reason = "URL"
	Compared        Reason = "compared"
	Pattern         Reason = "pattern"
	Path            Reason = "path"
	RegistryHost    Reason = "registry host only"
	Changelog       Reason = "changelog entry"
	ManifestText    Reason = "manifests"
	Prose           Reason = "prose"
	Comment         Reason = "comment"
	DocsText        Reason = "docs"
	ScriptText      Reason = "scripts"
	CodeText        Reason = "code"
	Conflict        Reason = "conflict"
	RemoteBase      Reason = "remote base"
	LostEntry       Reason = "lost entry"
	Archive         Reason = "archive"
	SkippedFolder   Reason = "skipped folder"
	OwnConfig       Reason = "own configuration"
	OutdatedPolicy  Reason = "outdated policy"
	Ignored         Reason = "ignored"
	ExcludedByRule  Reason = "excluded by the rule"
	OtherTag        Reason = "other tag"
	UnknownTag      Reason = "unknown tag"
	Encoded         Reason = "encoded"
	Unavailable     Reason = "unavailable"
	ValuesSchema    Reason = "values schema"
	LikelyImage     Reason = "likely image"
	NotRendered     Reason = "not rendered"
	UnusedValue     Reason = "unused value"
	Built           Reason = "built before"
	Pushed          Reason = "pushed"
	NotEditedSafely Reason = "could not be edited safely"
)

// Reasons lists all reasons in the order of a report, each with the sentence
// that explains it.
var Reasons = []struct {
	Reason Reason
	Doc    string
}{
	{Policy, "A policy decides by the old name. Replacing the name would change the decision."},
	{OutdatedPolicy, "The rules have changed since regmigrate made this policy, or regmigrate cannot tell whether they have."},
	{Mirror, "A mirror configuration, or a command or table that maps the old name to another one. It needs the old name."},
	{AllowList, "A list of allowed or blocked names. Add the new name; remove the old name when nothing uses it."},
	{Credentials, "Credentials are valid for one host only."},
	{Conflict, "The parts of this reference, or of references that share a part with it, cannot all move as the rules require."},
	{UnknownTag, "The rule is for some tags of this image, and the tag of the reference is not known."},
	{RemoteBase, "The name selects an image that a remote base uses under its old name."},
	{LostEntry, "An entry of images in a kustomization has the old name of an image that already has its new name. The entry selects nothing."},
	{Archive, "The reference is in a packed sub-chart, which is not edited. A newer version of the sub-chart may use the new registry."},
	{SkippedFolder, "The mention is in a vendor or node_modules folder that git tracks. Such folders hold copies of other projects, which the next update overwrites."},
	{Encoded, "The name is in Base64, as in the data of a Secret, or has escape sequences outside of the fields that move. It is not edited."},
	{Unavailable, "The new registry does not have the image that --require checks for, or does not answer."},
	{ValuesSchema, "The values.schema.json of a chart rejects the new value, so that helm would not install the chart."},
	{NotRendered, "The chart does not render with these values, and no other rendering shows how the reference is used."},
	{UnusedValue, "Nothing reads this value: only the key suggests an image, and no template of the charts that get it reads it, or a tag of Compose removes it."},
	{LikelyImage, "Only the key and the text around this short name suggest an image of Docker Hub: no tool is known to read an image here."},
	{Built, "A build makes an image of this name, so that nothing pulls it: the same build, another Compose service, Skaffold, Tilt, or a named context of the build."},
	{Pushed, "A build pushes to this name, and the rule is a mirror, which takes no pushes. Images that are pulled from there move."},
	{NotEditedSafely, "An edit could change other text of the file."},
	{DifferentName, "The old name is only a part of a longer host name or path, which is a different name."},
	{URL, "A URL is a web address, not an image reference."},
	{Compared, "A template or script compares this text with another text. A new text would change the result of the comparison."},
	{Pattern, "A regular expression or a glob. Its author must decide what it matches after the move."},
	{Path, "A path of a file or folder."},
	{RegistryHost, "The name of the registry alone, in a field that does not show that images are pulled from it."},
	{Key, "A key, the name of a label, or an anchor. A new name would change the meaning of the file."},
	{Changelog, "A changelog or another record of the past, which stays correct after the move."},
	{ManifestText, "The mention is in a field, and the run does not select the scope manifests."},
	{Prose, "The mention is in text for people, such as a description."},
	{Comment, "The mention is in a comment."},
	{DocsText, "The mention is in documentation."},
	{ScriptText, "The mention is in a script, a makefile or a similar file."},
	{CodeText, "The mention is in source code, or in text of an unknown format."},
	{OwnConfig, "The configuration of regmigrate itself, or a policy that it made, names the old registry."},
	{Ignored, "regmigrate:ignore or the configuration excludes it."},
	{OtherTag, "The rule is for other tags of this image, and not for digests."},
	{ExcludedByRule, "The keep list of the rule excludes the image."},
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

// Advice returns what a person should do about a mention that is not changed
// for r, or "" if there is nothing to do.
func (r Reason) Advice() string {
	switch r {
	case Policy:
		return "add the new registry by hand: the policy may deny or not match the moved images"
	case OutdatedPolicy:
		return "make it again from the rules of today: regmigrate policy --update FILE"
	case AllowList:
		return "add the new registry by hand: images from it may be denied"
	case Credentials:
		return "add credentials of the new registry if needed"
	case Mirror:
		return "check whether the new registry needs an entry of its own"
	case ValuesSchema:
		return "change the schema and the value together by hand"
	case LostEntry:
		return "change the name of the entry to the new name by hand, or remove the entry"
	case LikelyImage:
		return "declare in the configuration whether the field is an image (regmigrate explain FILE:LINE prints the line), or move all likely images with --assume-images"
	case Encoded:
		return "decode the value, replace the name by hand if it is an image, and encode the value again"
	case Archive:
		return "use a newer version of the sub-chart, override its values in the parent chart, or leave it out with --exclude"
	}
	return ""
}

// IsUnresolved reports whether r means that a rule selects the reference, and that
// the program cannot move it, so that a person must change it.
func (r Reason) IsUnresolved() bool {
	switch r {
	case Archive, Conflict, ValuesSchema, NotRendered, NotEditedSafely, UnknownTag:
		return true
	}
	return false
}

// IsScope reports whether r means that the run did not select the scope of the
// place.
func (r Reason) IsScope() bool {
	switch r {
	case ManifestText, Prose, Comment, DocsText, ScriptText, CodeText:
		return true
	}
	return false
}
