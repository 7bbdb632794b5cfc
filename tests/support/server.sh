#!/bin/sh
# Runs a database server for tests, until standard input is closed: also a test that panics or is
# killed leaves none behind.
#
#     sh tests/support/server.sh mariadb|postgres FOLDER [OPTION…]
#     sh tests/support/server.sh standby FOLDER PRIMARY [OPTION…]
#
# A standby replicates the PostgreSQL server in the folder PRIMARY, whose standby `standby` it is called.
#
# FOLDER must not exist yet, and is removed at the end. It gets the socket (`mysqld.sock`, or
# `.s.PGSQL.PORT`), `port` (TCP on 127.0.0.1), `ca.pem` if openssl is installed (then the server can
# TLS; its certificate is for localhost), and `ready` while the server answers. The administrators are
# `root` and `postgres`, without a password.
#
# On standard input, PostgreSQL takes commands, each in a line: `stop SIGNAL` (INT: fast, QUIT: as in a crash)
# and `start`.
set -eu

kind=$1
folder=$2
shift 2
primary=
if [ "$kind" = standby ]; then
    primary=$1
    shift
fi
export PATH="$PATH:/usr/sbin:/usr/local/sbin"
# A terminal's Ctrl-C is for the tests; the server ends with them.
trap '' INT HUP
umask 022
mkdir "$folder"
log=$folder/log

# A port that nothing listens on.
port=$((20000 + $$ % 20000))
while grep -qi ":$(printf %04x "$port") " /proc/net/tcp 2> /dev/null; do
    port=$((port + 1))
done
echo "$port" > "$folder/port"

if command -v openssl > /dev/null; then
    (
        cd "$folder"
        openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=tokctl-test-ca \
            -keyout ca.key -out ca.pem
        openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr
        echo 'subjectAltName = DNS:localhost' > server.ext
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 \
            -extfile server.ext -out server.pem
    ) > "$log" 2>&1
fi

# The command as the account of the server, if root runs the tests: PostgreSQL refuses root.
account=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
    [ "$kind" = mariadb ] && account=mysql || account=postgres
    chown -R "$account" "$folder"
fi
as_account() {
    if [ "$(id -un)" = "$account" ]; then
        exec "$@"
    else
        exec setpriv --reuid="$account" --regid="$account" --clear-groups "$@"
    fi
}

if [ -e "$folder/server.key" ]; then
    chmod 600 "$folder/server.key"
fi

case $kind in
    mariadb)
        (as_account mariadb-install-db --no-defaults --datadir="$folder/data" \
            --auth-root-authentication-method=normal --skip-test-db) >> "$log" 2>&1
        if [ -e "$folder/ca.pem" ]; then
            set -- --ssl-cert="$folder/server.pem" --ssl-key="$folder/server.key" "$@"
        fi
        (as_account mariadbd --no-defaults --datadir="$folder/data" --socket="$folder/mysqld.sock" \
            --bind-address=127.0.0.1 --port="$port" --pid-file="$folder/pid" --skip-name-resolve \
            --character-set-server=utf8mb4 --innodb-flush-log-at-trx-commit=0 \
            --innodb-buffer-pool-size=64M --log-bin-trust-function-creators=1 \
            "$@") >> "$log" 2>&1 < /dev/null &
        answers() { mariadb --no-defaults -uroot -S "$folder/mysqld.sock" -e 'SELECT 1'; }
        ;;
    postgres | standby)
        bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | tail -n 1)
        bin=${bin:-$(dirname "$(command -v postgres)")}
        if [ -n "$primary" ]; then
            (cd "$folder" && as_account "$bin/pg_basebackup" -D "$folder/data" -R -X stream -c fast -N \
                -d "host=$primary port=$(cat "$primary/port") user=postgres application_name=standby") \
                >> "$log" 2>&1
        else
            (cd "$folder" && as_account "$bin/initdb" -D "$folder/data" -A trust -U postgres -E UTF8 \
                --locale=C -N) >> "$log" 2>&1
        fi
        # Members of the role `pw` need a password.
        {
            echo 'local all +pw scram-sha-256'
            echo 'host all +pw 127.0.0.1/32 scram-sha-256'
            echo 'local all,replication all trust'
            echo 'host all all 127.0.0.1/32 trust'
        } > "$folder/hba"
        if [ -e "$folder/ca.pem" ]; then
            set -- -c ssl=on -c ssl_cert_file="$folder/server.pem" \
                -c ssl_key_file="$folder/server.key" "$@"
        fi
        start() {
            (cd "$folder" && as_account "$bin/postgres" -D "$folder/data" -k "$folder" -p "$port" \
                -c listen_addresses=127.0.0.1 -c fsync=off -c timezone=UTC -c max_connections=200 \
                -c hba_file="$folder/hba" "$@") >> "$log" 2>&1 < /dev/null &
        }
        start "$@"
        query() { psql -X -h "$folder" -p "$port" -U postgres -c "$1"; }
        [ -n "$primary" ] && statement='SELECT 1' || statement='CREATE ROLE pw'
        answers() { query "$statement"; }
        ;;
    *)
        echo "unknown server: $kind" >&2
        exit 2
        ;;
esac
server=$!

wait_until_ready() {
    attempts=0
    until answers > /dev/null 2>&1; do
        attempts=$((attempts + 1))
        if [ "$attempts" -gt 300 ] || ! kill -0 "$server" 2> /dev/null; then
            cat "$log" >&2
            kill "$server" 2> /dev/null || true
            exit 1
        fi
        sleep 0.1
    done
    touch "$folder/ready"
}
wait_until_ready

while read -r command signal; do
    case $command in
        stop)
            kill "-$signal" "$server"
            wait "$server" || true
            rm "$folder/ready"
            ;;
        start)
            statement='SELECT 1'
            start "$@"
            server=$!
            wait_until_ready
            ;;
    esac
done
# A test may have killed or stopped it.
kill "$server" 2> /dev/null || true
wait "$server" || true
rm -rf "$folder"
