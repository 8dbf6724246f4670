#!/bin/sh
# Opens, updates or closes the pull request of one repository, and writes reports for
# regmigrate report merge. parallel.sh and the other engines run it for each repository:
#
#   repository.sh https://github.com/acme/shop results --label registry
#
# The arguments are the URL, a folder, and flags of regmigrate pr. The folder gets
# NAME.pr.json (what was done), NAME.report.json (the references) and NAME.log; if the run
# fails, also NAME.failure.json, and the exit code is that of the run.
#
# If REGMIGRATE_TOKEN is set, git clones URLs of http and https with it. git reads it from the
# environment, so that it is in no command line and in no file. REGMIGRATE_GIT_USER is the
# user that belongs to it (default: x-access-token; Bitbucket Cloud: x-token-auth). Without
# REGMIGRATE_TOKEN, git clones with your own credentials.
set -eu
export GIT_TERMINAL_PROMPT=0 # fail instead of asking for a password

url=$1
mkdir -p "$2"
results=$(cd "$2" && pwd)
shift 2
name=$(printf %s "${url%.git}" | sed 's|^[^:]*:/*||; s|^[^/@]*@||; s|/|+|g; s|[^A-Za-z0-9._+-]|_|g')
rm -f "$results/$name.pr.json" "$results/$name.pr.json.part" "$results/$name.report.json" "$results/$name.failure.json" "$results/$name.log"
work=$(mktemp -d)

finish() {
	code=$?
	trap - EXIT
	rm -rf "$work" "$results/$name.pr.json.part"
	if [ "$code" -ne 0 ]; then
		regmigrate report failure --repository "$url" --exit-code "$code" <"$results/$name.log" >"$results/$name.failure.json"
		echo "$(printf %s "$url" | sed 's|//[^/@]*@|//|'): failed with exit code $code: $(grep . "$results/$name.log" | tail -n 1)" >&2
	fi
	exit "$code"
}
trap finish EXIT
trap 'exit 143' TERM INT

clone() {
	case "${REGMIGRATE_TOKEN:+token} $url" in
	"token http"*)
		# shellcheck disable=SC2016 # the shell that git starts expands the variables
		git -c credential.helper= -c credential.helper='!f() { test "$1" = get && printf "username=%s\npassword=%s\n" "${REGMIGRATE_GIT_USER:-x-access-token}" "$REGMIGRATE_TOKEN"; }; f' \
			clone --quiet --depth 1 "$url" "$work/clone"
		;;
	*) git clone --quiet --depth 1 "$url" "$work/clone" ;;
	esac
}

{
	clone
	cd "$work/clone"
	regmigrate pr --json --report "json=$results/$name.report.json" "$@" >"$results/$name.pr.json.part"
} 2>"$results/$name.log"
mv "$results/$name.pr.json.part" "$results/$name.pr.json"
