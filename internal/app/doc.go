// Package app runs the commands of the program. Each command is one function
// that gets its options as a struct and its streams as values, and returns the
// exit code's reason as an error; cmd/regmigrate turns flags into options. The
// package knows no flags and no command line library.
package app
