package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app/session"
)

// A checkFlag is the value of --check: all (without a value), certain, or a boolean.
type checkFlag struct{ flags *session.Flags }

// The values of --check.
const (
	checkAll     = "all"
	checkCertain = "certain"
)

func addCheckFlag(cmd *cobra.Command, f *session.Flags) {
	x := cmd.Flags()
	x.Var(checkFlag{f}, "check", "``write nothing; exit 1 if a reference would move, is a likely image or must be changed by hand; with --check=certain, likely images do not count")
	x.Lookup("check").NoOptDefVal = checkAll
	complete(cmd, "check", []string{checkAll, checkCertain})
}

func (c checkFlag) Type() string { return "gate" }

func (c checkFlag) String() string {
	switch {
	case c.flags == nil || !c.flags.Check:
		return "false"
	case c.flags.CheckCertain:
		return checkCertain
	}
	return checkAll
}

func (c checkFlag) Set(value string) error {
	on, err := strconv.ParseBool(value)
	switch {
	case value == checkAll, value == checkCertain:
		on = true
	case err != nil:
		return fmt.Errorf("expected %s or %s, got %q", checkAll, checkCertain, value)
	}
	c.flags.Check, c.flags.CheckCertain = on, value == checkCertain
	return nil
}
