// Package app runs the commands of the program. Each command is one function:
// its parameters are the options, as a struct, and the streams, as values, and
// the error that it returns has the exit code. cmd/regmigrate turns flags into
// options; this package does not depend on a command line library.
package app
