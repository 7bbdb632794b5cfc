#!/bin/sh
# Runs the tokctl of an image as a container would, without a daemon: in the image's folder as a
# read-only root, as accounts that have no name, and with one volume. /proc, /tmp and /dev/null are
# missing.
#
#     sudo sh packaging/test-image.sh FOLDER
#
# Exits with 77 if this machine cannot run the test.
set -eu

fail() {
    echo "$*" >&2
    exit 1
}

in_image() { # UID COMMAND…
    uid=$1
    shift
    env -i TOKCTL_DATABASE=/data/tokctl/tokctl.db TMPDIR=/data ${user:+TOKCTL_USER="$user"} \
        "$(command -v chroot)" --userspec="$uid:0" --groups= "$image" /tokctl "$@"
}

run_cases() {
    mount --bind "$image" "$image"
    mkdir -p "$image/dev"
    for device in random urandom; do
        : > "$image/dev/$device"
        mount --bind "/dev/$device" "$image/dev/$device"
    done
    mount -o remount,bind,ro "$image"
    for mask in 000 022 077; do
        umask "$mask"
        mount -t tmpfs -o mode=1777 tmpfs "$image/data"
        user=
        secret=$(in_image 54321 create --quiet --name CI --scope posts.manage)
        printf '%s\n' "$secret" | in_image 54321 verify --scope posts.manage -
        printf '%s\n' "$secret" | in_image 54321 verify --quiet --scope posts.delete - && fail "a missing scope"
        [ "$(in_image 54321 settings get default-user)" = uid-54321 ] || fail "another first administrator"
        in_image 54321 prune --quiet
        in_image 54321 doctor --quiet > /dev/null || fail "the database is not sound"
        modes=$(stat -c '%a %u' "$image/data/tokctl" "$image/data/tokctl/tokctl.db" | paste -sd ' ')
        [ "$modes" = "700 54321 600 54321" ] || fail "modes and owners: $modes"
        printf '%s\n' "$secret" | in_image 54322 verify --quiet - 2> /dev/null && fail "another account can read"
        umount "$image/data"
    done
    mount -t tmpfs -o mode=1777 tmpfs "$image/data"
    user=alice
    in_image 54321 create --quiet > /dev/null
    [ "$(in_image 54321 settings get default-user)" = alice ] || fail "TOKCTL_USER is not the first administrator"
    umount "$image/data"
    in_image 54321 create 2>&1 && fail "there is no volume"
    return 0
}

if [ "$1" = --run-cases ]; then
    image=$2
    run_cases
    exit
fi
image=$(realpath "${1:?the folder of the image}")
if [ "$(id -u)" -ne 0 ] || ! unshare --mount true 2> /dev/null; then
    echo "not run: this needs root, and a machine that allows new namespaces"
    exit 77
fi
unshare --mount sh "$0" --run-cases "$image"
