//! Which tokens a list has: the filters of `tokctl list`, as parameters of a query.

use super::query::{Query, text};
use crate::admin::Filter;
use crate::domain::Invalid;
use crate::domain::secret::Secret;
use crate::domain::time::When;
use crate::domain::token::Status;
use crate::serve::problem::Problem;

impl Query {
    /// Takes the filters. Like `tokctl list`, it means the active tokens unless a status is
    /// given, or `all`.
    ///
    /// # Errors
    ///
    /// When a value is not valid.
    pub fn filter(&mut self) -> Result<Filter, Problem> {
        let all = self.flag("all")?;
        let mut filter = Filter {
            statuses: self.lists("status", status)?,
            users: self.all("user", text)?,
            scopes: self.lists("scope", str::parse)?,
            names: self.all("name", str::parse)?,
            hints: self.all("hint", hint)?,
            sources: self.all("source", text)?,
            expiring_within: self.all("expiring_within", str::parse)?,
            unused_for: self.all("unused_for", str::parse)?,
            created_before: self.all("created_before", When::in_the_past)?,
        };
        if filter.statuses.is_empty() && !all {
            filter.statuses.push(Status::Active);
        }
        Ok(filter)
    }
}

fn status(text: &str) -> Result<Status, Invalid> {
    let found = Status::ALL.into_iter().find(|status| status.as_str() == text);
    found.ok_or_else(|| {
        format!("must be one of {}", Status::ALL.map(Status::as_str).join(", ")).into()
    })
}

fn hint(beginning: &str) -> Result<String, Invalid> {
    Secret::check_hint(&text(beginning)?)
}
