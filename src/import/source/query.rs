//! What to read from a source, as plain data: each source renders it in its own dialect.

/// Rows of one table, with values of others.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The table whose rows are read.
    pub table: String,
    /// The values of each row.
    pub columns: Vec<Expression>,
    /// Which rows; all that pass every filter.
    pub filters: Vec<Filter>,
    /// The column of the table that rows are sorted by.
    pub order: Option<String>,
    /// Whether rows with equal values are counted: each combination is one row, with the number of
    /// its rows after the values.
    pub is_count: bool,
}

impl Query {
    /// A query of a table without columns yet.
    pub fn of(table: &str) -> Self {
        Query {
            table: table.to_string(),
            columns: Vec::new(),
            filters: Vec::new(),
            order: None,
            is_count: false,
        }
    }

    /// The tables that it reads, some of them several times.
    #[cfg_attr(not(any(feature = "import-mysql", feature = "import-postgres")), allow(dead_code))]
    pub(super) fn tables(&self) -> Vec<&str> {
        let mut tables = vec![self.table.as_str()];
        for expression in &self.columns {
            let (Expression::First(lookup) | Expression::Exists(lookup) | Expression::List(lookup)) =
                expression
            else {
                continue;
            };
            tables.push(&lookup.table);
            tables.extend(lookup.through.iter().map(|through| through.table.as_str()));
        }
        for filter in &self.filters {
            if let Filter::NamedBy { table, .. } = filter {
                tables.push(table);
            }
        }
        tables
    }
}

/// A condition on rows. Texts are compared exactly, whatever the collation and the type of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// The value of a column, as text, is one of these.
    OneOf {
        /// The column.
        column: String,
        /// The texts.
        texts: Vec<String>,
    },
    /// The value of a column, as text, is that of another table's column in some row.
    NamedBy {
        /// The column.
        column: String,
        /// The other table.
        table: String,
        /// Its column.
        by: String,
        /// A column of that table, and the texts that it can be equal to.
        texts: (String, Vec<String>),
    },
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// NULL.
    Null,
    /// The value of a column.
    Column(String),
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
    /// Its column that is equal to a column of the row; `None`: every row belongs.
    pub refers_to: Option<(String, String)>,
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
