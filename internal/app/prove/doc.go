// Package prove renders charts and builds kustomizations for a plan, before and
// after its edits, and attaches the verdicts to it. It also traces which values
// make up the references that a chart renders.
package prove
