//! Puts users and tokens of another system into the database, in one transaction: matches users,
//! narrows scopes, skips, and reports.

mod batch;
mod known;
mod links;
mod moving;
mod origin;
mod tokens;
mod users;

use super::error::{Error, Result};
use super::options::Request;
use super::reader::Reader;
use super::record::{RowKey, SkipReason};
use super::report::{Outcome, Report, RowReport};
use super::source::Unreadable;
use crate::domain::audit::Change;
use crate::domain::policy::Policy;
use crate::domain::scope::Scope;
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use crate::domain::token::Rules;
use crate::store::{ChangeRow, ExportedRelation, WriteTransaction};
use crate::text::count::counted;
use std::collections::{HashMap, HashSet};

use batch::Waiting;
use links::Links;
pub use links::TokenLinks;
pub use moving::ExportedIds;
pub use origin::{SystemTokens, TokenOrigin};
pub use users::{evidence_of, origin_of};

/// The shortest word of an imported text that is searched for secrets, in bytes. Shorter secrets are
/// weak, and counted as such.
const SHORTEST_SEARCHED: usize = 20;

/// Puts users and tokens into the database.
pub struct Importer<'a> {
    rows: &'a mut dyn WriteTransaction,
    system: &'static str,
    /// What identifies the source's database.
    database: String,
    request: Request<'a>,
    map_scopes: &'a [(String, Scope)],
    rules: Rules,
    policy: Policy,
    /// Users with higher ids came with this import: people who are two in the source stay two.
    last_user_id: i64,
    /// The owners of the source, by the beginning of their origins: what the tokens that follow need
    /// of them takes some 50 bytes each.
    owners: HashMap<OwnerKey, OwnerHere>,
    /// The beginnings of the secrets so far, where none can have been here before: looking each up
    /// would take a third of the time of an import.
    seen_hashes: HashSet<u64>,
    /// The tokens here that earlier imports brought from this table and that are not revoked, but for
    /// those whose rows were read again.
    unseen_tokens: HashSet<i64>,
    /// Those of them whose rows name an owner that does not exist any more.
    orphaned_tokens: Vec<i64>,
    /// The secrets of rows that were skipped.
    skipped_hashes: HashSet<Hash>,
    /// What the ids of an export mean here.
    ids: ExportedIds,
    /// Whether settings of an export are taken over.
    takes_settings: bool,
    /// The ids of tables of other systems that an export names.
    relation_ids: HashMap<ExportedRelation, i64>,
    /// The table by which the database of a file is known once a user of it is remembered.
    unnamed_table: Option<&'static str>,
    /// Which tokens of an export replaced which.
    links: Links,
    /// The rows of tokens that wait for their batch.
    waiting: Vec<Waiting>,
    report: Report,
    /// What became of rows, if the report lists them, as far as it has not been kept yet.
    listed: Vec<RowReport>,
}

/// What of a file of JSON Lines the report tells.
pub struct FileContents {
    /// How many tokens it has.
    pub tokens: u64,
    /// Whether it has secrets in clear text.
    pub has_clear_text: bool,
    /// Its keys that are not read.
    pub unread: Vec<String>,
}

/// The first half of an [`Importer::origin_of`].
type OwnerKey = [u8; 16];

/// Who an owner of the source is here.
#[derive(Clone)]
pub enum OwnerHere {
    /// This user.
    User {
        /// The id.
        id: i64,
        /// Whether the user is an administrator here.
        admin: bool,
        /// What ends the tokens of the owner.
        end: Option<Box<OwnerEnd>>,
    },
    /// An earlier import brought the owner, who was removed here.
    Removed,
    /// The owner's row cannot be read.
    Unreadable(Box<Unreadable>),
}

/// What ends the tokens of an owner.
#[derive(Clone)]
pub struct OwnerEnd {
    /// Why they are revoked.
    pub revoked: Option<String>,
    /// Whether the system has refused the owner only since the last import.
    pub is_refused_since: bool,
    /// When they expire.
    pub expires_at: Option<Timestamp>,
}

impl<'a> Importer<'a> {
    /// An importer for a system's source in this database.
    ///
    /// # Errors
    ///
    /// When the settings cannot be read.
    pub fn new(
        rows: &'a mut dyn WriteTransaction,
        system: &'static str,
        database: String,
        map_scopes: &'a [(String, Scope)],
        request: Request<'a>,
    ) -> Result<Self> {
        rows.expect_many_rows()?;
        let settings = rows.settings()?;
        Ok(Importer {
            system,
            database,
            request,
            map_scopes,
            rules: settings.rules(request.now.whole_second())?,
            policy: settings.policy()?,
            last_user_id: rows.last_user_id()?,
            owners: HashMap::new(),
            seen_hashes: HashSet::new(),
            unseen_tokens: HashSet::new(),
            orphaned_tokens: Vec::new(),
            skipped_hashes: HashSet::new(),
            ids: ExportedIds::default(),
            takes_settings: false,
            relation_ids: HashMap::new(),
            unnamed_table: None,
            links: Links::default(),
            waiting: Vec::new(),
            listed: Vec::new(),
            report: Report { system, dry_run: request.dry_run, ..Report::default() },
            rows,
        })
    }

    /// Says in the report what was read.
    pub fn describe(&mut self, reader: &Reader) {
        let others: u64 = reader.other_rows().iter().map(|other| other.count).sum();
        self.report.token_table = reader.token_table().to_string();
        self.report.owner_tables = reader.owner_tables().map(str::to_string).collect();
        self.report.session_zone = reader.source().session_time_zone();
        self.report.tokens_found = reader.count() + others;
        self.report.other_rows = reader.other_rows().to_vec();
        self.report.clear_text = reader.clear_text().map(str::to_string);
    }

    /// Says in the report what a file of JSON Lines contains.
    pub fn describe_file(&mut self, contents: &FileContents) {
        let FileContents { tokens, has_clear_text, unread } = contents;
        self.report.tokens_found = *tokens;
        self.report.clear_text = has_clear_text.then(|| "secret".to_string());
        self.report.ignored_keys = unread.clone();
    }

    /// The rows of the database.
    pub fn rows(&mut self) -> &mut dyn WriteTransaction {
        self.rows
    }

    /// Says that the database of the source is not known here yet, and by which table it is once a user of
    /// it is remembered.
    pub fn name_with(&mut self, table: &'static str) {
        self.unnamed_table = Some(table);
    }

    /// The report, with a row in the log.
    ///
    /// # Errors
    ///
    /// When no row became a token, the log cannot be written, or the report could not be kept.
    pub fn finish(mut self) -> Result<Report> {
        self.settle()?;
        self.report.rows.finish().map_err(Error::Report)?;
        if self.report.took_nothing() {
            return Err(Error::NothingTaken(Box::new(self.report)));
        }
        let detail = self.summary();
        let change = Change { action: "import", detail: Some(detail), ..Change::default() };
        let Request { now, actor, .. } = self.request;
        self.rows.insert_change(ChangeRow { at: now, actor, change: &change })?;
        Ok(self.report)
    }

    /// What the log says about the import.
    fn summary(&self) -> String {
        let Report { users_created, tokens_imported, .. } = self.report;
        let (users, tokens) = (counted(users_created, "user"), counted(tokens_imported, "token"));
        let mut summary = format!("{users} and {tokens} from {}", self.system);
        let changes = [
            (self.report.tokens_replaced, "replaced"),
            (self.report.tokens_restored, "restored"),
            (self.report.tokens_limited, "limited"),
            (self.report.tokens_revoked + self.report.tokens_gone, "revoked"),
        ];
        for (count, what) in changes.into_iter().filter(|(count, _)| *count > 0) {
            summary += &format!(", {count} {what}");
        }
        summary
    }

    /// Keeps what became of a row, if the report lists rows.
    pub fn list(&mut self, row: &RowKey, outcome: impl FnOnce() -> Outcome) {
        if self.request.verbose {
            self.listed.push(RowReport { row: row.clone(), outcome: outcome() });
        }
    }

    fn skip(&mut self, row: RowKey, why: SkipReason) {
        self.list(&row, || Outcome::Skipped(why.clone()));
        self.report.skip(row, why);
    }

    /// Keeps the rows that were listed.
    fn write_list(&mut self) {
        for row in self.listed.drain(..) {
            self.report.rows.push(&row);
        }
    }
}

/// What identifies the database of a source: what an earlier import called it, also if it has been
/// moved or copied since. A database that shares a token with an earlier import, id and secret, is
/// the same one.
///
/// # Errors
///
/// When the source or the database cannot be read.
pub fn identify(rows: &mut dyn WriteTransaction, reader: &Reader) -> Result<String> {
    let identity = reader.source().identity();
    let known = rows.relations(reader.system().name)?;
    if known.is_empty() || known.iter().any(|relation| relation.database == identity) {
        return Ok(identity);
    }
    let mut same = None;
    reader.find_token(&mut |hash, id| {
        let found = rows.relation_of(hash, id)?;
        same = known.iter().find(|relation| Some(relation.id) == found);
        Ok(same.is_some())
    })?;
    Ok(same.map_or(identity, |relation| relation.database.clone()))
}
