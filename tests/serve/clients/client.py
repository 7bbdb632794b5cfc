"""Introspection and revocation by Authlib: `client.py URL CALLER TOKEN`.

Prints what the server says about the token, and then revokes it.
"""

import json
import os
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6749 import ResourceProtector
from authlib.oauth2.rfc6750 import InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc7662 import IntrospectTokenValidator

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
url, caller, token = sys.argv[1:]
metadata = requests.get(f"{url}/.well-known/oauth-authorization-server").json()
ISSUED_BY_NOBODY = "tok_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP"


def session(method):
    return OAuth2Session("gate way", caller, token_endpoint_auth_method=method)


def introspect(method, secret):
    endpoint = metadata["introspection_endpoint"]
    response = session(method).introspect_token(endpoint, secret, "access_token")
    response.raise_for_status()
    return response.json()


class Validator(IntrospectTokenValidator):
    """Lets in what the server calls active."""

    def introspect_token(self, token_string):
        return introspect("client_secret_basic", token_string)


class Request:
    """A request that a resource server received."""

    def __init__(self, secret):
        self.headers = {"Authorization": f"Bearer {secret}"}


def answer(secret, scope):
    """What a resource server answers that needs this scope."""
    protector = ResourceProtector()
    protector.register_token_validator(Validator())
    try:
        return protector.validate_request([scope], Request(secret))["username"]
    except (InvalidTokenError, InsufficientScopeError) as error:
        return f"{error.status_code} {error.error}"


for method in ["client_secret_basic", "client_secret_post"]:
    print(json.dumps(introspect(method, token), separators=(",", ":")))
    print(json.dumps(introspect(method, ISSUED_BY_NOBODY), separators=(",", ":")))
for scope in ["posts.read", "posts.delete"]:
    print(answer(token, scope))
for method in ["none", "client_secret_basic"]:
    response = session(method).revoke_token(metadata["revocation_endpoint"], token, "access_token")
    print(response.status_code)
print(json.dumps(introspect("client_secret_basic", token), separators=(",", ":")))
print(answer(token, "posts.read"))
