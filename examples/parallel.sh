#!/bin/sh
# Opens, updates or closes the pull request of each repository of a list, several at a
# time, with GNU parallel:
#
#   export GITLAB_TOKEN=…                     # docs/ci.md lists the variables
#   ./parallel.sh repositories.txt results --forge gitlab --label registry
#
# repositories.txt has one URL per line. The other arguments are flags of regmigrate pr.
# git clones with your own credentials. For each repository, results has NAME.pr.json (what
# was done), NAME.report.json (the references) and NAME.log; results/jobs.tsv has the exit
# codes and times. A repository that fails stops no other one. The exit code is 1 if one
# failed; the next run of the same command continues.
#
# JOBS is the number of repositories at a time (default: 4). See the limits of your forge.
set -eu

if [ "${1-}" = --one ]; then
	results=$2 url=$3
	shift 3
	name=$(printf %s "${url%.git}" | sed 's|^[^:]*:/*||; s|[^A-Za-z0-9._-]|_|g')
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	exec 2>"$results/$name.log"
	git clone --quiet --depth 1 "$url" "$work/clone"
	cd "$work/clone"
	regmigrate pr --json --report "json=$results/$name.report.json" "$@" >"$results/$name.pr.json.part" || {
		code=$?
		rm -f "$results/$name.pr.json.part"
		exit "$code"
	}
	mv "$results/$name.pr.json.part" "$results/$name.pr.json"
	exit 0
fi

list=$1
mkdir -p "$2"
results=$(cd "$2" && pwd)
shift 2
rm -f "$results"/*.pr.json
failed=0
parallel --jobs "${JOBS:-4}" --joblog "$results/jobs.tsv" --timeout 600 sh "$0" --one "$results" {} "$@" <"$list" || failed=1
# The joblog has a line for each repository: the exit code is in column 7, the command in 9.
awk -F '\t' 'NR > 1 && ($7 || $8) {n++; print "failed with exit code " $7 ": " $9} END {print NR-1 " repositories, " n+0 " failed"}' "$results/jobs.tsv"
grep -ho '"action": "[a-z]*"' "$results"/*.pr.json 2>/dev/null | sort | uniq -c || :
exit "$failed"
