package app

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/policy"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// explainPolicies writes, for the policies with findings that name an old registry, a
// policy that decides as the rules do, and the command that makes it. If line is not 0,
// only the mentions on that line count.
func explainPolicies(w io.Writer, set *session.Session, f *session.Flags, findings []rewrite.Finding, line int) error {
	var engines [][]string
	objects := map[string][]string{} // by engine
	for _, x := range findings {
		name, kind, apiVersion := splitObject(x.Place.Object)
		if x.Reason != format.Policy || kind == "" || line != 0 && x.Line != line {
			continue
		}
		engine := policy.EngineFor(apiVersion, kind, x.Place.Field)
		key := strings.Join(engine, " ")
		if objects[key] == nil {
			engines = append(engines, engine)
		}
		if !slices.Contains(objects[key], name) {
			objects[key] = append(objects[key], name)
		}
	}
	for _, engine := range engines {
		if err := explainPolicy(w, set, f, engine, strings.Join(objects[strings.Join(engine, " ")], ", ")); err != nil {
			return err
		}
	}
	return nil
}

// splitObject splits the object of a place, such as "Deployment web (apps/v1)", into its
// name with its kind, its kind and its version. They are empty outside of objects.
func splitObject(object string) (name, kind, apiVersion string) {
	i := strings.LastIndex(object, " (")
	if i < 0 || !strings.HasSuffix(object, ")") {
		return "", "", ""
	}
	name, apiVersion = object[:i], object[i+2:len(object)-1]
	kind, _, _ = strings.Cut(name, " ")
	return name, kind, apiVersion
}

// explainPolicy writes the policy for an engine, or the reason why it cannot hold the
// rules and the policy for vap, or the reason why no engine can.
func explainPolicy(w io.Writer, set *session.Session, f *session.Flags, engine []string, objects string) error {
	o := policy.Options{Name: "regmigrate", Rules: set.Rewrite.Rules, Config: set.ConfigInRoot(), Mutate: slices.Contains(engine, "--mutate")}
	o.Command = policyCommand(f, engine)
	text, err := policy.Write(engine[0], o)
	note := ""
	if err != nil && engine[0] != "vap" {
		reason, _, _ := strings.Cut(err.Error(), "\n")
		note = reason + "\n"
		o.Mutate, o.Command = false, policyCommand(f, []string{"vap"})
		text, err = policy.Write("vap", o)
	}
	if err != nil {
		_, err = fmt.Fprintf(w, "\nregmigrate cannot write a policy to replace %s: %s\n", report.EscapeText(objects), report.EscapeText(err.Error()))
		return err
	}
	_, err = fmt.Fprintf(w, "\n%sTo replace %s with a policy that decides about images as the rules do:\n  %s\nThe policy is:\n\n%s",
		report.EscapeText(note), report.EscapeText(objects), report.EscapeText(o.Command), text)
	return err
}

// policyCommand returns the command policy with the rules of f.
func policyCommand(f *session.Flags, engine []string) string {
	args := append([]string{"regmigrate", "policy"}, engine...)
	for _, x := range f.Presets {
		args = append(args, "--preset", x)
	}
	for _, x := range f.Rules {
		args = append(args, "--rule", x)
	}
	if f.Config != "" {
		args = append(args, "--config", f.Config)
	}
	return strings.Join(report.ShellQuoted(args), " ")
}
