//! What there is to know about a system: a declaration, from which one driver reads all of them.
//!
//! Every table has a primary key, [`ID`], which need not be listed.

use super::error::Result;
use super::options::{OptionName, Options};
use super::record::{Owner, TokenFields, UserFields};
use super::source::{Row, Unreadable};
use crate::domain::scheme::Scheme;
use crate::domain::time::Span;

/// The primary key of every table.
pub const ID: &str = "id";

/// A system that tokens can be imported from.
pub struct System {
    /// The name on the command line, and the source that its tokens show.
    pub name: &'static str,
    /// The options that it uses, besides the table and the time zone.
    pub options: &'static [OptionName],
    /// How the secrets of its tokens are checked.
    pub scheme: fn(&Options) -> Result<Scheme>,
    /// How long after its last use the system itself rejects a token; `None`: never.
    pub unused_lifetime: Option<Span>,
    /// Its tokens.
    pub tokens: Tokens,
    /// Its users.
    pub users: Users,
}

impl System {
    /// The name of one of its tables.
    pub fn table_name(&self, table: &str, options: &Options) -> String {
        let uses_prefix = self.options.contains(&OptionName::TablePrefix);
        let prefix = options.table_prefix.as_deref().filter(|_| uses_prefix);
        format!("{}{table}", prefix.unwrap_or_default())
    }

    /// The name of the table of tokens. One that the operator names is complete.
    pub fn token_table_name(&self, options: &Options) -> String {
        options.table.clone().unwrap_or_else(|| self.table_name(self.tokens.table, options))
    }
}

/// Where the tokens of a system are.
pub struct Tokens {
    /// The table, unless the operator names another one.
    pub table: &'static str,
    /// Its columns.
    pub columns: Columns,
    /// Values from other tables.
    pub related: &'static [Related],
    /// How rows that are tokens are told from others; `None`: all rows are.
    pub kind: Option<Kind>,
    /// The column with the secret or its hash.
    pub secret: SecretColumn,
    /// A column in which secrets can be read, which the report warns about if the table has it.
    pub clear_text: Option<&'static str>,
    /// How to find a token's owner: the first way for which the source has the tables and columns.
    pub owner: &'static [OwnerLink],
    /// What a row says, besides the secret and the owner.
    pub read: fn(&Row) -> std::result::Result<TokenFields, Unreadable>,
}

impl Tokens {
    /// The columns without which a table is not the system's table of tokens. Without the type, rows
    /// of other types would look like tokens.
    pub fn required_columns(&self) -> Vec<&'static str> {
        let kind = self.kind.iter().map(|kind| kind.column);
        [ID].into_iter().chain(self.columns.required.iter().copied()).chain(kind).collect()
    }
}

/// Where the users of a system are.
pub struct Users {
    /// The table.
    pub table: UserTable,
    /// Whether a source without users is not a source of this system. Otherwise its tokens have no
    /// owners.
    pub is_required: bool,
    /// The table's columns.
    pub columns: Columns,
    /// Values from other tables.
    pub related: &'static [Related],
    /// What a row says.
    pub read: fn(&Row) -> std::result::Result<UserFields, Unreadable>,
}

/// Columns of a table.
pub struct Columns {
    /// Those without which it is not the system's table.
    pub required: &'static [&'static str],
    /// Those that not every version of the system has. One that is missing is NULL.
    pub optional: &'static [&'static str],
}

/// How rows that are tokens of one type are told from others.
pub struct Kind {
    /// The column.
    pub column: &'static str,
    /// The value that it has, unless the operator gives another one.
    pub value: &'static str,
}

/// The column with a token's secret or its hash.
pub enum SecretColumn {
    /// A SHA-256 in hexadecimal.
    Sha256 {
        /// The column.
        column: &'static str,
        /// The leading characters of a secret that can be told from the token's id; `None`: none.
        hint: Option<fn(&str, &Options) -> String>,
    },
    /// An HMAC-SHA512 in hexadecimal, as Strapi stores it.
    AccessKey {
        /// The column.
        column: &'static str,
    },
    /// The secret itself.
    Clear {
        /// The column.
        column: &'static str,
    },
}

/// Where the users are.
pub enum UserTable {
    /// In the first of these tables that exists.
    Named(&'static [&'static str]),
    /// In the table that a column of the tokens refers to by a foreign key.
    Referenced {
        /// The column.
        column: &'static str,
        /// The table, if there is no foreign key.
        otherwise: &'static str,
    },
}

/// How a token names its owner.
pub enum OwnerLink {
    /// A column has the owner's id.
    Column(&'static str),
    /// A row of a link table has the ids of the token and of the owner; the first one counts.
    LinkTable {
        /// The tables of which the first one that exists, with the columns, is used.
        tables: &'static [&'static str],
        /// The columns.
        columns: LinkColumns<'static>,
    },
    /// The same, where the application chose the name of the link table.
    AnyLinkTable(LinkColumnsOf),
    /// Columns have the owner's class and id, and each class has a table of its own.
    Polymorphic(Polymorphic),
}

/// The columns of a link table.
pub struct LinkColumns<'a> {
    /// The token's id.
    pub token: &'a str,
    /// The owner's id.
    pub owner: &'a str,
}

/// The columns of a table, if it links tokens and owners.
pub type LinkColumnsOf = for<'a> fn(&LinkCandidate<'a>) -> Option<LinkColumns<'a>>;

/// A table that may link tokens and owners.
pub struct LinkCandidate<'a> {
    /// The table of tokens.
    pub tokens: &'a str,
    /// The table.
    pub table: &'a str,
    /// Its columns.
    pub columns: &'a [String],
}

/// Owners of several classes.
pub struct Polymorphic {
    /// The column with the owner's class.
    pub class: &'static str,
    /// The column with the owner's id.
    pub id: &'static str,
    /// The tables that owners of a class may be in: the first one that exists is theirs.
    pub tables: fn(&str) -> Vec<String>,
    /// What an owner of a class and with an id is here.
    pub fields: fn(&str, &str, UserFields) -> UserFields,
    /// The owner of a class without a table, and with an id.
    pub without_table: fn(&str, &str) -> Owner,
}

/// A value from another table.
pub struct Related {
    /// The name under which the row has it.
    pub name: &'static str,
    /// The tables of which the first one that exists, with the columns, is used. Without one the
    /// value is NULL.
    pub tables: &'static [&'static str],
    /// The column that refers to the row's id; `None`: the value is the same for all rows.
    pub refers_to_row: Option<&'static str>,
    /// A column, and the texts that it can be equal to.
    pub filter: Option<(&'static str, &'static [&'static str])>,
    /// What is wanted.
    pub value: RelatedValue,
}

/// What is wanted of the rows of another table.
pub enum RelatedValue {
    /// The value that a column has in the first of them.
    First(&'static str),
    /// Whether there is one.
    Exists,
    /// The values that a column has in all of them, as a JSON list.
    All(&'static str),
    /// The values of the rows of a third table that they name, as a JSON list.
    Through {
        /// The column that names a row of the third table.
        named_by: &'static str,
        /// That table.
        table: &'static str,
        /// Its column with the values.
        column: &'static str,
    },
}
