//! What to read from a source, as plain data: each source renders it in its own dialect.

/// Rows of one table, with values of others.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The table whose rows are read.
    pub table: String,
    /// The values of each row.
    pub columns: Vec<Expression>,
    /// Tables that have at most one row for each of them. A row without one has NULLs there.
    pub joins: Vec<Join>,
    /// A column of the table, and the text that it must be equal to.
    pub filter: Option<(String, String)>,
    /// The column of the table that rows are sorted by.
    pub order: Option<String>,
    /// Whether equal rows are left out.
    pub distinct: bool,
}

impl Query {
    /// A query of a table without columns yet.
    pub fn of(table: &str) -> Self {
        Query {
            table: table.to_string(),
            columns: Vec::new(),
            joins: Vec::new(),
            filter: None,
            order: None,
            distinct: false,
        }
    }
}

/// The row of another table whose `key` is equal to a value of this row.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// The other table.
    pub table: String,
    /// Its column.
    pub key: String,
    /// The value of this row.
    pub equals: Expression,
}

/// A column of the query's tables.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// 0 for the table whose rows are read, or else the number of the join, from 1.
    pub table: usize,
    /// The name.
    pub name: String,
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// NULL.
    Null,
    /// The value of a column.
    Column(Column),
    /// The value of the first row that a look-up finds.
    First(Lookup),
    /// Whether a look-up finds a row.
    Exists(Lookup),
    /// The values of all rows that a look-up finds, as the text of a JSON list. What is not text is
    /// null.
    List(Lookup),
}

/// Rows of another table that belong to a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// The other table.
    pub table: String,
    /// Its column that refers to the row, and the row's column; `None`: every row belongs.
    pub refers_to: Option<(String, Column)>,
    /// A column of it, and the texts that it can be equal to.
    pub filter: Option<(String, Vec<String>)>,
    /// The table that has the values, if it is a third one.
    pub through: Option<Through>,
    /// The column that has the values.
    pub value: String,
    /// The column of the other table that rows are sorted by.
    pub order: Option<String>,
}

/// A third table, of which a [`Lookup`]'s table names rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Through {
    /// The third table.
    pub table: String,
    /// Its key.
    pub key: String,
    /// The column of the look-up's table that is equal to the key.
    pub named_by: String,
}
