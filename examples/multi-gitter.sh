#!/bin/sh
# For multi-gitter, which runs this script in a clone of each repository, commits
# the changes and opens a pull request:
#
#   multi-gitter run ./multi-gitter.sh --org my-org --branch regmigrate \
#     --commit-message 'Move image references to their new registry'
#
# A repository without changes gets no pull request. If the script ends with an exit
# code other than 0 (a proof failed, a file could not be read), multi-gitter does
# not change the repository and lists it at the end.
set -eu
exec regmigrate --verify --quiet .
