//! What there is to know about a system: a declaration, from which one driver reads all of them.
//!
//! A declaration does not list the key of a table, nor columns that say when a token or a user ends
//! or whether an address was verified: the driver looks for those in every table (`ends.rs`). A
//! column may be spelled in any case, with or without underscores.

use super::error::Result;
use super::options::{OptionName, Options};
use super::record::{TokenFields, UserFields};
use super::source::{Row, Unreadable};
use crate::domain::scheme::Scheme;
use crate::domain::time::Span;

/// The usual primary key of a table, and the name under which a row has its key.
pub const ID: &str = "id";

/// A system that tokens can be imported from.
pub struct System {
    /// The name on the command line, and the source that its tokens show.
    pub name: &'static str,
    /// The options that it uses, besides those that every system uses.
    pub options: &'static [OptionName],
    /// How the secrets of its tokens are checked.
    pub scheme: fn(&Options) -> Result<Scheme>,
    /// How long after its last use the system itself rejects a token; `None`: never.
    pub unused_lifetime: Option<Span>,
    /// Whether the system takes an expiry of `0000-00-00` for none; otherwise it is in the past.
    pub zero_date_is_none: bool,
    /// Its tokens.
    pub tokens: Tokens,
    /// Its users.
    pub users: Users,
}

impl System {
    /// The name of one of its tables.
    pub fn table_name(&self, table: &str, options: &Options) -> String {
        format!("{}{table}", options.table_prefix.as_deref().unwrap_or_default())
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
    /// A column of the owner's row that a token is read with.
    pub of_owner: Option<&'static str>,
    /// How rows that are tokens are told from others; `None`: all rows are.
    pub kind: Option<TokenType>,
    /// The column with the secret or its hash.
    pub secret: SecretColumn,
    /// A column in which secrets can be read, perhaps with a key of the application's, which the report
    /// warns about if it has values.
    pub clear_text: Option<&'static str>,
    /// How to find a token's owner: the first way for which the source has the tables and columns.
    pub owner: &'static [OwnerLink],
    /// What a row says, besides the secret, the owner and its end.
    pub read: fn(&Row) -> std::result::Result<TokenFields, Unreadable>,
}

impl Tokens {
    /// The columns without which a table is not the system's table of tokens, besides its key.
    /// Without the type, rows of other types would look like tokens.
    pub fn required_columns(&self) -> Vec<&'static str> {
        let kind = self.kind.iter().map(|kind| kind.column);
        self.columns.required.iter().copied().chain(kind).collect()
    }
}

/// Where the users of a system are.
pub struct Users {
    /// The tables that are theirs by convention, if neither a foreign key nor the operator names
    /// another one.
    pub tables: &'static [&'static str],
    /// Whether a source without users is not a source of this system.
    pub is_required: bool,
    /// The table's columns.
    pub columns: Columns,
    /// Columns that tell that the e-mail address was verified, besides those whose names say so.
    pub verified: &'static [&'static str],
    /// Values from other tables.
    pub related: &'static [Related],
    /// What a row says, besides its end and whether the address was verified.
    pub read: fn(&Row) -> std::result::Result<UserFields, Unreadable>,
}

/// Columns of a table.
pub struct Columns {
    /// Those without which it is not the system's table.
    pub required: &'static [&'static str],
    /// Those that not every version of the system has. One that is missing is NULL.
    pub optional: &'static [&'static str],
    /// Those that sound like an end, and are none in this system.
    pub no_end: &'static [&'static str],
}

/// The type of rows that are tokens, where a table also has rows of others.
pub struct TokenType {
    /// The column.
    pub column: &'static str,
    /// The values that it has, unless the operator gives another one.
    pub values: &'static [&'static str],
}

impl TokenType {
    /// The values of rows that are tokens.
    pub fn values(&self, options: &Options) -> Vec<String> {
        match &options.kind {
            Some(kind) => vec![kind.clone()],
            None => self.values.iter().map(|value| value.to_string()).collect(),
        }
    }
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

/// How a token names its owner.
pub enum OwnerLink {
    /// A column has the owner's id. Its type tells the table only if it is a usual one: with another
    /// type, the operator must name the table.
    Column(&'static str),
    /// The only column with a foreign key has the owner's id.
    ForeignKey,
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
    /// Whether owners of a class are users.
    pub is_user: fn(&str) -> bool,
    /// The tables that owners of a class may be in by convention.
    pub tables: fn(&str) -> Vec<String>,
    /// What an owner of a class that is not the users', and with an id, is here.
    pub fields: fn(&str, &str, UserFields) -> UserFields,
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
