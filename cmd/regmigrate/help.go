package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/regmigrate/regmigrate/internal/strictyaml"
)

// exitsKey is the annotation of a command that describes its exit codes, one
// line per code.
const exitsKey = "exit codes"

// Descriptions of exit codes that most commands share.
const (
	doneLine  = "  0  done, or nothing to do\n"
	usageLine = "  2  wrong usage or configuration; nothing was done\n"
)

// setExits adds the exit codes to the help and the pages of cmd: left describes
// code 1 and failed code 3; cmd does not have a code whose description is empty.
func setExits(cmd *cobra.Command, left, failed string) {
	text := doneLine
	if left != "" {
		text += "  1  " + left + "\n"
	}
	text += usageLine
	if failed != "" {
		text += "  3  " + failed + "\n"
	}
	setExitLines(cmd, text)
}

// setExitLines is like setExits, with the descriptions of all codes.
func setExitLines(cmd *cobra.Command, lines string) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[exitsKey] = lines
}

// setUsage adds exit codes to the help of cmd and its subcommands, groups the flags,
// and wraps the text at the given number of columns; 0 means no wrapping.
func setUsage(cmd *cobra.Command, columns int) {
	cobra.AddTemplateFunc("flagUsages", flagUsages)
	cobra.AddTemplateFunc("wrapText", wrapText)
	cobra.AddTemplateFunc("wrapEntry", wrapEntry)
	cmd.SetHelpTemplate(fmt.Sprintf(`{{with (or .Long .Short)}}{{wrapText . %d | trimTrailingWhitespaces}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}`, columns))
	usage := strings.Replace(new(cobra.Command).UsageTemplate(),
		"Flags:\n{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}", fmt.Sprintf("{{flagUsages . %d}}", columns), 1)
	usage = strings.ReplaceAll(usage, ".FlagUsages", fmt.Sprintf(".FlagUsagesWrapped %d", columns))
	usage = strings.ReplaceAll(usage, "{{.Short}}", fmt.Sprintf("{{wrapEntry .Short .NamePadding %d}}", columns))
	cmd.SetUsageTemplate(usage + fmt.Sprintf(`{{with index .Annotations %q}}
Exit codes:
{{wrapText . %d}}{{end}}`, exitsKey, columns))
}

// commandNames returns the names of the visible subcommands of cmd.
func commandNames(cmd *cobra.Command) []string {
	var out []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			out = append(out, c.Name())
		}
	}
	return out
}

// suggestFlag returns a suggestion for the unknown flag in err: a flag of cmd with
// a similar name, in brackets, or "" if no name is similar.
func suggestFlag(cmd *cobra.Command, err error) string {
	unknown := (*pflag.NotExistError)(nil)
	if !errors.As(err, &unknown) || len(unknown.GetSpecifiedName()) < 2 {
		return "" // every single letter is similar to every other
	}
	var known []string
	cmd.Flags().VisitAll(func(x *pflag.Flag) { known = append(known, "--"+x.Name) })
	return strictyaml.DidYouMean("--"+unknown.GetSpecifiedName(), known)
}

// refuseMistyped returns an error if the first PATH does not exist and its name
// is similar to that of a subcommand.
func refuseMistyped(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if _, err := os.Lstat(args[0]); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if s := strictyaml.DidYouMean(args[0], commandNames(cmd)); s != "" {
		return fmt.Errorf("%q: unknown command or path%s", args[0], s)
	}
	return nil
}
