//! Foreign systems: one reader each, all of which yield the same records.
//!
//! To add a system, write a file with a [`Reader`] and name it in [`READERS`].

mod adonisjs;
mod php;
mod sanctum;
mod shield;
mod source;
mod strapi;
mod strapi_guide;
mod symfony;

pub use source::{Source, Zone};

use crate::error::{Error, Result};
use crate::scheme::Scheme;
use crate::secret::Hash;
use crate::store::shell_quoted;
use crate::when::{Span, Timestamp};
use zeroize::Zeroizing;

/// What the operator can say about a system; which of it a reader heeds is in [`Reader::heeds`].
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub table_prefix: Option<String>,
    pub table: Option<String>,
    pub kind: Option<String>,
    pub prefix: Option<String>,
    pub zone: Zone,
    pub salt: Option<Zeroizing<Vec<u8>>>,
    /// Whether the salt was given for this very import, and not by the environment.
    pub has_salt_file: bool,
}

/// A user as another system has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignUser {
    /// The table they stand in there: users of two tables may have one id.
    pub table: String,
    /// A number, or whatever else the system has for a key.
    pub id: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub full_name: Option<String>,
    pub admin: bool,
    /// Why the system refuses their tokens: a ban, or a deletion.
    pub refused: Option<String>,
    pub created_at: Option<Timestamp>,
}

/// Whose a token is.
#[derive(Debug, Clone)]
pub enum Owner {
    User(ForeignUser),
    /// There is none any more, or there never was one where there must be.
    Gone,
}

/// A token as another system has it.
#[derive(Debug, Clone)]
pub struct ForeignToken {
    pub id: i64,
    pub name: Option<String>,
    pub owner: Owner,
    pub hash: Hash,
    pub hint: String,
    pub scopes: ForeignScopes,
    pub created_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    /// Whether the secret itself was there to be seen, and is too short.
    pub weak: bool,
}

/// What a token may do there.
#[derive(Debug, Clone)]
pub enum ForeignScopes {
    /// Whatever there is to be done: the system knows no scopes, or the token has none of its
    /// limits.
    Everything,
    /// These. `*` means everything only where `star` says so.
    List { scopes: Vec<String>, star: bool },
}

/// A row that cannot be taken over, and why; its hash if that much could be read.
#[derive(Debug)]
pub struct Refused {
    pub table: String,
    pub id: String,
    pub hash: Option<Hash>,
    pub why: String,
}

/// A system that tokens can be imported from.
pub trait Reader: Sync {
    /// The name to call it by, and the source that its tokens show.
    fn name(&self) -> &'static str;

    /// The table of tokens, for this source and these options.
    fn table(&self, source: &Source, options: &Options) -> String;

    /// What it looks for, in words, to tell when that is not there.
    fn wanted(&self, options: &Options) -> String;

    /// Whether the source is such a system's.
    fn fits(&self, source: &Source, options: &Options) -> Result<bool>;

    /// The options that mean something to it, besides `--table`.
    fn heeds(&self) -> &'static [&'static str];

    /// How the secrets of all its tokens are checked.
    fn scheme(&self, options: &Options) -> Result<Scheme>;

    /// Where its secrets stand in clear or can be had back, if they do: `table.column`.
    fn clear_text(&self, source: &Source, options: &Options) -> Result<Option<String>> {
        let _ = (source, options);
        Ok(None)
    }

    /// How long after its last use the system itself rejects a token.
    fn unused_lifetime(&self) -> Option<Span> {
        None
    }

    /// Every user, by id.
    fn users(&self, source: &Source, options: &Options, each: EachUser) -> Result<()>;

    /// Every token, by id: where several rows have one secret, the first is the one that answers.
    fn tokens(&self, source: &Source, options: &Options, each: EachToken) -> Result<()>;
}

/// What becomes of each user; a row that cannot be read is told with its table and id.
pub type EachUser<'a> = &'a mut dyn FnMut(std::result::Result<ForeignUser, Refused>) -> Result<()>;
/// What becomes of each token.
pub type EachToken<'a> =
    &'a mut dyn FnMut(std::result::Result<ForeignToken, Refused>) -> Result<()>;

pub static READERS: [&dyn Reader; 6] = [
    &shield::Shield,
    &adonisjs::AdonisJs,
    &sanctum::Sanctum,
    &symfony::Symfony,
    &strapi_guide::StrapiGuide,
    &strapi::Strapi,
];

/// The reader that was named, or the only one that the source fits.
pub fn reader(
    system: Option<&str>,
    source: &Source,
    options: &Options,
) -> Result<&'static dyn Reader> {
    let mut fitting = Vec::new();
    for reader in READERS {
        if system.is_none_or(|name| name == reader.name()) && reader.fits(source, options)? {
            fitting.push(reader);
        }
    }
    let reader = match (fitting.as_slice(), system) {
        ([reader], _) => *reader,
        ([], Some(name)) => {
            let wanted = READERS.iter().find(|reader| reader.name() == name);
            let wanted = wanted.map_or(String::new(), |reader| reader.wanted(options));
            return Err(not_there(source, &format!("looked for {wanted}"))?);
        }
        ([], None) => {
            let wanted: Vec<_> = READERS
                .iter()
                .map(|reader| format!("{} ({})", reader.wanted(options), reader.name()))
                .collect();
            return Err(not_there(source, &format!("looked for {}", wanted.join("; ")))?);
        }
        (several, _) => {
            let names: Vec<_> = several.iter().map(|reader| reader.name()).collect();
            let name = names.first().copied().unwrap_or_default();
            let command = format!("`tokctl import {name} {}`", shell_quoted(source.path()));
            return Err(Error::request("the source fits several systems", names.join(", "))
                .hint(format!("name the one you mean: {command}, say")));
        }
    };
    check_heeded(reader, options)?;
    Ok(reader)
}

fn not_there(source: &Source, looked_for: &str) -> Result<Error> {
    let tables = source.tables()?;
    let found = match tables.as_slice() {
        [] => "found no tables".to_string(),
        tables => format!("found {}", tables.join(", ")),
    };
    Ok(Error::request(
        format!("no tokens that tokctl knows in {}", source.path().display()),
        format!("{looked_for}; {found}"),
    )
    .hint("name another table with --table or --table-prefix, or check the file"))
}

fn check_heeded(reader: &dyn Reader, options: &Options) -> Result<()> {
    let given = [
        ("--table-prefix", options.table_prefix.is_some()),
        ("--type", options.kind.is_some()),
        ("--prefix", options.prefix.is_some()),
        ("--salt-file", options.has_salt_file),
    ];
    for (option, given) in given {
        if given && !reader.heeds().contains(&option) {
            return Err(Error::request(
                format!("{option} means nothing here"),
                format!("{} has no such thing", reader.name()),
            ));
        }
    }
    Ok(())
}
