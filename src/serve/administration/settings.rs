//! Settings: list, get, set, unset.

use super::answer::{Answer, json, nothing};
use super::body::Body;
use super::failure::not_found;
use super::guard::Administrator;
use super::query::NoQuery;
use crate::admin;
use crate::domain::setting::Setting;
use crate::domain::settings::SettingRow;
use crate::serve::app::Shared;
use crate::serve::problem::Problem;
use crate::serve::responses::{Conflict, NotFound, Refused, RefusedBody};
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// All settings.
#[derive(Serialize, ToSchema)]
pub struct SettingList {
    /// The settings.
    settings: Vec<SettingRow>,
}

/// List the settings
#[utoipa::path(
    get,
    operation_id = "list_settings",
    path = "/settings",
    tag = "settings",
    responses((status = 200, body = SettingList), Refused),
    security(("bearer" = [])),
)]
pub async fn list(State(app): State<Shared>, administrator: Administrator, _: NoQuery) -> Answer {
    let settings = administrator.run(&app, |admin| admin.settings()).await?;
    let rows = Setting::ALL.map(|setting| SettingRow::new(setting, &settings));
    json(&SettingList { settings: rows.into() })
}

/// The key of a setting in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code)]
pub struct SettingPath {
    /// The key of the setting
    key: String,
}

/// The setting in the path of a request.
pub struct Key(Setting);

impl FromRequestParts<Shared> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let key: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, app).await;
        let key = key.map_err(|_| not_found("no such setting"))?;
        key.parse().map(Key).map_err(|why| not_found(&why.to_string()))
    }
}

/// Show a setting
#[utoipa::path(
    get,
    operation_id = "show_setting",
    path = "/settings/{key}",
    tag = "settings",
    params(SettingPath),
    responses((status = 200, body = SettingRow), Refused, NotFound),
    security(("bearer" = [])),
)]
pub async fn get(
    State(app): State<Shared>,
    administrator: Administrator,
    Key(setting): Key,
    _: NoQuery,
) -> Answer {
    let settings = administrator.run(&app, |admin| admin.settings()).await?;
    json(&SettingRow::new(setting, &settings))
}

/// The new value of a setting.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingValue {
    /// The value, as the setting takes it.
    value: String,
}

/// Set a setting
#[utoipa::path(
    put,
    operation_id = "set_setting",
    path = "/settings/{key}",
    tag = "settings",
    params(SettingPath),
    request_body = SettingValue,
    responses((status = 200, body = SettingRow), Refused, NotFound, Conflict, RefusedBody),
    security(("bearer" = [])),
)]
pub async fn set(
    State(app): State<Shared>,
    administrator: Administrator,
    Key(setting): Key,
    _: NoQuery,
    Body(SettingValue { value }): Body<SettingValue>,
) -> Answer {
    let set = move |admin: admin::Admin| {
        admin.set_setting(setting, &value)?;
        admin.settings()
    };
    json(&SettingRow::new(setting, &administrator.run(&app, set).await?))
}

/// Restore the default of a setting
#[utoipa::path(
    delete,
    operation_id = "unset_setting",
    path = "/settings/{key}",
    tag = "settings",
    params(SettingPath),
    responses((status = 204, description = "The setting has its default"), Refused, NotFound),
    security(("bearer" = [])),
)]
pub async fn unset(
    State(app): State<Shared>,
    administrator: Administrator,
    Key(setting): Key,
    _: NoQuery,
) -> Answer {
    administrator.run(&app, move |admin| admin.unset_setting(setting)).await?;
    nothing()
}
