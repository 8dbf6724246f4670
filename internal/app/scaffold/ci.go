package scaffold

import "strings"

// Release is the release that the files of this package name. It equals action/version.
const Release = "v0.1.0"

// A CI is a CI system, and the file that has its job.
type CI struct {
	Name string // the value of --ci
	File string // slash-separated, relative to the root of the repository

	// Evidence are files and folders that show that a repository uses the system, and
	// Hosts are hosts of forges that do, or parts of their names.
	Evidence, Hosts []string

	// Next is what a person has to do after the file was written, "" if nothing.
	Next string

	text string
}

// Text returns the content of the file.
func (c *CI) Text() []byte { return []byte(c.text) }

const header = "# Fails if a reference to an old registry is left: " + homepage + "/blob/main/docs/ci.md\n"

// A workflow of GitHub, with the address of the actions before their names.
const workflow = header + `name: regmigrate
on: [pull_request]
permissions:
  contents: read
jobs:
  registry:
    runs-on: RUNNER
    steps:
    - uses: PREFIXactions/checkout@v7
    - uses: PREFIXregmigrate/regmigrate@` + Release + `
`

func workflowFor(runner, prefix string) string {
	return strings.NewReplacer("RUNNER", runner, "PREFIX", prefix).Replace(workflow)
}

// CIs are all CI systems, in the order in which evidence counts.
var CIs = []CI{
	{Name: "gitlab", File: ".gitlab/regmigrate.gitlab-ci.yml", Evidence: []string{".gitlab-ci.yml"}, Hosts: []string{"gitlab"},
		Next: "include the job in .gitlab-ci.yml:\n  include:\n  - local: .gitlab/regmigrate.gitlab-ci.yml",
		text: header + `registry-check:
  image:
    name: ghcr.io/regmigrate/regmigrate:` + Release[1:] + `-ci
    entrypoint: [""]
  rules:
  - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  script:
  - regmigrate --check --report codeclimate=gl-code-quality-report.json .
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
`},
	{Name: "forgejo", File: ".forgejo/workflows/regmigrate.yml", Evidence: []string{".forgejo"}, Hosts: []string{"codeberg.org", "forgejo"}, text: workflowFor("docker", "https://github.com/")},
	{Name: "gitea", File: ".gitea/workflows/regmigrate.yml", Evidence: []string{".gitea"}, Hosts: []string{"gitea"}, text: workflowFor("ubuntu-latest", "https://github.com/")},
	{Name: "github", File: ".github/workflows/regmigrate.yml", Evidence: []string{".github"}, Hosts: []string{"github"}, text: workflowFor("ubuntu-latest", "")},
}

// FindCI returns the CI system of a repository. The host of the remote decides, and then
// the files: exists reports whether the repository has a file or folder. FindCI returns nil
// if neither shows a CI system. The host may be empty.
func FindCI(host string, exists func(name string) bool) *CI {
	for i := range CIs {
		for _, x := range CIs[i].Hosts {
			if strings.Contains(host, x) {
				return &CIs[i]
			}
		}
	}
	for i := range CIs {
		for _, x := range CIs[i].Evidence {
			if exists(x) {
				return &CIs[i]
			}
		}
	}
	return nil
}

// CINames returns the names of all CI systems.
func CINames() []string {
	var out []string
	for _, c := range CIs {
		out = append(out, c.Name)
	}
	return out
}
