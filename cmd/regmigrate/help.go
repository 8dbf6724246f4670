package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

// exitsKey is the annotation of a command that holds what its exit codes mean,
// one line a code.
const exitsKey = "exit codes"

// The lines of codes that mean the same for most commands.
const (
	doneLine  = "  0  done, or nothing to do\n"
	usageLine = "  2  wrong usage or configuration; nothing was done\n"
)

// setExits lets the help of cmd, and its pages, say what its exit codes mean:
// those of left and failed as these say, a line of text each and none where
// they are empty.
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

// setExitLines is setExits for a command whose codes are its own.
func setExitLines(cmd *cobra.Command, lines string) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[exitsKey] = lines
}

// setUsage lets the help of cmd and its subcommands say what their exit codes
// mean, and break the text of flags at words for columns columns; 0 breaks
// none.
func setUsage(cmd *cobra.Command, columns int) {
	usage := strings.ReplaceAll(new(cobra.Command).UsageTemplate(), ".FlagUsages", fmt.Sprintf(".FlagUsagesWrapped %d", columns))
	cmd.SetUsageTemplate(usage + fmt.Sprintf(`{{with index .Annotations %q}}
Exit codes:
{{.}}{{end}}`, exitsKey))
}

// commandNames are the names of the subcommands of cmd that a user may type.
func commandNames(cmd *cobra.Command) []string {
	var out []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			out = append(out, c.Name())
		}
	}
	return out
}

// suggestFlag returns the flag of cmd that was meant by the one that err says
// is unknown, in brackets, or "" when none is near.
func suggestFlag(cmd *cobra.Command, err error) string {
	unknown := (*pflag.NotExistError)(nil)
	if !errors.As(err, &unknown) || len(unknown.GetSpecifiedName()) < 2 {
		return "" // a single letter is near to every other
	}
	var known []string
	cmd.Flags().VisitAll(func(x *pflag.Flag) { known = append(known, "--"+x.Name) })
	return rules.DidYouMean("--"+unknown.GetSpecifiedName(), known)
}

// refuseMistyped refuses a first PATH that does not exist and is nearly the
// name of a subcommand.
func refuseMistyped(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if _, err := os.Lstat(args[0]); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if s := rules.DidYouMean(args[0], commandNames(cmd)); s != "" {
		return fmt.Errorf("%q is no command, and no file or folder either%s", args[0], s)
	}
	return nil
}
