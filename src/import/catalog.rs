//! Which of a system's tables and columns a source has, and under which names.

use super::ends::is_same_name;
use super::error::{Error, Result};
use super::options::Options;
use super::source::{Expression, Lookup, Source, Through};
use super::system::{ID, LinkCandidate, LinkColumns, LinkColumnsOf, Related, RelatedValue, System};

/// A table that exists.
#[derive(Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// The column that other tables refer to.
    pub key: Option<String>,
    /// The column that identifies a row, whatever other tables refer to.
    pub row_key: Option<String>,
}

impl Table {
    /// A column under the name that the table has for it. Where no name is equal, upper and lower
    /// case and underscores do not count: `expiresAt` is `expires_at`.
    pub fn column(&self, name: &str) -> Option<&String> {
        let exact = self.columns.iter().find(|column| *column == name);
        let any_case = || self.columns.iter().find(|column| column.eq_ignore_ascii_case(name));
        exact
            .or_else(any_case)
            .or_else(|| self.columns.iter().find(|column| is_same_name(column, name)))
    }

    /// Fails if the table is damaged.
    pub fn check(&self, source: &dyn Source) -> Result<()> {
        Ok(source.check(&self.name)?)
    }

    /// Those of these columns that the table does not have.
    pub fn missing(&self, columns: &[&'static str]) -> Vec<&'static str> {
        let is_missing = |name: &&&'static str| self.column(name).is_none();
        columns.iter().filter(is_missing).copied().collect()
    }
}

/// The tables of a source under the names that a system and the operator give them.
pub struct Catalog<'a> {
    /// The system.
    pub system: &'static System,
    /// The source.
    pub source: &'a dyn Source,
    /// What the operator says.
    pub options: &'a Options,
}

impl Catalog<'_> {
    /// The name of a table of the system's own.
    pub fn name(&self, table: &str) -> String {
        self.system.table_name(table, self.options)
    }

    /// The table of tokens, if it has the columns of one.
    pub fn token_table(&self) -> Result<Option<Table>> {
        let table = self.table(self.system.token_table_name(self.options))?;
        let required = self.system.tokens.required_columns();
        Ok(table.filter(|table| table.key.is_some() && table.missing(&required).is_empty()))
    }

    /// Those of these tables that exist, in any case of letters.
    pub fn existing<S: AsRef<str>>(&self, names: &[S]) -> Result<Vec<Table>> {
        let mut tables = Vec::new();
        for name in names {
            tables.extend(self.table(self.name(name.as_ref()))?);
        }
        Ok(tables)
    }

    /// A table that the operator names.
    pub fn named_table(&self, name: &str, option: &'static str) -> Result<Table> {
        self.table(name.to_string())?.ok_or_else(|| Error::NoSuchTable {
            location: self.source.location(),
            table: name.to_string(),
            option,
        })
    }

    /// A table, if it exists. Its key is the column `id`, or else its primary key.
    pub fn table(&self, name: String) -> Result<Option<Table>> {
        let columns = self.source.columns(&name)?;
        if columns.is_empty() {
            return Ok(None);
        }
        let name = self.own_name(name)?;
        let mut table = Table { name, columns, key: None, row_key: None };
        table.key = match table.column(ID) {
            Some(id) => Some(id.clone()),
            None => self.source.primary_key(&table.name)?,
        };
        table.row_key = table.key.clone();
        Ok(Some(table))
    }

    /// A table's name as the source itself has it. Rows are identified by it, so another spelling
    /// that a source takes for the same must not make other rows of them.
    fn own_name(&self, name: String) -> Result<String> {
        let tables = self.source.tables()?;
        let own = tables.iter().find(|table| **table == name);
        let own = own.or_else(|| tables.iter().find(|table| table.eq_ignore_ascii_case(&name)));
        Ok(own.cloned().unwrap_or(name))
    }

    /// The owner's id by a link table of the system's own, and the table and column with that id.
    pub fn owner_by_link(
        &self,
        names: &[&str],
        columns: &LinkColumns,
        tokens: &Table,
    ) -> Result<Option<OwnerId>> {
        for link in self.existing(names)? {
            if let Some(owner) = self.owner_in(&link, columns, tokens)? {
                return Ok(Some(owner));
            }
        }
        Ok(None)
    }

    /// The owner's id by the only link table of the application's own; where the operator names the
    /// users, by the only one with a foreign key to them.
    pub fn owner_by_any_link(
        &self,
        columns_of: LinkColumnsOf,
        tokens: &Table,
    ) -> Result<Option<OwnerId>> {
        let mut found = Vec::new();
        for name in self.source.tables()? {
            let Some(table) = self.table(name)? else { continue };
            let candidate =
                LinkCandidate { tokens: &tokens.name, table: &table.name, columns: &table.columns };
            if let Some(columns) = columns_of(&candidate) {
                found.extend(self.owner_in(&table, &columns, tokens)?);
            }
        }
        if found.len() < 2 {
            return Ok(found.pop());
        }
        let names = found.iter().map(|owner| owner.table.clone()).collect();
        let mut fitting = Vec::new();
        for owner in found {
            if self.refers_to_named_users(&owner)? {
                fitting.push(owner);
            }
        }
        match <[OwnerId; 1]>::try_from(fitting) {
            Ok([owner]) => Ok(Some(owner)),
            Err(_) => Err(Error::SeveralLinkTables { found: names }),
        }
    }

    /// Whether a foreign key leads from an owner's id to the users that the operator names.
    fn refers_to_named_users(&self, owner: &OwnerId) -> Result<bool> {
        let Some(users) = &self.options.users else { return Ok(false) };
        let keys = self.source.foreign_keys(&owner.table)?;
        Ok(keys.iter().any(|key| {
            key.column.eq_ignore_ascii_case(&owner.column)
                && key.schema.is_none()
                && key.table.eq_ignore_ascii_case(users)
        }))
    }

    /// The owner's id by this link table, if it has the columns.
    fn owner_in(
        &self,
        link: &Table,
        columns: &LinkColumns,
        tokens: &Table,
    ) -> Result<Option<OwnerId>> {
        let token = link.column(columns.token);
        let owner = link.column(columns.owner);
        let (Some(token), Some(owner), Some(key)) = (token, owner, &tokens.key) else {
            return Ok(None);
        };
        link.check(self.source)?;
        let lookup = Lookup {
            table: link.name.clone(),
            refers_to: Some((token.clone(), key.clone())),
            filter: None,
            through: None,
            value: owner.clone(),
            order: link.key.clone(),
        };
        Ok(Some(OwnerId {
            value: Expression::First(lookup),
            table: link.name.clone(),
            column: owner.clone(),
        }))
    }

    /// A value that is related to the rows of a table, from the first table that has it.
    pub fn related(&self, related: &Related, row: &Table) -> Result<Expression> {
        for table in self.existing(related.tables)? {
            let Some(lookup) = lookup(&table, related, row) else { continue };
            table.check(self.source)?;
            return Ok(match &related.value {
                RelatedValue::First(_) => Expression::First(lookup),
                RelatedValue::Exists => Expression::Exists(lookup),
                RelatedValue::All(_) => Expression::List(lookup),
                RelatedValue::Through { table, column, .. } => {
                    match self.through(lookup, table, column)? {
                        Some(lookup) => Expression::List(lookup),
                        None => continue,
                    }
                }
            });
        }
        Ok(Expression::Null)
    }

    /// The same look-up with the values of a third table, which its own values name.
    fn through(&self, lookup: Lookup, table: &str, column: &str) -> Result<Option<Lookup>> {
        let Some(third) = self.table(self.name(table))? else { return Ok(None) };
        let (Some(key), Some(value)) = (&third.key, third.column(column)) else {
            return Ok(None);
        };
        third.check(self.source)?;
        let through =
            Through { table: third.name.clone(), key: key.clone(), named_by: lookup.value };
        Ok(Some(Lookup { through: Some(through), value: value.clone(), ..lookup }))
    }
}

/// Where a token has the id of its owner.
pub struct OwnerId {
    /// The id.
    pub value: Expression,
    /// The table that has it.
    pub table: String,
    /// The column that has it, which may have a foreign key.
    pub column: String,
}

/// The rows of a related table; `None` if it does not have the columns.
fn lookup(table: &Table, related: &Related, row: &Table) -> Option<Lookup> {
    let refers_to = match related.refers_to_row {
        Some(column) => Some((table.column(column)?.clone(), row.key.clone()?)),
        None => None,
    };
    let filter = match related.filter {
        Some((column, texts)) => {
            let texts = texts.iter().map(|text| text.to_string());
            Some((table.column(column)?.clone(), texts.collect()))
        }
        None => None,
    };
    let value = match &related.value {
        RelatedValue::First(column) | RelatedValue::All(column) => table.column(column)?,
        RelatedValue::Through { named_by, .. } => table.column(named_by)?,
        RelatedValue::Exists => table.columns.first()?,
    };
    Some(Lookup {
        table: table.name.clone(),
        refers_to,
        filter,
        through: None,
        value: value.clone(),
        order: table.key.clone(),
    })
}
