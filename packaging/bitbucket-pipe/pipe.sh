#!/bin/sh
# The pipe for Bitbucket Pipelines. Its variables are environment variables; pipe.yml
# describes them. Bitbucket passes a list, such as ARGS, as ARGS_COUNT, ARGS_0, ARGS_1 ...
# Source: https://support.atlassian.com/bitbucket-cloud/docs/advanced-techniques-for-writing-pipes/
set -eu

case ${COMMAND:-check} in
check)
	mkdir -p test-results
	set -- --check --report junit=test-results/regmigrate.xml
	;;
pr)
	set -- pr --forge bitbucket --author "${AUTHOR:-regmigrate <regmigrate@noreply.invalid>}"
	;;
*)
	echo "regmigrate pipe: COMMAND: expected check or pr, got \"$COMMAND\"" >&2
	exit 2
	;;
esac

count=${ARGS_COUNT:-0}
case $count in
*[!0-9]*)
	echo "regmigrate pipe: ARGS: expected a list, such as [--preset, bitnami]" >&2
	exit 2
	;;
esac
i=0
while [ "$i" -lt "$count" ]; do
	eval "set -- \"\$@\" \"\${ARGS_$i}\""
	i=$((i + 1))
done
if [ "$count" = 0 ] && [ -n "${ARGS:-}" ]; then
	echo "regmigrate pipe: ARGS: expected a list, such as [--preset, bitnami], got \"$ARGS\"" >&2
	exit 2
fi
exec regmigrate "$@" "${PATHS:-.}"
