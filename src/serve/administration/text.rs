//! Texts in requests, which become values of the domain here.

use super::failure::invalid;
use crate::domain::Invalid;
use crate::domain::name::parse_text;
use crate::serve::problem::Problem;
use std::str::FromStr;

/// A value of the domain.
///
/// # Errors
///
/// When the text is none; `field` is named.
pub fn parse<T: FromStr<Err = Invalid>>(field: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|why| invalid(format!("{field}: {why}")))
}

/// The same of a field that may be missing.
///
/// # Errors
///
/// When the text is none; `field` is named.
pub fn parse_optional<T: FromStr<Err = Invalid>>(
    field: &str,
    text: Option<&str>,
) -> Result<Option<T>, Problem> {
    text.map(|text| parse(field, text)).transpose()
}

/// Free text; none if it is empty.
///
/// # Errors
///
/// When it is too long, or unsafe to show.
pub fn free(field: &str, text: Option<&str>) -> Result<Option<String>, Problem> {
    let text = parse_text(text.unwrap_or_default());
    let text = text.map_err(|why| invalid(format!("{field}: {why}")))?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}
