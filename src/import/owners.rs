//! In which tables a source has the owners of its tokens.

use super::catalog::{Catalog, OwnerId, Table};
use super::error::{Error, Result};
use super::source::{Expression, Filter, ForeignKey, Query};
use super::system::{OwnerLink, Polymorphic};
use std::collections::HashMap;

/// How tokens name their owners.
pub enum Owners {
    /// Nowhere: the source has no users, and its tokens need none.
    Nowhere,
    /// By an id, of a row of one table.
    One {
        /// The id.
        id: Box<Expression>,
        /// The table.
        table: String,
    },
    /// By a class and an id.
    ByClass {
        /// The columns.
        link: &'static Polymorphic,
        /// The table of each class, as far as it is known.
        tables: HashMap<String, ClassTable>,
    },
}

/// The table of a class of owners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClassTable {
    /// This one.
    Table(String),
    /// None is known.
    Unknown,
    /// One of several.
    Ambiguous,
}

/// A table of owners.
pub struct OwnerTable {
    /// The table.
    pub table: Table,
    /// The class of its owners, if they are not the system's users.
    pub class: Option<String>,
    /// Which rows; without filters, all.
    pub filters: Vec<Filter>,
}

/// The owners of a source's tokens.
pub struct Found {
    /// How tokens name them.
    pub owners: Owners,
    /// Where they are: the users first.
    pub tables: Vec<OwnerTable>,
}

impl Catalog<'_> {
    /// Whether the source may have the system's users: a table with a usual name, one that the
    /// operator names, or any that the tokens refer to.
    pub fn may_have_users(&self, tokens: &Table) -> Result<bool> {
        // An account of a server may have no rights on tables with usual names: they come last.
        Ok(self.options.users.is_some()
            || !self.source.foreign_keys(&tokens.name)?.is_empty()
            || !self.existing(self.system.users.tables)?.is_empty())
    }

    /// The owners of these tokens.
    pub fn owners(&self, tokens: &Table) -> Result<Found> {
        for link in self.system.tokens.owner {
            let id = match link {
                OwnerLink::Column(column) => {
                    tokens.column(column).map(|column| owner_column(tokens, column))
                }
                OwnerLink::ForeignKey => self.only_foreign_key(tokens)?,
                OwnerLink::LinkTable { tables, columns } => {
                    self.owner_by_link(tables, columns, tokens)?
                }
                OwnerLink::AnyLinkTable(columns_of) => {
                    self.owner_by_any_link(*columns_of, tokens)?
                }
                OwnerLink::Polymorphic(link) => return self.owners_by_class(tokens, link),
            };
            if let Some(id) = id {
                let table = self.users(Some(&id))?;
                let owners = Owners::One { id: Box::new(id.value), table: table.name.clone() };
                return Ok(Found { owners, tables: vec![OwnerTable::of_users(table)] });
            }
        }
        if self.system.users.is_required {
            let missing = self.owner_columns();
            return Err(Error::NoOwnerColumn { table: tokens.name.clone(), missing });
        }
        let tables = self.optional_users()?.map(OwnerTable::of_users).into_iter().collect();
        Ok(Found { owners: Owners::Nowhere, tables })
    }

    fn owner_columns(&self) -> Vec<&'static str> {
        let column = |link: &OwnerLink| match link {
            OwnerLink::Column(column) => Some(*column),
            _ => None,
        };
        self.system.tokens.owner.iter().filter_map(column).collect()
    }

    /// The only column of the tokens that has a foreign key.
    fn only_foreign_key(&self, tokens: &Table) -> Result<Option<OwnerId>> {
        let keys = self.source.foreign_keys(&tokens.name)?;
        Ok(match keys.as_slice() {
            [key] => tokens.column(&key.column).map(|column| owner_column(tokens, column)),
            _ => None,
        })
    }

    /// The users, if the operator names them or there is one table with a usual name.
    fn optional_users(&self) -> Result<Option<Table>> {
        match &self.options.users {
            Some(name) => Ok(Some(self.with_key(self.named_table(name, "--users")?, None)?)),
            None => match self.existing(self.system.users.tables)?.as_slice() {
                [table] => Ok(Some(self.with_key(table.clone(), None)?)),
                _ => Ok(None),
            },
        }
    }

    /// The table that an owner's id refers to: the one that the operator names, or the one of the
    /// foreign key, or the only one with a usual name.
    fn users(&self, id: Option<&OwnerId>) -> Result<Table> {
        if let Some(name) = &self.options.users {
            return self.with_key(self.named_table(name, "--users")?, None);
        }
        if let Some(OwnerId { table, column, .. }) = id {
            let keys = self.source.foreign_keys(table)?;
            let key = keys.into_iter().find(|key| key.column.eq_ignore_ascii_case(column));
            if let Some(ForeignKey { schema, table: refers_to, key, .. }) = key {
                let found = match schema {
                    None => self.table(refers_to.clone())?,
                    Some(_) => None,
                };
                // Ids of owners elsewhere would find somebody else in a table here.
                return match found {
                    Some(table) => self.with_key(table, key),
                    None => Err(Error::OwnersElsewhere {
                        column: format!("{table}.{column}"),
                        refers_to: schema
                            .into_iter()
                            .chain([refers_to])
                            .collect::<Vec<_>>()
                            .join("."),
                    }),
                };
            }
        }
        self.check_kind(id)?;
        let usual: Vec<_> = self.system.users.tables.iter().map(|table| self.name(table)).collect();
        let found = self.existing(self.system.users.tables)?;
        match found.as_slice() {
            [table] => self.with_key(table.clone(), None),
            [] => Err(Error::NoOwnerTable { looked_for: usual, found: self.source.tables()? }),
            several => Err(Error::SeveralOwnerTables {
                found: several.iter().map(|table| table.name.clone()).collect(),
            }),
        }
    }

    /// Tokens of a type that the operator names may be those of another model, in another table, and
    /// ids alone would find somebody else.
    fn check_kind(&self, id: Option<&OwnerId>) -> Result<()> {
        let Some(kind) = &self.options.kind else { return Ok(()) };
        let is_usual = |usual: &[&str]| usual.contains(&kind.as_str());
        match (&self.system.tokens.kind, id) {
            (Some(usual), Some(id)) if !is_usual(usual.values) => {
                Err(Error::OwnersOfKind { column: id.column.clone(), kind: kind.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The table with the key that the operator names, or the one that a foreign key refers to.
    fn with_key(&self, mut table: Table, key: Option<String>) -> Result<Table> {
        if let Some(name) = self.options.users_key.as_deref().or(key.as_deref()) {
            match table.column(name) {
                Some(column) => table.key = Some(column.clone()),
                None => {
                    let table = table.name;
                    let (column, option) = (name.to_string(), "--users-key");
                    return Err(Error::NoSuchColumn { table, column, option });
                }
            }
        }
        match table.key {
            Some(_) => Ok(table),
            None => Err(Error::NoKey { table: table.name }),
        }
    }

    /// The table of each class that tokens name. Ids of one class can be ids of another one, too.
    fn owners_by_class(&self, tokens: &Table, link: &'static Polymorphic) -> Result<Found> {
        let columns = [link.class, link.id].map(|column| tokens.column(column));
        let [Some(class_column), Some(id_column)] = columns else {
            let missing = vec![link.class, link.id];
            return Err(Error::NoOwnerColumn { table: tokens.name.clone(), missing });
        };
        let users = self.optional_users()?;
        let mut tables: Vec<_> = users.into_iter().map(OwnerTable::of_users).collect();
        let mut classes = HashMap::new();
        let named = self.classes(tokens, class_column)?;
        let is_unknown = |(class, _): &&(String, String)| !named.contains(class);
        let unknown = self.options.morph.iter().find(is_unknown);
        if let Some((class, _)) = unknown.filter(|_| !named.is_empty()) {
            return Err(Error::NoSuchClass { class: class.clone(), found: named });
        }
        for class in named.clone() {
            let known = match self.morph_table(&class)? {
                None if named.iter().any(|other| are_namesakes(&class, other)) => {
                    Err(ClassTable::Ambiguous)
                }
                _ => self.class_table(link, &class, &tables)?,
            };
            let name = match known {
                Ok(table) => {
                    let name = table.name.clone();
                    let filter = Filter::NamedBy {
                        column: table.key.clone().unwrap_or_default(),
                        table: tokens.name.clone(),
                        by: id_column.clone(),
                        texts: (class_column.clone(), vec![class.clone()]),
                    };
                    add_class(&mut tables, table, &class, filter);
                    ClassTable::Table(name)
                }
                Err(unknown) => unknown,
            };
            classes.insert(class, name);
        }
        Ok(Found { owners: Owners::ByClass { link, tables: classes }, tables })
    }

    /// The table of a class, or why there is none.
    fn class_table(
        &self,
        link: &Polymorphic,
        class: &str,
        tables: &[OwnerTable],
    ) -> Result<std::result::Result<Table, ClassTable>> {
        if let Some(name) = self.morph_table(class)? {
            let table = self.named_table(name, "--morph")?;
            let users = tables.iter().find(|known| known.table.name == table.name);
            return match users {
                Some(known) => Ok(Ok(known.table.clone())),
                None if table.key.is_some() => Ok(Ok(table)),
                None => Err(Error::NoKey { table: table.name }),
            };
        }
        if (link.is_user)(class) {
            let users = tables.iter().find(|known| known.class.is_none());
            return Ok(users.map(|users| users.table.clone()).ok_or(ClassTable::Unknown));
        }
        let found = self.existing(&(link.tables)(class))?;
        Ok(match found.as_slice() {
            [table] if table.key.is_some() => Ok(table.clone()),
            [] | [_] => Err(ClassTable::Unknown),
            _ => Err(ClassTable::Ambiguous),
        })
    }

    /// The table that the operator names for a class.
    fn morph_table(&self, class: &str) -> Result<Option<&String>> {
        let mut tables: Vec<_> =
            self.options.morph.iter().filter(|(of, _)| of == class).map(|(_, name)| name).collect();
        tables.dedup();
        match tables.as_slice() {
            [] => Ok(None),
            [table] => Ok(Some(*table)),
            several => Err(Error::SeveralMorphTables {
                class: class.to_string(),
                tables: several.iter().map(|table| table.to_string()).collect(),
            }),
        }
    }

    /// The classes that own tokens. What is not the name of one is left for its row to report.
    fn classes(&self, tokens: &Table, column: &str) -> Result<Vec<String>> {
        let query = Query {
            columns: vec![Expression::Column(column.to_string())],
            is_count: true,
            ..Query::of(&tokens.name)
        };
        let mut classes = Vec::new();
        self.source.rows(&query, |cells| -> Result<()> {
            classes.extend(cells.value(0).and_then(|value| value.some_text().ok().flatten()));
            Ok(())
        })?;
        classes.sort();
        classes.dedup();
        Ok(classes)
    }
}

/// Whether two classes in different namespaces have the same name, so that a convention finds the
/// same table for both. An alias has no namespace.
fn are_namesakes(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|class| class.trim_start_matches('\\'));
    match (one.rsplit_once('\\'), other.rsplit_once('\\')) {
        (Some((_, name)), Some((_, namesake))) => {
            name.eq_ignore_ascii_case(namesake) && !one.eq_ignore_ascii_case(other)
        }
        _ => false,
    }
}

impl OwnerTable {
    fn of_users(table: Table) -> Self {
        OwnerTable { table, class: None, filters: Vec::new() }
    }
}

/// Adds a table of a class, unless it is known already: two classes can share one.
fn add_class(tables: &mut Vec<OwnerTable>, table: Table, class: &str, filter: Filter) {
    match tables.iter_mut().find(|known| known.table.name == table.name) {
        Some(OwnerTable { filters, .. }) => {
            if let (
                Some(Filter::NamedBy { texts: (_, known), .. }),
                Filter::NamedBy { texts, .. },
            ) = (filters.first_mut(), filter)
            {
                known.extend(texts.1);
            }
        }
        None => {
            tables.push(OwnerTable { table, class: Some(class.to_string()), filters: vec![filter] })
        }
    }
}

fn owner_column(tokens: &Table, column: &str) -> OwnerId {
    OwnerId {
        value: Expression::Column(column.to_string()),
        table: tokens.name.clone(),
        column: column.to_string(),
    }
}
