//! Users: list, add, show, edit, remove, ban, unban.

use super::answer::{Answer, created, json, nothing};
use super::body::{Body, OptionalBody, given};
use super::cursor::Cursor;
use super::failure::{invalid, not_found};
use super::guard::Administrator;
use super::lifecycle::Reason;
use super::page::{Page, Place};
use super::query::{NoQuery, Query};
use super::text;
use crate::admin::{self, Error};
use crate::domain::user::{self, User, UserEdit};
use crate::serve::app::Shared;
use crate::serve::problem::Problem;
use crate::serve::responses::{Conflict, NotFound, Refused, RefusedBody};
use crate::serve::schema;
use crate::text::url;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A page of users.
#[derive(Serialize, ToSchema)]
pub struct UserPage {
    /// The users.
    users: Vec<User>,
    /// The cursor of the next page; null on the last one.
    next: Option<String>,
}

/// Which page of the users.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub struct UserQuery {
    /// The largest number of users on the page
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
    /// Where to go on: the value of next on the page before
    #[param(inline)]
    cursor: Option<schema::UserCursor>,
}

/// List users by name
#[utoipa::path(
    get,
    operation_id = "list_users",
    path = "/users",
    tag = "users",
    params(UserQuery),
    responses((status = 200, body = UserPage), Refused),
    security(("bearer" = [])),
)]
pub async fn list(
    State(app): State<Shared>,
    administrator: Administrator,
    mut query: Query,
) -> Answer {
    let Place { limit, after } = Place::take(&mut query, |cursor| match cursor {
        Cursor::User(name) => Some(name),
        _ => None,
    })?;
    query.end()?;
    let page = administrator.run(&app, move |admin| {
        let mut page = Page::new(limit);
        admin.users(after.as_deref(), |user| Ok::<_, Error>(page.push(user, 0)))?;
        Ok(page)
    });
    let page = page.await?;
    let next = page.next(|user| Cursor::User(user.name.clone()));
    json(&UserPage { users: page.items, next })
}

/// The user to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name, unique without regard to case.
    #[schema(value_type = schema::UserName)]
    name: String,
    /// The e-mail address, unique without regard to case.
    #[schema(value_type = Option<schema::EmailAddress>)]
    email: Option<String>,
    /// The full name.
    #[schema(value_type = Option<schema::FreeText>)]
    full_name: Option<String>,
    /// Whether to make the user an administrator.
    #[serde(default)]
    admin: bool,
}

/// Add a user
#[utoipa::path(
    post,
    operation_id = "add_user",
    path = "/users",
    tag = "users",
    request_body = NewUser,
    responses(
        (status = 201, body = User, headers(("Location" = String, description = "Where the user is"))),
        Refused, Conflict, RefusedBody,
    ),
    security(("bearer" = [])),
)]
pub async fn add(
    State(app): State<Shared>,
    administrator: Administrator,
    _: NoQuery,
    Body(body): Body<NewUser>,
) -> Answer {
    let new = user::NewUser {
        name: text::parse("name", &body.name)?,
        email: text::parse_optional("email", body.email.as_deref())?,
        full_name: text::free("full_name", body.full_name.as_deref())?,
        admin: body.admin,
    };
    let user = administrator.run(&app, move |admin| admin.add_user(&new)).await?;
    created(&user, &format!("/users/{}", segment(&user.name)))
}

/// The name of a user in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code)]
pub struct UserPath {
    /// The name of the user, in any case
    name: String,
}

/// The name in the path of a request. Nothing is at a path that is no text.
pub struct Named(String);

impl FromRequestParts<Shared> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let name: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, app).await;
        name.map(|Path(name)| Named(name)).map_err(|_| not_found("user not found"))
    }
}

/// Show a user
#[utoipa::path(
    get,
    operation_id = "show_user",
    path = "/users/{name}",
    tag = "users",
    params(UserPath),
    responses((status = 200, body = User), Refused, NotFound),
    security(("bearer" = [])),
)]
pub async fn show(
    State(app): State<Shared>,
    administrator: Administrator,
    Named(name): Named,
    _: NoQuery,
) -> Answer {
    json(&administrator.run(&app, move |admin| admin.user(&name)).await?)
}

/// What to change about a user. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct UserChange {
    /// The new name.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = schema::UserName, required = false)]
    name: Option<String>,
    /// The new e-mail address; null removes it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schema::EmailAddress>)]
    email: Option<Option<String>>,
    /// The new full name; null removes it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schema::FreeText>)]
    full_name: Option<Option<String>>,
    /// Whether the user is an administrator from now on.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool, required = false)]
    admin: Option<bool>,
}

impl UserChange {
    fn edit(self) -> Result<UserEdit, Problem> {
        let email = |text: Option<String>| text::parse_optional("email", text.as_deref());
        let full_name = |text: Option<String>| text::free("full_name", text.as_deref());
        let edit = UserEdit {
            name: text::parse_optional("name", self.name.as_deref())?,
            email: self.email.map(email).transpose()?,
            full_name: self.full_name.map(full_name).transpose()?,
            admin: self.admin,
        };
        match edit == UserEdit::default() {
            true => Err(invalid("nothing to change: give name, email, full_name or admin")),
            false => Ok(edit),
        }
    }
}

/// Change a user
#[utoipa::path(
    patch,
    operation_id = "edit_user",
    path = "/users/{name}",
    tag = "users",
    params(UserPath),
    request_body = UserChange,
    responses((status = 200, body = User), Refused, NotFound, Conflict, RefusedBody),
    security(("bearer" = [])),
)]
pub async fn edit(
    State(app): State<Shared>,
    administrator: Administrator,
    Named(name): Named,
    _: NoQuery,
    Body(body): Body<UserChange>,
) -> Answer {
    let edit = body.edit()?;
    json(&administrator.run(&app, move |admin| admin.edit_user(&name, &edit)).await?)
}

/// Remove a user and all their tokens
#[utoipa::path(
    delete,
    operation_id = "remove_user",
    path = "/users/{name}",
    tag = "users",
    params(UserPath),
    responses(
        (status = 204, description = "The user and their tokens are removed"),
        Refused, NotFound, Conflict,
    ),
    security(("bearer" = [])),
)]
pub async fn remove(
    State(app): State<Shared>,
    administrator: Administrator,
    Named(name): Named,
    _: NoQuery,
) -> Answer {
    administrator.run(&app, move |admin| admin.remove_user(&name)).await?;
    nothing()
}

/// Ban a user
///
/// Their tokens are rejected while the ban stands. A ban that stands already stays, unless there is a new
/// reason.
#[utoipa::path(
    post,
    operation_id = "ban_user",
    path = "/users/{name}/ban",
    tag = "users",
    params(UserPath),
    request_body = Option<Reason>,
    responses((status = 200, body = User), Refused, NotFound, RefusedBody),
    security(("bearer" = [])),
)]
pub async fn ban(
    State(app): State<Shared>,
    administrator: Administrator,
    Named(name): Named,
    _: NoQuery,
    OptionalBody(body): OptionalBody<Reason>,
) -> Answer {
    let reason = text::free("reason", body.reason.as_deref())?;
    let ban = move |admin: admin::Admin| admin.ban_user(&name, reason.as_deref());
    let (user, _) = administrator.run(&app, ban).await?;
    json(&user)
}

/// Lift the ban of a user
#[utoipa::path(
    post,
    operation_id = "unban_user",
    path = "/users/{name}/unban",
    tag = "users",
    params(UserPath),
    responses((status = 200, body = User), Refused, NotFound),
    security(("bearer" = [])),
)]
pub async fn unban(
    State(app): State<Shared>,
    administrator: Administrator,
    Named(name): Named,
    _: NoQuery,
) -> Answer {
    let (user, _) = administrator.run(&app, move |admin| admin.unban_user(&name)).await?;
    json(&user)
}

/// The name as a part of a path (RFC 3986 §2.3).
fn segment(name: &str) -> String {
    url::encode(name, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}
