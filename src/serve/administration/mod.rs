//! Administration: tokens, users, settings and the log, for the tokens of administrators. The use cases
//! are those of the commands, and so is the JSON.

mod answer;
mod body;
mod cursor;
mod failure;
mod filter;
mod guard;
mod lifecycle;
mod log;
mod page;
mod query;
mod settings;
mod text;
mod tokens;
mod users;

use super::app::Shared;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The endpoints. The guard stands before all of them, so that none can be without it.
pub fn router(app: &Shared) -> OpenApiRouter<Shared> {
    described().route_layer(from_fn_with_state(app.clone(), guard::guard))
}

/// The endpoints without the guard: what the description of the API is made from.
pub fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::show, tokens::edit, tokens::delete))
        .routes(routes!(lifecycle::rotate))
        .routes(routes!(lifecycle::revoke))
        .routes(routes!(lifecycle::unrevoke))
        .routes(routes!(users::list, users::add))
        .routes(routes!(users::show, users::edit, users::remove))
        .routes(routes!(users::ban))
        .routes(routes!(users::unban))
        .routes(routes!(settings::list))
        .routes(routes!(settings::get, settings::set, settings::unset))
        .routes(routes!(log::list))
}
