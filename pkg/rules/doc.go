// Package rules defines which prefix of an image reference is replaced by which
// other prefix.
//
// A [Rule] moves a prefix, for example k8s.gcr.io to registry.k8s.io. [New]
// validates a list of rules as a whole, combines chains of rules and returns a
// [Set]. [Set.Match] applies the rules to one text, [Set.Mentions] finds the
// raw appearances of the old prefixes in a file, and [Set.MayMatch] quickly
// rules out files that contain nothing to move. [Set.Table] returns the rules as rows
// from which policies are generated. Rules come from embedded
// presets ([Preset]), from a configuration file ([LoadConfig]) and from flags
// ([ParseRuleFlag]). [Advise] returns what the embedded catalogue says about an
// image.
//
// The package does not handle files, formats or keys: the caller decides
// whether a text is a reference and passes its [Kind]. Tags and digests never
// change, and nothing outside the replaced prefix is normalized.
//
// A match is final: no rule of a Set changes the result of a match again.
package rules
