#!/bin/sh
# Builds a static tokctl, and makes a folder with the files of a container image.
#
#     sh packaging/image.sh FOLDER [release|dev]
set -eu
image=${1:?the folder}
profile=${2-release}
cd "$(dirname "$0")/.."
target=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --target "$target" --profile "$profile"
built="target/$target/$profile/tokctl"
[ "$profile" != dev ] || built="target/$target/debug/tokctl"

mkdir -p "$image/data"
# Any account can put a folder into the volume, and only its own.
chmod 1777 "$image/data"
install -m 755 "$built" "$image/tokctl"
# Imports from servers check certificates with these.
certificates=/etc/ssl/certs/ca-certificates.crt
if [ -e "$certificates" ]; then
    mkdir -p "$image/etc/ssl/certs"
    install -m 644 "$certificates" "$image$certificates"
fi
