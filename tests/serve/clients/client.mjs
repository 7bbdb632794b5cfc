// Discovery, introspection and revocation by oauth4webapi and openid-client: arguments URL CALLER ONE OTHER.
//
// Prints what the server says about the tokens, and then revokes them.

import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'

const [url, caller, one, other] = process.argv.slice(2)
const issuedByNobody = 'tok_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP'
const print = (value) => console.log(JSON.stringify(value))

const issuer = new URL(url)
const insecure = { [oauth.allowInsecureRequests]: true }
const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
const server = await oauth.processDiscoveryResponse(issuer, found)
const client = { client_id: 'gate way:' }

const introspect = async (authentication, token) => {
  const options = { additionalParameters: { token_type_hint: 'access_token' }, ...insecure }
  const response = await oauth.introspectionRequest(server, client, authentication, token, options)
  return oauth.processIntrospectionResponse(server, client, response)
}
for (const method of [oauth.ClientSecretBasic, oauth.ClientSecretPost]) {
  print(await introspect(method(caller), one))
  print(await introspect(method(caller), issuedByNobody))
}
const wrong = await introspect(oauth.ClientSecretBasic(issuedByNobody), one).catch((error) => error)
print([wrong.code, wrong.cause?.[0]?.scheme ?? wrong.error])
for (const token of [one, one, issuedByNobody]) {
  const response = await oauth.revocationRequest(server, client, oauth.None(), token, insecure)
  print((await oauth.processRevocationResponse(response)) === undefined)
}
print(await introspect(oauth.ClientSecretBasic(caller), one))

for (const method of [openid.ClientSecretBasic, openid.ClientSecretPost]) {
  const options = { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] }
  const server = await openid.discovery(issuer, 'gateway', undefined, method(caller), options)
  print(await openid.tokenIntrospection(server, other))
  await openid.tokenRevocation(server, other)
  print(await openid.tokenIntrospection(server, other))
}
