#!/bin/sh
# For multi-gitter, which runs this in a clone of each repository, commits what
# changed and opens a pull request:
#
#   multi-gitter run ./multi-gitter.sh --org my-org --branch regmigrate \
#     --commit-message 'Move image references to their new registry'
#
# A repository in which nothing changes gets no pull request. One for which this
# ends with another code than 0 (a proof failed, a file could not be read) is
# left as it is, and listed at the end.
set -eu
exec regmigrate --verify --quiet .
