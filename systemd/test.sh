#!/bin/sh
# Runs the units under a real systemd, which has namespaces and a root folder of its own: nothing of
# this machine changes. Needs root, cgroup v2, curl, and the program `systemd`, which need not be
# running.
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
    run_server
    return "$failed"
}

# The status of the answer to a request with the good token.
asked() { # PATH
    curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $secret" "http://127.0.0.1:7380$1"
}

property() { systemctl show tokctl-serve@svc.service -P "$1"; }

# The number of lines with this text in the log of the server.
logged() { grep -c "$1" /tmp/serve.log || true; }

wait_until() { # CONDITION, which is a script
    for _ in $(seq 100); do
        ! eval "$1" || return 0
        sleep 0.1
    done
    echo "  WRONG: waited in vain: $*"
    failed=1
}

run_server() {
    # There is no journal here.
    mkdir -p /etc/systemd/system/tokctl-serve@svc.service.d
    printf '[Service]\nStandardError=append:/tmp/serve.log\n' > /etc/systemd/system/tokctl-serve@svc.service.d/log.conf
    systemctl daemon-reload

    echo "The server starts with the first connection:"
    make_database /var/lib/tokctl/tokctl.db svc svc 700 600
    systemctl start tokctl-serve@svc.socket
    check "the service" inactive "$(property ActiveState)"
    check "/auth with a good token" 204 "$(asked /auth)"
    check "the service" "active running" "$(property ActiveState) $(property SubState)"
    check "/auth with a scope that it lacks" 403 "$(asked '/auth?scope=users.read')"
    check "/readyz" 200 "$(asked /readyz)"
    as svc tokctl revoke --quiet --name good
    check "/auth after the token was revoked" 401 "$(asked /auth)"
    as svc tokctl unrevoke --quiet --name good
    check "modes and owners" "$before" "$(modes)"

    echo "It runs with the rights of the account, and without others:"
    pid=$(property MainPID)
    status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"; }
    check "account" "901 901 901 901" "$(status Uid | tr '\t' ' ')"
    check "capabilities" 0000000000000000 "$(status CapEff)"
    check "no new privileges" 1 "$(status NoNewPrivs)"
    check "system calls are filtered" 2 "$(status Seccomp)"
    check "open files" 20000 "$(sed -n 's/^Max open files *\([0-9]*\) .*/\1/p' "/proc/$pid/limits")"
    # A folder of the account, which the server must not write to.
    install -d -o svc -g svc /srv/other
    inside() { nsenter --target "$pid" --mount setpriv --reuid svc --regid svc --clear-groups "$@" 2> /dev/null; }
    can_write() { if inside test -w "$1"; then echo yes; else echo no; fi; }
    check "can write to its database" yes "$(can_write /var/lib/tokctl/tokctl.db)"
    check "can write to another folder of the account" no "$(can_write /srv/other)"
    check "networks that it sees" lo "$(nsenter --target "$pid" --net ls /sys/class/net 2> /dev/null | paste -sd ' ')"

    echo "It reloads:"
    systemctl reload tokctl-serve@svc.service
    # shellcheck disable=SC2016 # wait_until expands it.
    wait_until '[ "$(logged " reloaded$")" -eq 1 ]'
    check "the same process" "$pid" "$(property MainPID)"
    check "/auth" 204 "$(asked /auth)"

    echo "It restarts, while a client goes on asking:"
    (while [ ! -e /tmp/enough ]; do asked /auth; echo; done > /tmp/answers) &
    client=$!
    for _ in 1 2 3; do systemctl restart tokctl-serve@svc.service; done
    check "another process" yes "$([ "$(property MainPID)" = "$pid" ] || echo yes)"
    pid=$(property MainPID)
    kill -KILL "$pid"
    # shellcheck disable=SC2016 # wait_until expands it.
    wait_until '[ "$(property NRestarts) $(property ActiveState)" = "1 active" ]'
    check "/auth" 204 "$(asked /auth)"
    touch /tmp/enough
    wait "$client"
    # A killed process answers nothing more; a client that waited for the next one is answered.
    check "answers but 204, of which the kill may have cut one" "at most 1" \
        "$([ "$(grep -vc '^204$' /tmp/answers)" -gt 1 ] || echo at most 1)"
    check "restarts" "1 of its own" "$(property NRestarts) of its own"

    echo "It stops:"
    systemctl stop tokctl-serve@svc.service 2> /dev/null
    check "the service" "inactive success 0" "$(property ActiveState) $(property Result) $(property ExecMainStatus)"
    check "ends in the log" 4 "$(logged ' ended$')"
    check "/auth starts it again" 204 "$(asked /auth)"
    systemctl stop tokctl-serve@svc.socket tokctl-serve@svc.service
    check "modes and owners" "$before" "$(modes)"
    check "last use recorded" 1 "$(tokctl list --all --name good --format jsonl | grep -c '"last_used_at":"')"

    echo "No database:"
    rm -r /var/lib/tokctl
    systemctl start tokctl-serve@svc.service 2> /dev/null || true
    check "the service" "exit-code 4" "$(property Result) $(property ExecMainStatus)"
    check "the log" 1 "$(logged 'it does not exist$')"
    systemctl stop tokctl-serve@svc.socket tokctl-serve@svc.service
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
command -v curl > /dev/null || skip "curl is not installed"
[ -L /lib ] || skip "/lib is not part of /usr"
cgroups=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
[ -n "$cgroups" ] || skip "there is no cgroup v2"
cgroup=$cgroups/tokctl-test-$$
mkdir "$cgroup" 2> /dev/null || skip "this machine does not allow new control groups"
work=$(mktemp -d)
trap 'find "$cgroup" -depth -type d -exec rmdir {} +; rm -rf "$work"' EXIT
unshare --fork --pid --mount --cgroup --ipc --uts --net true 2> /dev/null ||
    skip "this machine does not allow new namespaces"

mkdir "$work/unit"
cp "$tokctl" "$work/tokctl"
cp "$source/test.sh" "$work/"
cp "$source"/*.service "$source"/*.timer "$source"/*.socket "$work/unit/"
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
    exec unshare --fork --pid --mount --cgroup --ipc --uts --net --kill-child=KILL sh "$2/test.sh" --start-systemd "$2"' \
    sh "$cgroup" "$work" < /dev/null || true
cat "$work/seen" || { echo "systemd did not start"; exit 1; }
exit "$(cat "$work/status")"
