//! Which rows of a table are tokens, where it has rows of several types.

use super::catalog::{Catalog, Table};
use super::ends::{is_ignored, is_same_name};
use super::error::{Error, Result};
use super::source::{Expression, Filter, Query};

/// The type of the rows that are tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedType {
    /// The column with the type.
    pub column: String,
    /// The values that it has.
    pub values: Vec<String>,
}

impl WantedType {
    /// Which rows have the type.
    pub fn filter(&self) -> Filter {
        Filter::OneOf { column: self.column.clone(), texts: self.values.clone() }
    }
}

/// Names of columns that tell what a row is for. A system that has one declares it; in any other, an
/// application has added it, and rows for refreshing sessions or setting passwords would look like
/// tokens.
const NAMES: &[&str] =
    &["type", "kind", "token_type", "token_kind", "purpose", "category", "usage", "grant_type"];

/// Types of tokens that a request can be made with.
const USUAL: &[&str] = &[
    "api",
    "api_token",
    "access",
    "access_token",
    "personal",
    "personal_access_token",
    "auth_token",
    "bearer",
    "token",
];

impl Catalog<'_> {
    /// The type of the tokens: the one that the system or the operator names; `None` if the table has
    /// no types.
    pub fn token_type(&self, tokens: &Table) -> Result<Option<WantedType>> {
        let declared = self.system.tokens.kind.as_ref();
        let column = match declared {
            Some(declared) => tokens.column(declared.column).cloned(),
            None => self.type_column(tokens),
        };
        let values = match (&self.options.kind, declared) {
            (Some(wanted), _) => vec![wanted.clone()],
            (None, Some(declared)) => declared.values(self.options),
            (None, None) => {
                if let Some(column) = column {
                    self.check_types(tokens, &column)?;
                }
                return Ok(None);
            }
        };
        match column {
            Some(column) => Ok(Some(WantedType { column, values })),
            None => Err(Error::NoSuchColumn {
                table: tokens.name.clone(),
                column: "type".into(),
                option: "--type",
            }),
        }
    }

    fn type_column(&self, tokens: &Table) -> Option<String> {
        let columns = &self.system.tokens.columns;
        let is_declared = |column: &str| {
            let mut declared = columns.required.iter().chain(columns.optional);
            declared.any(|name| is_same_name(name, column))
        };
        let tells_type = |column: &&String| {
            NAMES.iter().any(|name| is_same_name(name, column))
                && !is_declared(column)
                && !is_ignored(self.options, &tokens.name, column)
        };
        tokens.columns.iter().find(tells_type).cloned()
    }

    /// Fails if rows have types that may not be those of tokens.
    fn check_types(&self, tokens: &Table, column: &str) -> Result<()> {
        let query = Query {
            columns: vec![Expression::Column(column.to_string())],
            is_count: true,
            ..Query::of(&tokens.name)
        };
        let mut found = Vec::new();
        self.source.rows(&query, |cells| -> Result<()> {
            found.extend(cells.value(0).and_then(|value| value.some_text().ok().flatten()));
            Ok(())
        })?;
        found.sort();
        match found.iter().all(|kind| USUAL.iter().any(|usual| is_same_name(usual, kind))) {
            true => Ok(()),
            false => {
                Err(Error::SeveralTypes { column: format!("{}.{column}", tokens.name), found })
            }
        }
    }
}
