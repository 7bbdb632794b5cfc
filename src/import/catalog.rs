//! Which of a system's tables and columns a source has, and under which names.

use super::error::Result;
use super::options::Options;
use super::source::{Column, Expression, Lookup, Source, Through};
use super::system::{
    ID, LinkCandidate, LinkColumns, LinkColumnsOf, Related, RelatedValue, System, UserTable,
};

/// A table that exists.
pub struct Table {
    /// Its name.
    pub name: String,
    columns: Vec<String>,
}

impl Table {
    /// A column under the name that the table has for it: some databases distinguish upper and
    /// lower case.
    pub fn column(&self, name: &str) -> Option<&String> {
        let exact = self.columns.iter().find(|column| *column == name);
        exact.or_else(|| self.columns.iter().find(|column| column.eq_ignore_ascii_case(name)))
    }

    /// A column in a query, where the table has this number.
    pub fn column_in_query(&self, number: usize, name: &str) -> Option<Column> {
        Some(Column { table: number, name: self.column(name)?.clone() })
    }

    /// The column that says which row came first.
    pub fn order(&self) -> Option<String> {
        self.column(ID).cloned()
    }

    /// Fails if the table is damaged.
    pub fn check(&self, source: &dyn Source) -> Result<()> {
        Ok(source.check(&self.name)?)
    }

    fn has(&self, columns: &[&str]) -> bool {
        columns.iter().all(|column| self.column(column).is_some())
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
    fn name(&self, table: &str) -> String {
        self.system.table_name(table, self.options)
    }

    /// The table of tokens.
    pub fn token_table(&self) -> Result<Option<Table>> {
        let name = self.system.token_table_name(self.options);
        self.table(name, &self.system.tokens.required_columns())
    }

    /// The table of users.
    pub fn user_table(&self, tokens: &Table) -> Result<Option<Table>> {
        let columns = self.system.users.columns.required;
        match &self.system.users.table {
            UserTable::Named(names) => self.first_table(names, columns),
            UserTable::Referenced { column, otherwise } => {
                let referenced = match tokens.column(column) {
                    Some(column) => self.source.referenced_table(&tokens.name, column)?,
                    None => None,
                };
                self.table(referenced.unwrap_or_else(|| self.name(otherwise)), columns)
            }
        }
    }

    /// The first of these tables that has an id and these columns.
    pub fn first_table<S: AsRef<str>>(
        &self,
        names: &[S],
        columns: &[&str],
    ) -> Result<Option<Table>> {
        for name in names {
            if let Some(table) = self.table(self.name(name.as_ref()), columns)? {
                return Ok(Some(table));
            }
        }
        Ok(None)
    }

    /// A table that has an id and these columns.
    fn table(&self, name: String, columns: &[&str]) -> Result<Option<Table>> {
        let table = self.any_table(name)?;
        Ok(Some(table).filter(|table| table.has(&[ID]) && table.has(columns)))
    }

    /// A table, without any columns if it does not exist.
    fn any_table(&self, name: String) -> Result<Table> {
        Ok(Table { columns: self.source.columns(&name)?, name })
    }

    /// The owner's id by a link table of the system's own.
    pub fn owner_by_link(
        &self,
        names: &[&str],
        columns: &LinkColumns,
        tokens: &Table,
    ) -> Result<Option<Expression>> {
        for name in names {
            let table = self.any_table(self.name(name))?;
            if let Some(owner) = self.owner_in(&table, columns, tokens)? {
                return Ok(Some(owner));
            }
        }
        Ok(None)
    }

    /// The owner's id by a link table of the application's own.
    pub fn owner_by_any_link(
        &self,
        columns_of: LinkColumnsOf,
        tokens: &Table,
    ) -> Result<Option<Expression>> {
        for name in self.source.tables()? {
            let table = self.any_table(name)?;
            let candidate =
                LinkCandidate { tokens: &tokens.name, table: &table.name, columns: &table.columns };
            if let Some(columns) = columns_of(&candidate) {
                return self.owner_in(&table, &columns, tokens);
            }
        }
        Ok(None)
    }

    /// The owner's id by this link table, if it has the columns.
    fn owner_in(
        &self,
        link: &Table,
        columns: &LinkColumns,
        tokens: &Table,
    ) -> Result<Option<Expression>> {
        let token = link.column(columns.token);
        let owner = link.column(columns.owner);
        let (Some(token), Some(owner), Some(id)) = (token, owner, tokens.column_in_query(0, ID))
        else {
            return Ok(None);
        };
        link.check(self.source)?;
        Ok(Some(Expression::First(Lookup {
            table: link.name.clone(),
            refers_to: Some((token.clone(), id)),
            filter: None,
            through: None,
            value: owner.clone(),
            order: link.order(),
        })))
    }

    /// A value that is related to the rows with this id, from the first table that has it.
    pub fn related(&self, related: &Related, id: Option<&Column>) -> Result<Expression> {
        for name in related.tables {
            let table = self.any_table(self.name(name))?;
            let Some(lookup) = lookup(&table, related, id) else { continue };
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
        let Some(third) = self.table(self.name(table), &[column])? else { return Ok(None) };
        let (Some(key), Some(value)) = (third.column(ID), third.column(column)) else {
            return Ok(None);
        };
        third.check(self.source)?;
        let through =
            Through { table: third.name.clone(), key: key.clone(), named_by: lookup.value };
        Ok(Some(Lookup { through: Some(through), value: value.clone(), ..lookup }))
    }
}

/// The rows of a related table; `None` if it does not have the columns.
fn lookup(table: &Table, related: &Related, id: Option<&Column>) -> Option<Lookup> {
    let refers_to = match related.refers_to_row {
        Some(column) => Some((table.column(column)?.clone(), id?.clone())),
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
        order: table.order(),
    })
}
