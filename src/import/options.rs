//! What the operator says about a source and about an import.

use super::source::Zone;
use crate::domain::audit::Actor;
use crate::domain::time::Timestamp;
use zeroize::Zeroizing;

/// What the operator says about a source. Not every system uses all of it; an option that has no
/// meaning for a system is an error.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What the names of all tables begin with.
    pub table_prefix: Option<String>,
    /// The table of tokens, in place of the system's usual one.
    pub table: Option<String>,
    /// The type of the tokens, where a table has tokens of several.
    pub kind: Option<String>,
    /// What secrets begin with.
    pub prefix: Option<String>,
    /// The zone of dates that do not name theirs.
    pub zone: Zone,
    /// The salt of the system's hashes.
    pub salt: Option<Salt>,
}

/// A salt of a system's hashes.
#[derive(Debug, Clone)]
pub struct Salt {
    /// The bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Whether it was given for this very import, and not by the environment for any.
    pub is_explicit: bool,
}

impl Salt {
    /// The salt in a text, which may end with a line ending; `None` if there is no other text.
    pub fn new(mut text: Zeroizing<Vec<u8>>, is_explicit: bool) -> Option<Self> {
        while text.ends_with(b"\n") || text.ends_with(b"\r") {
            text.pop();
        }
        (!text.is_empty()).then_some(Salt { bytes: text, is_explicit })
    }
}

/// An option that only some systems use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionName {
    /// [`Options::table_prefix`].
    TablePrefix,
    /// [`Options::kind`].
    Kind,
    /// [`Options::prefix`].
    Prefix,
    /// [`Options::salt`].
    Salt,
}

impl Options {
    /// The options that were given and that only some systems use.
    pub fn given(&self) -> Vec<OptionName> {
        let has_salt = self.salt.as_ref().is_some_and(|salt| salt.is_explicit);
        [
            (OptionName::TablePrefix, self.table_prefix.is_some()),
            (OptionName::Kind, self.kind.is_some()),
            (OptionName::Prefix, self.prefix.is_some()),
            (OptionName::Salt, has_salt),
        ]
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect()
    }
}

/// How to import, and on whose behalf.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who imports, for the log.
    pub actor: &'a Actor,
    /// The time, to the millisecond.
    pub now: Timestamp,
    /// Whether users are matched by name too, not only by e-mail address.
    pub match_names: bool,
    /// Whether the report lists every row.
    pub verbose: bool,
    /// Whether to write nothing.
    pub dry_run: bool,
}
