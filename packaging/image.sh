#!/bin/sh
# Builds a static tokctl, and makes a folder with the files of a container image.
#
#     sh packaging/image.sh FOLDER [release|dev]
set -eu
image=${1:?the folder}
profile=${2-release}
cd "$(dirname "$0")/.."
case $profile in
    release)
        # `.cargo/rustc` links it statically.
        cargo build --release --locked
        built=target/release/tokctl
        ;;
    dev)
        target=$(rustc -vV | sed -n 's/^host: //p')
        RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --target "$target"
        built="target/$target/debug/tokctl"
        ;;
    *)
        echo "unknown profile: $profile" >&2
        exit 2
        ;;
esac
# Without a static C library, it was linked dynamically, and an image has no dynamic linker.
if ldd "$built" 2> /dev/null | grep '=>' >&2; then
    echo "the program needs the libraries above; install a static C library" >&2
    exit 1
fi

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
