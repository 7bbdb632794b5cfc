#!/bin/sh
# Runs the units under a real systemd, which has namespaces and a root folder of its own: nothing of
# this machine changes. Needs root, cgroup v2, and the program `systemd`, which need not be running.
#
#     sudo sh systemd/test.sh target/release/tokctl
#
# Prints what it sees, and exits with 1 if a unit does not do what it should, with 77 if this machine
# cannot run the test.
set -eu

skip() {
    echo "not run: $*"
    exit 77
}

# In new namespaces: makes a root folder in memory and starts systemd there.
start_systemd() {
    mount --make-rprivate /
    mount -t tmpfs -o mode=755 tmpfs /mnt
    cd /mnt
    mkdir usr etc etc/systemd etc/systemd/system var var/lib var/tmp srv home run tmp root proc sys dev old result
    chmod 1777 tmp var/tmp
    mount --rbind /usr usr
    mount -o remount,bind,ro usr
    mount -t tmpfs -o mode=755 tmpfs usr/local/bin
    mount --bind "$work" result
    cp "$work/tokctl" usr/local/bin/tokctl
    for link in bin sbin lib lib64; do
        if [ -L "/$link" ]; then cp -P "/$link" .; fi
    done
    cp "$work"/unit/* etc/systemd/system/
    cat > etc/passwd <<'END'
root:x:0:0:root:/root:/bin/sh
svc:x:901:901:owns the database:/nonexistent:/usr/sbin/nologin
reader:x:902:902:only verifies:/nonexistent:/usr/sbin/nologin
END
    printf 'root:x:0:\nsvc:x:901:\nreader:x:902:\nreaders:x:903:reader\n' > etc/group
    echo 0123456789abcdef0123456789abcdef > etc/machine-id
    mount -t proc proc proc
    mount -t sysfs -o ro sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs -o mode=755 tmpfs dev
    mkdir dev/pts dev/shm
    ln -s pts/ptmx dev/ptmx
    for device in null zero full random urandom tty; do
        : > "dev/$device"
        mount --bind "/dev/$device" "dev/$device"
    done
    pivot_root . old
    umount -l old
    export container=tokctl-test
    exec /usr/lib/systemd/systemd --system --unit=test.target
}

# Under that systemd.
failed=0

check() { # WHAT EXPECTED FOUND
    if [ "$2" = "$3" ]; then
        echo "  ok: $1: $3"
    else
        echo "  WRONG: $1: $3 instead of $2"
        failed=1
    fi
}

as() { # ACCOUNT COMMAND…
    account=$1
    shift
    setpriv --reuid "$account" --regid "$account" --init-groups "$@"
}

# Makes a database with a token that ended years ago and one that is good.
make_database() { # DATABASE OWNER GROUP FOLDER-MODE FILE-MODE
    folder=${1%/*}
    rm -rf "$folder"
    mkdir -p "$folder"
    export TOKCTL_DATABASE="$1"
    tokctl user add alice --quiet > /dev/null
    echo '{"name":"old","secret":"a-secret-from-2019-that-ended","expires_at":"2020-01-01T00:00:00Z"}' > /tmp/old
    tokctl import jsonl /tmp/old --quiet > /dev/null
    secret=$(tokctl create --name good --scope posts.manage --quiet)
    chown -R "$2:$3" "$folder"
    chmod "$4" "$folder"
    chmod "$5" "$1"
    before=$(modes)
}

modes() { stat -c '%a %U:%G' "${TOKCTL_DATABASE%/*}" "$TOKCTL_DATABASE" | paste -sd ' '; }

run_unit() { # INSTANCE EXPECTED-RESULT EXPECTED-STATUS
    unit="tokctl-prune@$1.service"
    systemctl start "$unit" 2> /dev/null || true
    check "$unit" "$2 $3" "$(systemctl show "$unit" -P Result) $(systemctl show "$unit" -P ExecMainStatus)"
    check "modes and owners" "$before" "$(modes)"
}

tokens() { tokctl list --all --format jsonl --quiet | grep -c .; }

run_cases() {
    echo "systemd $(systemctl --version | sed -n '1s/systemd //p')"

    echo "A database of root:"
    make_database /var/lib/tokctl/tokctl.db root root 700 600
    check "tokens before" 2 "$(tokens)"
    run_unit root success 0
    check "tokens after" 1 "$(tokens)"
    run_unit root success 0

    echo "A database of a service account:"
    make_database /var/lib/tokctl/tokctl.db svc svc 700 600
    run_unit svc success 0
    check "tokens after" 1 "$(tokens)"

    echo "A database that a group may read:"
    make_database /var/lib/tokctl/tokctl.db svc readers 750 640
    run_unit svc success 0
    check "tokens after" 1 "$(tokens)"
    check "another account verifies" 0 "$(printf '%s\n' "$secret" | as reader tokctl verify --quiet - && echo 0)"

    echo "The wrong account:"
    make_database /var/lib/tokctl/tokctl.db svc svc 700 600
    run_unit reader exit-code 4
    run_unit root exit-code 4
    check "tokens after" 2 "$(tokens)"

    echo "No database:"
    rm "$TOKCTL_DATABASE"
    systemctl start tokctl-prune@svc.service 2> /dev/null || true
    check "tokctl-prune@svc.service" 4 "$(systemctl show tokctl-prune@svc.service -P ExecMainStatus)"

    echo "A database somewhere else, with the drop-in of docs/packaging.md:"
    make_database /srv/api/tokctl.db svc svc 700 600
    run_unit svc exit-code 4
    mkdir -p /etc/systemd/system/tokctl-prune@svc.service.d
    cp /result/drop-in.conf /etc/systemd/system/tokctl-prune@svc.service.d/override.conf
    systemctl daemon-reload
    run_unit svc success 0
    check "tokens after" 1 "$(tokens)"

    echo "The timer:"
    systemctl start tokctl-prune@svc.timer
    check "tokctl-prune@svc.timer" active "$(systemctl is-active tokctl-prune@svc.timer)"
    systemctl list-timers --no-legend --no-pager | grep -o 'tokctl-prune@svc.timer .*'
    return "$failed"
}

case ${1-} in
--start-systemd)
    work=$2
    start_systemd
    ;;
--run-cases)
    status=0
    run_cases > /result/seen 2>&1 || status=$?
    echo "$status" > /result/status
    exit
    ;;
esac

tokctl=$(realpath "${1:?the path of tokctl}")
source=$(realpath "$(dirname "$0")")
[ "$(id -u)" -eq 0 ] || skip "this needs root"
[ -x /usr/lib/systemd/systemd ] || skip "systemd is not installed"
[ -L /lib ] || skip "/lib is not part of /usr"
cgroups=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
[ -n "$cgroups" ] || skip "there is no cgroup v2"
cgroup=$cgroups/tokctl-test-$$
mkdir "$cgroup" 2> /dev/null || skip "this machine does not allow new control groups"
work=$(mktemp -d)
trap 'find "$cgroup" -depth -type d -exec rmdir {} +; rm -rf "$work"' EXIT
unshare --fork --pid --mount --cgroup --ipc --uts true 2> /dev/null ||
    skip "this machine does not allow new namespaces"

mkdir "$work/unit"
cp "$tokctl" "$work/tokctl"
cp "$source/test.sh" "$work/"
cp "$source"/*.service "$source"/*.timer "$work/unit/"
awk '/^```ini$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$source/../docs/packaging.md" > "$work/drop-in.conf"
printf '[Unit]\nRequires=test.service\n' > "$work/unit/test.target"
cat > "$work/unit/test.service" <<'END'
[Unit]
DefaultDependencies=no

[Service]
Type=oneshot
ExecStart=/bin/sh /result/test.sh --run-cases
ExecStopPost=/bin/systemctl --force poweroff
END
chmod -R go+rX "$work"
# A control group of its own, so that systemd does not touch those of this machine.
# shellcheck disable=SC2016 # The shell inside expands it.
timeout 120 sh -c 'echo $$ > "$1/cgroup.procs"
    exec unshare --fork --pid --mount --cgroup --ipc --uts --kill-child=KILL sh "$2/test.sh" --start-systemd "$2"' \
    sh "$cgroup" "$work" < /dev/null || true
cat "$work/seen" || { echo "systemd did not start"; exit 1; }
exit "$(cat "$work/status")"
