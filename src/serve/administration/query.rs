//! The query of a request. A parameter with a typing error must not be ignored: it would select more than
//! was meant.

use crate::domain::Invalid;
use crate::serve::app::Shared;
use crate::serve::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::convert::Infallible;

/// The parameters that nobody has taken yet.
pub struct Query(Vec<(String, String)>);

impl FromRequestParts<Shared> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Infallible> {
        Ok(Query::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    fn parse(query: &str) -> Self {
        Query(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Takes all values of a parameter.
    ///
    /// # Errors
    ///
    /// The first that `parse` does not take.
    pub fn all<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Result<Vec<T>, Problem> {
        let mut taken = Vec::new();
        self.0.retain(|(other, value)| {
            let is_meant = other == name;
            if is_meant {
                taken.push(value.clone());
            }
            !is_meant
        });
        let values = taken.iter().map(|value| parse(value));
        values.collect::<Result<_, _>>().map_err(|why| refused(name, why))
    }

    /// The same for a parameter whose values can be separated by commas.
    ///
    /// # Errors
    ///
    /// The first that `parse` does not take.
    pub fn lists<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Result<Vec<T>, Problem> {
        let each = |list: &str| list.split(',').map(&parse).collect::<Result<Vec<_>, _>>();
        Ok(self.all(name, each)?.into_iter().flatten().collect())
    }

    /// Takes the value of a parameter that has only one.
    ///
    /// # Errors
    ///
    /// When there are several, or `parse` does not take it.
    pub fn one<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Result<Option<T>, Problem> {
        let mut values = self.all(name, parse)?;
        match values.len() {
            0 | 1 => Ok(values.pop()),
            _ => Err(refused(name, "it must not be repeated".into())),
        }
    }

    /// Takes a parameter that is 1 or 0.
    ///
    /// # Errors
    ///
    /// When it is neither.
    pub fn flag(&mut self, name: &str) -> Result<bool, Problem> {
        let flag = self.one(name, |text| match text {
            "1" | "true" => Ok(true),
            "0" | "false" => Ok(false),
            _ => Err("must be 1 or 0".into()),
        })?;
        Ok(flag.unwrap_or(false))
    }

    /// Makes sure that nothing is left.
    ///
    /// # Errors
    ///
    /// When something is.
    pub fn end(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(refused(name, "there is no such parameter".into())),
        }
    }
}

fn refused(name: &str, why: Invalid) -> Problem {
    Problem::bad_request(format!("query parameter {name}: {why}"))
}

/// A request without a query. What somebody adds in good faith, such as `dry_run=1`, must not be ignored.
pub struct NoQuery;

impl FromRequestParts<Shared> for NoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        Query::parse(parts.uri.query().unwrap_or_default()).end()?;
        Ok(NoQuery)
    }
}

/// A whole number. Rust would also take one with a plus sign.
pub fn number<T: std::str::FromStr>(text: &str) -> Result<T, Invalid> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.ok_or_else(|| "must be a whole number".into())
}

/// A text that is not empty, as an unset variable in a script would be.
pub fn text(text: &str) -> Result<String, Invalid> {
    if text.is_empty() { Err("cannot be empty".into()) } else { Ok(text.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_taken_once_and_nothing_is_left() {
        let mut query = Query::parse("a=1&b=x,y&a=2&b=z&c=%2B3");
        assert_eq!(query.all("a", number::<u8>).unwrap(), [1, 2]);
        assert_eq!(query.lists("b", text).unwrap(), ["x", "y", "z"]);
        assert!(query.one("c", number::<u8>).is_err());
        assert!(query.end().is_ok());
        assert!(Query::parse("a=1").end().is_err());
        assert!(Query::parse("a=1&a=1").one("a", number::<u8>).is_err());
    }
}
