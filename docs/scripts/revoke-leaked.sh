#!/bin/sh
# Finds the tokens whose secrets start with a leaked hint, such as tok_Ab3d, and revokes them.
#
#     revoke-leaked.sh tok_Ab3d [--yes]
#
# At a terminal it asks; elsewhere it needs --yes. Exits with 1 if no active token has the hint.
set -eu
hint=${1:?the hint, such as tok_Ab3d}
shift
case $hint in
    [a-z]*_????) ;;
    *) echo "revoke-leaked.sh: a hint is a prefix, _ and 4 characters, such as tok_Ab3d" >&2; exit 2 ;;
esac

found=$(tokctl list --quiet --hint "$hint")
if [ -z "$found" ]; then
    echo "revoke-leaked.sh: no active token has the hint $hint" >&2
    exit 1
fi
tokctl list --hint "$hint"
tokctl revoke-all --hint "$hint" --reason "leaked" "$@"
