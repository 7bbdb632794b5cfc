//! From a system's declaration to the queries for one source.

use super::catalog::{Catalog, Table};
use super::error::{Error, Result};
use super::options::Options;
use super::source::{Column, Expression, Join, Query, Source};
use super::system::{Columns, ID, OwnerLink, Polymorphic, Related, System};
use std::collections::{BTreeSet, HashMap};

/// How to read the users and tokens of one source.
pub struct Plan {
    /// The users; `None` if the source has no table of them.
    pub users: Option<UserPlan>,
    /// The tokens.
    pub tokens: TokenPlan,
    /// `table.column` where secrets can be read.
    pub clear_text: Option<String>,
}

/// How to read the users.
pub struct UserPlan {
    /// The rows.
    pub query: Query,
    /// The user in a row.
    pub part: Part,
}

/// How to read the tokens.
pub struct TokenPlan {
    /// The rows, each with its owner's.
    pub query: Query,
    /// The token in a row.
    pub part: Part,
    /// The owners in a row.
    pub owners: Owners,
}

/// The columns of a row that come from one table.
#[derive(Clone)]
pub struct Part {
    /// The table.
    pub table: String,
    /// The position of the first column.
    pub first: usize,
    /// The names of the columns.
    pub columns: Vec<&'static str>,
}

/// Where a row has its owner.
pub enum Owners {
    /// Nowhere: the source has no table of owners, or tokens do not name them.
    Nowhere,
    /// In one part.
    One(Part),
    /// In the part of the owner's class.
    ByClass {
        /// How a token names its owner.
        link: &'static Polymorphic,
        /// The part of each class that has a table.
        parts: HashMap<String, Part>,
    },
}

/// The most tables of owners. SQLite joins at most 64 tables, MySQL 61.
const MAX_OWNER_TABLES: usize = 50;

impl Plan {
    /// The plan for a source; `None` if it does not have the tables of the system.
    ///
    /// # Errors
    ///
    /// When the source cannot be read, or a table that would be read is damaged.
    pub fn new(
        system: &'static System,
        source: &dyn Source,
        options: &Options,
    ) -> Result<Option<Self>> {
        let catalog = Catalog { system, source, options };
        let Some(tokens) = catalog.token_table()? else { return Ok(None) };
        let users = catalog.user_table(&tokens)?;
        if users.is_none() && system.users.is_required {
            return Ok(None);
        }
        let clear_text = system.tokens.clear_text.filter(|column| tokens.column(column).is_some());
        Ok(Some(Plan {
            tokens: TokenPlan::new(&catalog, &tokens, users.as_ref())?,
            users: users.map(|users| UserPlan::new(&catalog, &users)).transpose()?,
            clear_text: clear_text.map(|column| format!("{}.{column}", tokens.name)),
        }))
    }
}

impl UserPlan {
    fn new(catalog: &Catalog, table: &Table) -> Result<Self> {
        let users = &catalog.system.users;
        let mut query = Query { order: table.order(), ..Query::of(&table.name) };
        let part = Part::select(catalog, &mut query, 0, table, &users.columns, users.related)?;
        Ok(UserPlan { query, part })
    }
}

impl TokenPlan {
    fn new(catalog: &Catalog, table: &Table, users: Option<&Table>) -> Result<Self> {
        let tokens = &catalog.system.tokens;
        let mut query = Query { order: table.order(), ..Query::of(&table.name) };
        if let Some(kind) = &tokens.kind {
            let value = catalog.options.kind.as_deref().unwrap_or(kind.value);
            query.filter = table.column(kind.column).map(|column| (column.clone(), value.into()));
        }
        let part = Part::select(catalog, &mut query, 0, table, &tokens.columns, tokens.related)?;
        let owners = Owners::join(catalog, &mut query, table, users)?;
        Ok(TokenPlan { query, part, owners })
    }
}

impl Owners {
    /// Joins the owners to the tokens.
    fn join(
        catalog: &Catalog,
        query: &mut Query,
        tokens: &Table,
        users: Option<&Table>,
    ) -> Result<Self> {
        for link in catalog.system.tokens.owner {
            let id = match link {
                OwnerLink::Column(column) => {
                    tokens.column_in_query(0, column).map(Expression::Column)
                }
                OwnerLink::LinkTable { tables, columns } => {
                    catalog.owner_by_link(tables, columns, tokens)?
                }
                OwnerLink::AnyLinkTable(columns_of) => {
                    catalog.owner_by_any_link(*columns_of, tokens)?
                }
                OwnerLink::Polymorphic(link) => {
                    return Owners::join_by_class(catalog, query, tokens, link);
                }
            };
            if let (Some(id), Some(users)) = (id, users) {
                return Ok(Owners::One(Part::join(catalog, query, users, id)?));
            }
        }
        Ok(Owners::Nowhere)
    }

    /// Joins a table for each class of owners. Ids of one class can be ids of another one too: which
    /// part of a row counts depends on the class that the token names.
    fn join_by_class(
        catalog: &Catalog,
        query: &mut Query,
        tokens: &Table,
        link: &'static Polymorphic,
    ) -> Result<Self> {
        let columns = [link.class, link.id].map(|column| tokens.column_in_query(0, column));
        let [Some(class), Some(id)] = columns else { return Ok(Owners::Nowhere) };
        let required = catalog.system.users.columns.required;
        let mut parts: HashMap<String, Part> = HashMap::new();
        for class in classes(catalog, tokens, class)? {
            let tables = (link.tables)(&class);
            let Some(table) = catalog.first_table(&tables, required)? else { continue };
            let joined = parts.values().find(|part| part.table == table.name).cloned();
            let part = match joined {
                Some(part) => part,
                None => Part::join(catalog, query, &table, Expression::Column(id.clone()))?,
            };
            parts.insert(class, part);
        }
        match query.joins.len() {
            found if found > MAX_OWNER_TABLES => {
                Err(Error::TooManyOwnerTables { found, most: MAX_OWNER_TABLES })
            }
            _ => Ok(Owners::ByClass { link, parts }),
        }
    }
}

/// The classes that own tokens. What is not the name of one is left for its row to report.
fn classes(catalog: &Catalog, tokens: &Table, class: Column) -> Result<BTreeSet<String>> {
    let query = Query {
        columns: vec![Expression::Column(class)],
        distinct: true,
        ..Query::of(&tokens.name)
    };
    let mut classes = BTreeSet::new();
    catalog.source.rows(&query, |cells| -> Result<()> {
        let class = cells.value(0).and_then(|value| value.some_text().ok().flatten());
        classes.extend(class);
        Ok(())
    })?;
    Ok(classes)
}

impl Part {
    /// Joins the owner with this id.
    fn join(catalog: &Catalog, query: &mut Query, table: &Table, id: Expression) -> Result<Self> {
        let key = table.column(ID).cloned().unwrap_or_else(|| ID.to_string());
        query.joins.push(Join { table: table.name.clone(), key, equals: id });
        let number = query.joins.len();
        let users = &catalog.system.users;
        Part::select(catalog, query, number, table, &users.columns, users.related)
    }

    /// Adds the columns of a table, which has this number in the query, and the values that are
    /// related to its rows.
    fn select(
        catalog: &Catalog,
        query: &mut Query,
        number: usize,
        table: &Table,
        columns: &Columns,
        related: &[Related],
    ) -> Result<Self> {
        table.check(catalog.source)?;
        let mut part =
            Part { table: table.name.clone(), first: query.columns.len(), columns: Vec::new() };
        for name in [ID].iter().chain(columns.required).chain(columns.optional) {
            part.columns.push(name);
            let column = table.column_in_query(number, name).map(Expression::Column);
            query.columns.push(column.unwrap_or(Expression::Null));
        }
        let id = table.column_in_query(number, ID);
        for related in related {
            part.columns.push(related.name);
            query.columns.push(catalog.related(related, id.as_ref())?);
        }
        Ok(part)
    }
}
