//! From a system's declaration to the queries for one source.

use super::catalog::{Catalog, Table};
use super::ends::{End, RowKind, ends_in, is_ignored, is_name_of, says_limit, says_verified};
use super::error::{Error, Result};
use super::options::{Options, Secrets};
use super::owners::{OwnerTable, Owners};
use super::report::OtherRows;
use super::source::{Expression, Lookup, Query, Source, Value, is_like_hash};
use super::system::{Columns, ID, Related, SecretColumn, System};
use super::token_type::WantedType;
use std::ops::ControlFlow;

/// How to read the users and tokens of one source.
pub struct Plan {
    /// The owners of tokens: the system's users first.
    pub owners: Vec<OwnerPlan>,
    /// The tokens.
    pub tokens: TokenPlan,
    /// `table.column` where secrets can be read.
    pub clear_text: Option<String>,
    /// Rows of the table of tokens that are none, or not of the wanted type, by type.
    pub others: Vec<OtherRows>,
    /// How many tokens there are.
    pub count: u64,
}

/// How to read the owners in one table.
pub struct OwnerPlan {
    /// The rows.
    pub query: Query,
    /// The owner in a row.
    pub part: Part,
    /// The class of the owners, if they are not the system's users.
    pub class: Option<String>,
}

/// How to read the tokens.
pub struct TokenPlan {
    /// The rows.
    pub query: Query,
    /// The token in a row.
    pub part: Part,
    /// How a token names its owner.
    pub owners: Owners,
    /// The column with the secret or its hash.
    pub secret: SecretColumn,
    /// The type of the rows that are tokens, if the table has several.
    pub of_type: Option<WantedType>,
}

/// The columns of a row that come from one table.
#[derive(Clone)]
pub struct Part {
    /// The table.
    pub table: String,
    /// The names under which the row has them, in the order of the query.
    pub columns: Vec<String>,
    /// The columns that say whether the row has ended.
    pub ends: Vec<(String, End)>,
    /// The columns that say whether the e-mail address was verified.
    pub verified: Vec<String>,
}

/// The name under which a token has the id of its owner.
pub const OWNER: &str = "owner id";

/// The name under which an owner has what identifies the row, where tokens refer to another column.
pub const ROW_ID: &str = "row id";

/// The name under which a token has a value of its owner's row.
pub const OF_OWNER: &str = "of owner";

impl Plan {
    /// The plan for a source that has the tables of the system.
    ///
    /// # Errors
    ///
    /// When the source cannot be read, a table that would be read is damaged, or something about it
    /// is in doubt.
    pub fn new(catalog: &Catalog, tokens: &Table) -> Result<Self> {
        let found = catalog.owners(tokens)?;
        let owner_tables = found.tables.iter().map(|owner| &owner.table);
        check_ignored(catalog.options, [tokens].into_iter().chain(owner_tables))?;
        let mut unclear = Vec::new();
        let owners: Result<Vec<_>> = (found.tables.iter())
            .map(|owner| OwnerPlan::new(catalog, owner, &mut unclear))
            .collect();
        let owners = owners?;
        let users = found.tables.first().map(|users| &users.table);
        let plan = TokenPlan::new(catalog, tokens, found.owners, users, &mut unclear)?;
        if !unclear.is_empty() {
            return Err(Error::UnclearEnds { columns: unclear });
        }
        let clear_text = catalog.system.tokens.clear_text;
        let clear_text = clear_text.filter(|_| catalog.options.secrets != Secrets::Sha256);
        let clear_text = match clear_text.and_then(|column| tokens.column(column)) {
            Some(column) if has_values(catalog, tokens, column, plan.of_type.as_ref())? => {
                Some(column)
            }
            _ => None,
        };
        let (others, count) = others(catalog, tokens, plan.of_type.as_ref())?;
        Ok(Plan {
            owners,
            tokens: plan,
            clear_text: clear_text.map(|column| format!("{}.{column}", tokens.name)),
            others,
            count,
        })
    }
}

/// A misspelled column would go unnoticed otherwise, until it ended something.
fn check_ignored<'a>(
    options: &Options,
    tables: impl Iterator<Item = &'a Table> + Clone,
) -> Result<()> {
    let is_there = |ignored: &&String| {
        tables.clone().any(|table| {
            table.columns.iter().any(|column| is_name_of(ignored, &table.name, column))
        })
    };
    match options.ignore_columns.iter().find(|ignored| !is_there(ignored)) {
        Some(name) => Err(Error::NothingIgnored { name: name.clone() }),
        None => Ok(()),
    }
}

impl OwnerPlan {
    fn new(catalog: &Catalog, owner: &OwnerTable, unclear: &mut Vec<String>) -> Result<Self> {
        let users = &catalog.system.users;
        let table = &owner.table;
        let missing = table.missing(users.columns.required);
        if owner.class.is_none() && !missing.is_empty() {
            return Err(Error::MissingColumns {
                location: catalog.source.location(),
                table: table.name.clone(),
                system: catalog.system.name,
                missing,
            });
        }
        let mut query = Query {
            order: table.key.clone(),
            filters: owner.filters.clone(),
            ..Query::of(&table.name)
        };
        let mut part = Part::select(catalog, &mut query, table, &users.columns, users.related)?;
        part.add_ends(catalog, &mut query, table, (RowKind::Owner, &users.columns), unclear);
        if let Some(key) = table.row_key.clone().filter(|_| table.row_key != table.key) {
            part.add(&mut query, ROW_ID, Expression::Column(key));
        }
        let says_verified = |column: &&String| says_verified(column, users.verified);
        part.verified = table.columns.iter().filter(says_verified).cloned().collect();
        for column in part.verified.clone() {
            part.add(&mut query, &column, Expression::Column(column.clone()));
        }
        Ok(OwnerPlan { query, part, class: owner.class.clone() })
    }
}

impl TokenPlan {
    fn new(
        catalog: &Catalog,
        table: &Table,
        owners: Owners,
        users: Option<&Table>,
        unclear: &mut Vec<String>,
    ) -> Result<Self> {
        let tokens = &catalog.system.tokens;
        let mut query = Query { order: table.key.clone(), ..Query::of(&table.name) };
        let of_type = catalog.token_type(table)?;
        query.filters.extend(of_type.as_ref().map(WantedType::filter));
        let mut part = Part::select(catalog, &mut query, table, &tokens.columns, tokens.related)?;
        part.add_ends(catalog, &mut query, table, (RowKind::Token, &tokens.columns), unclear);
        if let Owners::One { id, .. } = &owners {
            part.add(&mut query, OWNER, Expression::clone(id));
        }
        let of_owner = match (tokens.of_owner, &owners, users) {
            // Only where the tokens have no scopes of their own.
            (Some(wanted), Owners::One { id, .. }, Some(users))
                if column_of(table, "scopes").is_none() =>
            {
                value_of_owner(wanted, id, users)
            }
            _ => None,
        };
        part.add(&mut query, OF_OWNER, of_owner.unwrap_or(Expression::Null));
        unclear.extend(unclear_limits(catalog, table));
        let secret = secret_column(catalog, table, of_type.as_ref())?;
        Ok(TokenPlan { query, part, owners, secret, of_type })
    }
}

fn value_of_owner(wanted: &str, id: &Expression, users: &Table) -> Option<Expression> {
    let Expression::Column(id) = id else { return None };
    Some(Expression::First(Lookup {
        table: users.name.clone(),
        refers_to: Some((users.key.clone()?, id.to_string())),
        filter: None,
        through: None,
        value: users.column(wanted)?.clone(),
        order: None,
    }))
}

/// The column with the secret: where it has clear text, the operator may say that it has hashes, and
/// must say what it has if every value looks like a hash.
fn secret_column(
    catalog: &Catalog,
    table: &Table,
    of_type: Option<&WantedType>,
) -> Result<SecretColumn> {
    match catalog.system.tokens.secret {
        SecretColumn::Clear { column } => match catalog.options.secrets {
            Secrets::Sha256 => Ok(SecretColumn::Sha256 { column, hint: None }),
            Secrets::ClearText => Ok(SecretColumn::Clear { column }),
            Secrets::Unstated if looks_hashed(catalog, table, column, of_type)? => {
                let column = format!("{}.{column}", table.name);
                Err(Error::LooksHashed { column })
            }
            Secrets::Unstated => Ok(SecretColumn::Clear { column }),
        },
        SecretColumn::Sha256 { column, hint } => Ok(SecretColumn::Sha256 { column, hint }),
        SecretColumn::AccessKey { column } => Ok(SecretColumn::AccessKey { column }),
    }
}

/// Whether some value of a column is not NULL.
fn has_values(
    catalog: &Catalog,
    table: &Table,
    column: &str,
    of_type: Option<&WantedType>,
) -> Result<bool> {
    let query = Query {
        columns: vec![Expression::Column(column.to_string())],
        filters: of_type.map(WantedType::filter).into_iter().collect(),
        ..Query::of(&table.name)
    };
    let mut is_found = false;
    catalog.source.read(&query, &mut |cells| {
        is_found = !matches!(cells.value(0), None | Some(Value::Null));
        if is_found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(is_found)
}

/// Whether every value of a column could be a hash.
fn looks_hashed(
    catalog: &Catalog,
    table: &Table,
    column: &str,
    of_type: Option<&WantedType>,
) -> Result<bool> {
    let Some(column) = table.column(column) else { return Ok(false) };
    table.check(catalog.source)?;
    let query = Query {
        columns: vec![Expression::Column(column.clone())],
        filters: of_type.map(WantedType::filter).into_iter().collect(),
        ..Query::of(&table.name)
    };
    let (mut hashes, mut others) = (0u64, 0u64);
    catalog.source.read(&query, &mut |cells| {
        match cells.value(0).and_then(|value| value.some_text().ok().flatten()) {
            Some(text) if is_like_hash(&text) => hashes += 1,
            Some(_) => others += 1,
            None => {}
        }
        if others > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(hashes > 0 && others == 0)
}

/// The rows of the table that are of other types, and how many are of the wanted one.
fn others(
    catalog: &Catalog,
    table: &Table,
    of_type: Option<&WantedType>,
) -> Result<(Vec<OtherRows>, u64)> {
    let column = of_type.map(|wanted| Expression::Column(wanted.column.clone()));
    let query =
        Query { columns: column.into_iter().collect(), is_count: true, ..Query::of(&table.name) };
    let position = query.columns.len();
    let (mut others, mut tokens) = (Vec::new(), 0);
    catalog.source.rows(&query, |cells| -> Result<()> {
        let text = |at| cells.value(at).and_then(|value| value.text().ok().flatten());
        let count = text(position).and_then(|count| count.parse().ok()).unwrap_or(0);
        match of_type.map(|wanted| (wanted, text(0))) {
            None => tokens += count,
            Some((wanted, Some(kind))) if wanted.values.contains(&kind) => tokens += count,
            Some((_, kind)) => others.push(OtherRows { kind, count }),
        }
        Ok(())
    })?;
    others.sort_by(|one, other| one.kind.cmp(&other.kind));
    match &catalog.options.kind {
        Some(kind) if tokens == 0 && !others.is_empty() => Err(Error::NoSuchType {
            table: table.name.clone(),
            kind: kind.clone(),
            found: (others.into_iter())
                .map(|other| other.kind.unwrap_or_else(|| "NULL".into()))
                .collect(),
        }),
        _ => Ok((others, tokens)),
    }
}

/// Columns of tokens that seem to limit what a token may do, and that the system does not declare: to
/// pass one over could widen what it grants.
fn unclear_limits(catalog: &Catalog, table: &Table) -> Vec<String> {
    let columns = &catalog.system.tokens.columns;
    let is_declared = |column: &String| {
        let declared = columns.required.iter().chain(columns.optional).chain(columns.no_end);
        declared.into_iter().any(|name| column_of(table, name) == Some(column))
            || is_ignored(catalog.options, &table.name, column)
    };
    let limits = table.columns.iter().filter(|column| says_limit(column) && !is_declared(column));
    limits.map(|column| format!("{}.{column}", table.name)).collect()
}

/// Other names of the column with the scopes of tokens.
const SCOPES: &[&str] = &["scope", "roles", "permissions", "abilities"];

/// A column of a declaration.
fn column_of<'t>(table: &'t Table, name: &str) -> Option<&'t String> {
    let others = || SCOPES.iter().find_map(|other| table.column(other));
    table.column(name).or_else(|| if name == "scopes" { others() } else { None })
}

impl Part {
    /// Adds the columns of a table to a query, and the values that are related to its rows.
    fn select(
        catalog: &Catalog,
        query: &mut Query,
        table: &Table,
        columns: &Columns,
        related: &[Related],
    ) -> Result<Self> {
        table.check(catalog.source)?;
        let mut part = Part {
            table: table.name.clone(),
            columns: Vec::new(),
            ends: Vec::new(),
            verified: Vec::new(),
        };
        let key = table.key.clone().map_or(Expression::Null, Expression::Column);
        part.add(query, ID, key);
        for name in columns.required.iter().chain(columns.optional) {
            let column = column_of(table, name).cloned().map(Expression::Column);
            part.add(query, name, column.unwrap_or(Expression::Null));
        }
        for related in related {
            let value = catalog.related(related, table)?;
            part.add(query, related.name, value);
        }
        Ok(part)
    }

    fn add(&mut self, query: &mut Query, name: &str, value: Expression) {
        self.columns.push(name.to_string());
        query.columns.push(value);
    }

    /// Adds the columns that say whether a row has ended, but for those that the operator ignores;
    /// those that are not clear are named in `unclear`.
    fn add_ends(
        &mut self,
        catalog: &Catalog,
        query: &mut Query,
        table: &Table,
        (rows, columns): (RowKind, &Columns),
        unclear: &mut Vec<String>,
    ) {
        let is_no_end = |column: &str| {
            let declared = columns.required.iter().chain(columns.optional).chain(columns.no_end);
            declared.into_iter().any(|name| table.column(name).is_some_and(|own| own == column))
                || is_ignored(catalog.options, &table.name, column)
        };
        let candidates: Vec<_> =
            table.columns.iter().map(String::as_str).filter(|name| !is_no_end(name)).collect();
        for (column, end) in ends_in(&candidates, rows) {
            if end == End::Unclear {
                unclear.push(format!("{}.{column}", table.name));
            } else {
                // A column has the table's name for it, which no declared one has.
                self.add(query, column, Expression::Column(column.to_string()));
                self.ends.push((column.to_string(), end));
            }
        }
    }
}

/// The table of tokens of a system, if the source has the system's tables.
///
/// # Errors
///
/// When the source cannot be read.
pub fn token_table(
    system: &'static System,
    source: &dyn Source,
    options: &Options,
) -> Result<Option<Table>> {
    let catalog = Catalog { system, source, options };
    let Some(tokens) = catalog.token_table()? else { return Ok(None) };
    let fits = !system.users.is_required || catalog.may_have_users(&tokens)?;
    Ok(fits.then_some(tokens))
}
