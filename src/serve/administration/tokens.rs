//! Tokens: list, issue, show, edit, delete.

use super::answer::{Answer, issued, json, nothing};
use super::body::{Body, given};
use super::cursor::Cursor;
use super::failure::{invalid, not_found};
use super::guard::Administrator;
use super::page::{Page, Place};
use super::query::{NoQuery, Query, number};
use super::text;
use crate::admin::{Error, IssuedToken, Order, Request, Selector, TokenEdit};
use crate::domain::scope::{Scope, Scopes};
use crate::domain::token::{Status, Token};
use crate::serve::app::Shared;
use crate::serve::problem::Problem;
use crate::serve::responses::{Conflict, NotFound, Refused, RefusedBody};
use crate::serve::schema;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A page of tokens.
#[derive(Serialize, ToSchema)]
pub struct TokenPage {
    /// The tokens.
    tokens: Vec<Token>,
    /// The cursor of the next page; null on the last one.
    next: Option<String>,
}

/// Which tokens to list. A filter can be repeated, and then matches any of its values.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub struct TokenQuery {
    /// Only tokens with this status; without one, only active tokens
    #[param(inline)]
    status: Option<Vec<Status>>,
    /// 1: tokens of any status
    #[param(inline)]
    all: Option<schema::Flag>,
    /// Only tokens of this user
    #[param(inline)]
    user: Option<Vec<schema::SomeText>>,
    /// Only tokens that grant this scope
    #[param(inline)]
    scope: Option<Vec<schema::ScopeToken>>,
    /// Only tokens whose name matches this pattern, in which * stands for any text and ? for any character
    #[param(inline)]
    name: Option<Vec<schema::Glob>>,
    /// Only tokens whose secret begins with these characters, as far as the hint shows them
    #[param(inline)]
    hint: Option<Vec<schema::HintPrefix>>,
    /// Only tokens that this system issued, such as tokctl or sanctum
    #[param(inline)]
    source: Option<Vec<schema::SomeText>>,
    /// Only tokens that expire within this time and were not replaced by a rotation
    #[param(inline)]
    expiring_within: Option<Vec<schema::Duration>>,
    /// Only tokens not used for this long; a token that was never used counts from its creation
    #[param(inline)]
    unused_for: Option<Vec<schema::Duration>>,
    /// Only tokens created before this time: a duration ago, a date (00:00 UTC) or an RFC 3339 timestamp
    #[param(inline)]
    created_before: Option<Vec<schema::PastTime>>,
    /// The order of the ids
    #[param(inline)]
    order: Option<schema::Direction>,
    /// The largest number of tokens on the page
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
    /// Where to go on: the value of next on the page before
    #[param(inline)]
    cursor: Option<schema::TokenCursor>,
}

/// List tokens
///
/// Every token is listed once, whatever others issue or delete meanwhile.
#[utoipa::path(
    get,
    operation_id = "list_tokens",
    path = "/tokens",
    tag = "tokens",
    params(TokenQuery),
    responses((status = 200, body = TokenPage), Refused, NotFound),
    security(("bearer" = [])),
)]
pub async fn list(
    State(app): State<Shared>,
    administrator: Administrator,
    mut query: Query,
) -> Answer {
    let reverse = query.one("order", |text| match text {
        "asc" => Ok(false),
        "desc" => Ok(true),
        _ => Err("must be asc or desc".into()),
    })?;
    let reverse = reverse.unwrap_or(false);
    let Place { limit, after } = Place::take(&mut query, |cursor| match cursor {
        Cursor::Token(id) => Some(id),
        _ => None,
    })?;
    let filter = query.filter()?;
    query.end()?;
    let order = Order { reverse, after, ..Order::default() };
    let page = administrator.run(&app, move |admin| {
        let mut page = Page::new(limit);
        admin.tokens(&filter, order, |token| {
            let bytes = token.scopes.iter().map(|scope| scope.as_str().len()).sum();
            Ok::<_, Error>(page.push(token, bytes))
        })?;
        Ok(page)
    });
    let page = page.await?;
    let next = page.next(|token| Cursor::Token(token.id));
    json(&TokenPage { tokens: page.items, next })
}

/// The token to issue.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for; `Secret Token` if left out.
    #[schema(value_type = Option<schema::TokenName>)]
    name: Option<String>,
    /// The name of its owner; the setting default-user if left out.
    user: Option<String>,
    /// What it grants; everything (`*`) if left out, nothing if empty.
    #[schema(value_type = Option<Vec<schema::ScopeToken>>)]
    scopes: Option<Vec<String>>,
    /// When it expires: a duration, a date (00:00 UTC), an RFC 3339 timestamp or never; what the setting
    /// default-expires says if left out.
    #[schema(value_type = Option<schema::Expiry>)]
    expires: Option<String>,
}

impl NewToken {
    fn request(self) -> Result<Request, Problem> {
        let scopes = match self.scopes {
            None => Scopes::everything(),
            Some(scopes) => {
                let scopes = scopes.iter().map(|scope| text::parse::<Scope>("scopes", scope));
                scopes.collect::<Result<_, _>>()?
            }
        };
        Ok(Request {
            name: text::parse("name", self.name.as_deref().unwrap_or("Secret Token"))?,
            scopes,
            user: self.user,
            expires: text::parse_optional("expires", self.expires.as_deref())?,
        })
    }
}

/// Issue a token
///
/// The answer has the secret, which is not stored and cannot be shown again. If the answer is lost, the
/// token has been issued all the same: look for it, and revoke or rotate it.
#[utoipa::path(
    post,
    operation_id = "create_token",
    path = "/tokens",
    tag = "tokens",
    request_body = NewToken,
    responses(
        (status = 201, body = IssuedToken, headers(("Location" = String, description = "Where the token is"))),
        Refused, NotFound, Conflict, RefusedBody,
    ),
    security(("bearer" = [])),
)]
pub async fn create(
    State(app): State<Shared>,
    administrator: Administrator,
    _: NoQuery,
    Body(body): Body<NewToken>,
) -> Answer {
    let request = [body.request()?];
    let all = administrator.run(&app, move |admin| admin.issue(&request, |_| {}, |_| {})).await?;
    // One request is one token.
    let first = all.first().ok_or_else(|| Problem::unavailable("no token was issued".into()))?;
    issued(first)
}

/// The id of a token in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code)]
pub struct TokenPath {
    /// The id of the token
    #[param(minimum = 1)]
    id: i64,
}

/// The id in the path of a request. Nothing is at any other path.
pub struct Id(pub i64);

impl FromRequestParts<Shared> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let text: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, app).await;
        let id = text.ok().and_then(|Path(text)| number(&text).ok());
        id.map(Id).ok_or_else(|| not_found("token not found: an id is a whole number"))
    }
}

/// Show a token
#[utoipa::path(
    get,
    operation_id = "show_token",
    path = "/tokens/{id}",
    tag = "tokens",
    params(TokenPath),
    responses((status = 200, body = Token), Refused, NotFound),
    security(("bearer" = [])),
)]
pub async fn show(
    State(app): State<Shared>,
    administrator: Administrator,
    Id(id): Id,
    _: NoQuery,
) -> Answer {
    json(&administrator.run(&app, move |admin| admin.token(&Selector::Id(id))).await?)
}

/// What to change about a token. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct TokenChange {
    /// The new name.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = schema::TokenName, required = false)]
    name: Option<String>,
    /// When it expires from now on: a duration, a date (00:00 UTC), an RFC 3339 timestamp or never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = schema::Expiry, required = false)]
    expires: Option<String>,
}

/// Change the name or the expiry of a token
///
/// The owner and the scopes of a token never change.
#[utoipa::path(
    patch,
    operation_id = "edit_token",
    path = "/tokens/{id}",
    tag = "tokens",
    params(TokenPath),
    request_body = TokenChange,
    responses((status = 200, body = Token), Refused, NotFound, Conflict, RefusedBody),
    security(("bearer" = [])),
)]
pub async fn edit(
    State(app): State<Shared>,
    administrator: Administrator,
    Id(id): Id,
    _: NoQuery,
    Body(body): Body<TokenChange>,
) -> Answer {
    if body.name.is_none() && body.expires.is_none() {
        return Err(invalid("nothing to change: give name or expires"));
    }
    let edit = TokenEdit {
        name: text::parse_optional("name", body.name.as_deref())?,
        expires: text::parse_optional("expires", body.expires.as_deref())?,
    };
    json(&administrator.run(&app, move |admin| admin.edit(&Selector::Id(id), &edit)).await?)
}

/// Delete a token
///
/// It is rejected from the next request on. Unlike after a revocation, no record stays.
#[utoipa::path(
    delete,
    operation_id = "delete_token",
    path = "/tokens/{id}",
    tag = "tokens",
    params(TokenPath),
    responses((status = 204, description = "The token is deleted"), Refused, NotFound),
    security(("bearer" = [])),
)]
pub async fn delete(
    State(app): State<Shared>,
    administrator: Administrator,
    Id(id): Id,
    _: NoQuery,
) -> Answer {
    administrator.run(&app, move |admin| admin.delete(&[Selector::Id(id)])).await?;
    nothing()
}
