#!/bin/sh
# A CGI program that tells a proxy whether a request may pass, for example nginx with auth_request and
# fcgiwrap. It verifies the header Authorization of the request: `Bearer SECRET`, or only the secret.
#
#     GUARD_SCOPE=posts.manage guard.sh
#
# Answers 204: the token is good. 401: it is not, or there is none. 403: it lacks the scope.
# 503: the database could not be read. No other answer lets a request pass.
set -u

answer() { # STATUS [CHALLENGE]
    printf 'Status: %s\r\n' "$1"
    [ $# -eq 1 ] || printf 'WWW-Authenticate: Bearer realm="api"%s\r\n' "$2"
    printf '\r\n'
}

# Standard input, because other accounts can see arguments.
printf '%s\n' "${HTTP_AUTHORIZATION-}" |
    tokctl verify --quiet ${GUARD_SCOPE:+--scope "$GUARD_SCOPE"} ${REMOTE_ADDR:+--source "$REMOTE_ADDR"} - >&2
case $? in
    0) answer '204 No Content' ;;
    1)
        # A request without credentials gets no error code: RFC 6750, section 3.1.
        if [ -n "${HTTP_AUTHORIZATION-}" ]; then
            answer '401 Unauthorized' ', error="invalid_token"'
        else
            answer '401 Unauthorized' ''
        fi
        ;;
    3) answer '403 Forbidden' ", error=\"insufficient_scope\", scope=\"$GUARD_SCOPE\"" ;;
    *) answer '503 Service Unavailable' ;;
esac
