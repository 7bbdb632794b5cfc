#!/bin/sh
# Gives a token a new secret and hands it to a command, for example from a scheduled CI job:
#
#     rotate.sh deploy gh secret set API_TOKEN
#
# The command reads the secret on standard input. The old secret stays valid for a day. If the command
# fails, the new secret stays in a private file, which the last line on standard error names.
set -eu
name=${1:?the name of the token}
shift
[ $# -gt 0 ] || { echo "rotate.sh: name the command that takes the new secret" >&2; exit 2; }

folder=$(mktemp -d) # with mode 0700
tokctl rotate --quiet --name "$name" --overlap 1d --out "$folder/secret" > /dev/null || {
    code=$?
    rm -r "$folder"
    exit "$code"
}
if ! "$@" < "$folder/secret"; then
    echo "rotate.sh: the command failed; hand over $folder/secret within a day, then delete it" >&2
    exit 1
fi
rm -r "$folder"
