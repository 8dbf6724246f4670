package rules

// ConfigNames are the names of a configuration file, the usual name first. A folder
// has one such file at most.
var ConfigNames = []string{".regmigrate.yaml", ".regmigrate.yml", ".regmigrate.json"}
