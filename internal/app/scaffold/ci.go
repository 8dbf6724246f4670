package scaffold

import "strings"

// Release is the release that the files of this package name. It equals action/version.
const Release = "v" + version

const (
	version = "0.1.0"
	image   = "ghcr.io/regmigrate/regmigrate:" + version + "-ci" // with a shell and git
)

// A CI is a CI system, and the file that has its job.
type CI struct {
	Name string // the value of --ci
	File string // slash-separated, relative to the root of the repository

	// Evidence are files and folders that show that a repository uses the system, and
	// Hosts are hosts of forges that do, or parts of their names.
	Evidence, Hosts []string

	// Next is what a person has to do after the file was written, "" if nothing.
	Next string

	// Part is what a person has to add to the file if it exists, because it has the jobs
	// of all programs; "" for a file that has the job of regmigrate only. It is one block
	// that is valid as it is beside the other jobs.
	Part string

	text string
}

// Text returns the content of the file.
func (c *CI) Text() []byte { return []byte(c.text) }

// HasJob reports whether src, the content of the file, has a job that checks the
// references: a line with the command of the job that is no comment.
func (c *CI) HasJob(src []byte) bool {
	for line := range strings.Lines(string(src)) {
		line = strings.TrimSpace(line)
		if strings.Contains(line, checkCommand) && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "//") {
			return true
		}
	}
	return false
}

// checkCommand begins the command of the jobs in files with jobs of all programs.
const checkCommand = "regmigrate --check"

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

const bitbucketStep = `    - step:
        name: registry-check
        image: ` + image + `
        script:
        - mkdir -p test-results
        - ` + checkCommand + ` --report junit=test-results/regmigrate.xml .
`

const jenkinsStage = `    stage('registry-check') {
      agent {
        docker {
          image '` + image + `'
          args '--entrypoint='
        }
      }
      environment {
        HOME = '/tmp'
      }
      when {
        beforeAgent true
        changeRequest()
      }
      steps {
        sh '` + checkCommand + ` --report junit=regmigrate.xml .'
      }
      post {
        always {
          junit testResults: 'regmigrate.xml', allowEmptyResults: true
        }
      }
    }
`

// CIs are all CI systems, in the order in which evidence counts.
var CIs = []CI{
	{Name: "gitlab", File: ".gitlab/regmigrate.gitlab-ci.yml", Evidence: []string{".gitlab-ci.yml"}, Hosts: []string{"gitlab"},
		Next: "include the job in .gitlab-ci.yml:\n  include:\n  - local: .gitlab/regmigrate.gitlab-ci.yml",
		text: header + `registry-check:
  image:
    name: ` + image + `
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
	{Name: "azure", File: ".azure-pipelines/regmigrate.yml", Evidence: []string{"azure-pipelines.yml", ".azure-pipelines"}, Hosts: []string{"dev.azure.com", "visualstudio.com"},
		Next: "create a pipeline from .azure-pipelines/regmigrate.yml, and add it to the policies of the branch (build validation)",
		text: header + `trigger: none
pool: {vmImage: ubuntu-latest}
steps:
- checkout: self
  persistCredentials: false
- script: |
    docker run --rm --entrypoint regmigrate --user "$(id -u):$(id -g)" --env HOME=/tmp --volume "$PWD:/work" --workdir /work \
      ` + image + ` --check --report junit=regmigrate.xml .
  displayName: regmigrate --check
- task: PublishTestResults@2
  condition: succeededOrFailed()
  inputs:
    testResultsFormat: JUnit
    testResultsFiles: regmigrate.xml
    testRunTitle: regmigrate
`},
	{Name: "bitbucket", File: "bitbucket-pipelines.yml", Evidence: []string{"bitbucket-pipelines.yml"}, Hosts: []string{"bitbucket"},
		Part: bitbucketStep,
		text: header + `pipelines:
  pull-requests:
    '**':
` + bitbucketStep},
	{Name: "jenkins", File: "Jenkinsfile", Evidence: []string{"Jenkinsfile"},
		Next: "create a multibranch pipeline; it needs the plugins Docker Pipeline and JUnit",
		Part: jenkinsStage,
		text: strings.Replace(header, "#", "//", 1) + `pipeline {
  agent none
  stages {
` + jenkinsStage + "  }\n}\n"},
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
