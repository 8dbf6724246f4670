#!/bin/sh
# Opens, updates or closes the pull request of each repository of a list, several at a
# time, with GNU parallel:
#
#   export REGMIGRATE_TOKEN=…                 # also for git clone: see repository.sh
#   ./parallel.sh repositories.txt results --forge gitlab --label registry
#
# repositories.txt has one URL per line. The other arguments are flags of regmigrate pr.
# repository.sh, which must be in the same folder, writes the reports of each repository to
# the folder results; results/jobs.tsv has the exit codes and times. A repository that fails
# stops no other one. The exit code is 1 if one failed; the next run of the same command
# continues. Then:
#
#   regmigrate report merge --expect repositories.txt -o html results > state.html
#
# JOBS is the number of repositories at a time (default: 4). See the limits of your forge.
set -eu

list=$1 results=$2
shift 2
mkdir -p "$results"
rm -f "$results"/*.json "$results"/*.log
failed=0
parallel --quote --no-run-if-empty --jobs "${JOBS:-4}" --joblog "$results/jobs.tsv" --timeout 600 --termseq TERM,10000,KILL,25 sh "$(dirname "$0")/repository.sh" {} "$results" "$@" <"$list" || failed=1
# The joblog has a line for each repository; column 7 is the exit code.
awk -F '\t' 'NR > 1 && ($7 || $8) {n++} END {print NR-1 " repositories, " n+0 " failed"}' "$results/jobs.tsv"
grep -ho '"action": "[a-z]*"' "$results"/*.pr.json 2>/dev/null | sort | uniq -c || :
exit "$failed"
