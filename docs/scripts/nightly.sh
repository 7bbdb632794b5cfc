#!/bin/sh
# Backs up the database, prunes it and checks it. For cron, in the account that owns the database:
#
#     17 3 * * * /usr/local/bin/nightly.sh /var/backups/tokctl
#
# Prints nothing if all is well, so that cron sends mail only about problems. Keeps the backups of two
# weeks. If the database is not sound, it keeps older ones, too.
set -u
folder=${1:?the folder for backups}
umask 077
mkdir -p "$folder" || exit
failed=0

# Before prune, so that the backup has what prune deletes.
tokctl backup --quiet --force "$folder/tokctl-$(date +%F).db" > /dev/null || failed=1
tokctl prune --quiet > /dev/null || failed=1
tokctl doctor --quiet > /dev/null || failed=1
if [ "$failed" -eq 0 ]; then
    find "$folder" -name 'tokctl-????-??-??.db' -mtime +14 -exec rm {} + || failed=1
fi
exit "$failed"
