//! `import`: bring users and tokens over from another system.

use super::Context;
use crate::cli::{Format, Import};
use crate::error::{Error, Result};
use crate::import::{
    self, ForeignScopes, ForeignToken, ForeignUser, Options, Owner, READERS, Reader, Refused,
    Source,
};
use crate::name::{Email, Escaped, MAX_NAME, key, nearest};
use crate::policy::Policy;
use crate::scheme::Scheme;
use crate::scope::{Scope, Scopes};
use crate::secret::Hash;
use crate::store::{Change, ImportedToken, ImportedUser, Presence, Resident, Store, Writer};
use crate::token::{Facts, Rules, Status};
use crate::view::{Progress, Report};
use crate::when::{Span, Timestamp};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::path::Path;
use zeroize::Zeroizing;

pub fn run(args: Import, context: &mut Context) -> Result<()> {
    let options = Options {
        table_prefix: args.table_prefix,
        table: args.table,
        kind: args.kind,
        prefix: args.prefix,
        zone: args.time_zone.unwrap_or_default(),
        salt: salt(args.salt_file.as_deref(), args.salt)?,
        has_salt_file: args.salt_file.is_some(),
    };
    let asked = Asked {
        match_names: args.match_names,
        verbose: args.verbose,
        quiet: context.out.is_quiet(),
    };
    if args.system == "jsonl" {
        let path = args.source.ok_or_else(|| {
            Error::request("the file is missing", "import jsonl wants one that export wrote")
        })?;
        return super::jsonl::run(&path, asked, args.dry_run, context);
    }
    let (system, path) = match args.source {
        Some(path) => (Some(system_name(args.system)?), path),
        None => (None, args.system.into()),
    };
    let source = Source::open(&path)?;
    let reader = import::reader(system.as_deref(), &source, &options)?;
    if system.is_none() {
        context.out.remark(format!("the source is a database of {}", reader.name()));
    }
    let scheme = reader.scheme(&options)?;
    let mut store = open(args.dry_run, context)?;
    let work = |writer: &Writer| {
        let mut mover = Mover::new(writer, reader.name(), asked)?;
        mover.unused_lifetime = reader.unused_lifetime();
        mover.run(reader, &scheme, &source, &options)?;
        mover.report.clear_text = reader.clear_text(&source, &options)?;
        mover.end(args.dry_run)
    };
    let report = if args.dry_run { store.rehearse(work)? } else { store.write(work)? };
    tell(&report, context)
}

/// Whatever was done is done by now; people read the rows first and how many last.
pub(super) fn tell(report: &Report, context: &mut Context) -> Result<()> {
    if context.out.format == Format::Human {
        let out = &mut context.out;
        report.rows.each(|row| out.write(format!("{row}\n").as_bytes()))?;
    }
    context.out.one(report)?;
    if report.unused_here > 0 {
        context.out.remark("`tokctl settings set unused-lifetime never` keeps what was not used");
    }
    Ok(())
}

/// The database; a trial run makes none.
pub(super) fn open(dry_run: bool, context: &Context) -> Result<Store> {
    match dry_run && !context.has_database()? {
        true => Store::in_memory(Some(&super::first_admin()?)),
        false => context.open_or_create(),
    }
}

fn system_name(name: OsString) -> Result<String> {
    let systems = || READERS.iter().map(|reader| reader.name()).chain(["jsonl"]);
    let name = name.to_string_lossy().into_owned();
    if systems().any(|system| system == name) {
        return Ok(name);
    }
    let there_are = systems().collect::<Vec<_>>().join(", ");
    let told = Error::request("unknown system", format!("there are {there_are}"));
    Err(match nearest(&name, systems()) {
        Some(near) => told.hint(format!("did you mean {near}?")),
        None => told,
    })
}

/// The text of the salt, without a line ending.
fn salt(file: Option<&Path>, given: Option<String>) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let mut salt =
        match (file, given) {
            (Some(path), _) => Zeroizing::new(std::fs::read(path).map_err(|error| {
                Error::request(format!("cannot read {}", path.display()), error)
            })?),
            (None, Some(salt)) if !salt.is_empty() => Zeroizing::new(salt.into_bytes()),
            _ => return Ok(None),
        };
    while salt.ends_with(b"\n") || salt.ends_with(b"\r") {
        salt.pop();
    }
    match salt.is_empty() {
        true => Err(Error::request("the salt is empty", "Strapi's hashes are keyed with it")),
        false => Ok(Some(salt)),
    }
}

#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) match_names: bool,
    verbose: bool,
    quiet: bool,
}

/// Takes what a reader yields into the database, within one transaction.
pub(super) struct Mover<'a> {
    pub(super) writer: &'a Writer<'a>,
    system: &'static str,
    asked: Asked,
    /// How long after its last use the system itself rejects a token.
    unused_lifetime: Option<Span>,
    rules: Rules,
    policy: Policy,
    /// Users above this id came with this import: people who differ there stay different here.
    last_user_id: i64,
    pub(super) report: Report,
}

impl<'a> Mover<'a> {
    pub(super) fn new(writer: &'a Writer<'a>, system: &'static str, asked: Asked) -> Result<Self> {
        let settings = writer.settings()?;
        writer.begin_import()?;
        Ok(Mover {
            writer,
            system,
            asked,
            unused_lifetime: None,
            rules: settings.rules(Timestamp::now())?,
            policy: settings.policy()?,
            last_user_id: writer.last_user_id()?,
            report: Report { system, ..Report::default() },
        })
    }

    fn run(
        &mut self,
        reader: &dyn Reader,
        scheme: &Scheme,
        source: &Source,
        options: &Options,
    ) -> Result<()> {
        let scheme = (self.writer.scheme(scheme)?, scheme.has_id_in_secret());
        reader.users(source, options, &mut |user| match user {
            Ok(user) => self.user(&user),
            Err(refused) => {
                self.report.users_skipped += 1;
                self.skip(format!("{} {}", refused.table, refused.id), refused.why);
                Ok(())
            }
        })?;
        let table = reader.table(source, options);
        let (mut progress, mut count) = (Progress::new("tokens", None, self.asked.quiet), 0);
        reader.tokens(source, options, &mut |token| {
            count += 1;
            progress.at(count);
            match token {
                Ok(token) => self.token(&table, token, scheme),
                Err(refused) => self.refuse(refused),
            }
        })
    }

    /// The report, with the change in the log.
    pub(super) fn end(mut self, dry_run: bool) -> Result<Report> {
        self.report.dry_run = dry_run;
        self.report.rows.finish()?;
        let Report { users_created, tokens_imported, .. } = self.report;
        let detail =
            format!("{users_created} users and {tokens_imported} tokens from {}", self.system);
        let change = Change { action: "import", detail: Some(&detail), ..Change::default() };
        self.writer.record(change)?;
        Ok(self.report)
    }

    /// A row that cannot be read. Where several rows have one secret the first answers there: if
    /// that is refused, none of the others may answer here.
    fn refuse(&mut self, refused: Refused) -> Result<()> {
        if let Some(hash) = refused.hash {
            self.writer.shadow(&hash)?;
        }
        self.report.tokens_skipped += 1;
        self.skip(format!("{} {}", refused.table, refused.id), refused.why);
        Ok(())
    }

    pub(super) fn skip(&mut self, row: String, why: String) {
        self.note(|| format!("{row}: skipped: {why}"));
        self.report.skip(row, why);
    }

    pub(super) fn note(&mut self, text: impl FnOnce() -> String) {
        if self.asked.verbose {
            self.report.rows.push(&text());
        }
    }

    fn token(
        &mut self,
        table: &str,
        token: ForeignToken,
        (scheme_id, has_id_in_secret): (i64, bool),
    ) -> Result<()> {
        let row = format!("{table} {}", token.id);
        let refuse = |mover: &mut Self, why: String| {
            let (table, id) = (table.to_string(), token.id.to_string());
            let hash = (!has_id_in_secret).then_some(token.hash);
            mover.refuse(Refused { table, id, hash, why })
        };
        if self.writer.is_shadowed(&token.hash)? {
            return refuse(
                self,
                "another row with the same secret comes first, and is refused".into(),
            );
        }
        let owner = match &token.owner {
            Owner::Gone => return refuse(self, "the owner is gone".into()),
            Owner::User(user) => user,
        };
        let Some(resident) = self.resident(owner)? else {
            return refuse(self, "the owner was removed here".into());
        };
        // A user who is refused there keeps their own tokens here, not those; nor may they come to
        // life when a ban is lifted that was for something else.
        let revoked = owner.refused.as_deref();
        let revoked = revoked.filter(|why| resident.banned_for.as_deref() != Some(why));
        let (scopes, left_out) = narrowed(&token.scopes);
        let name = self.token_name(&token);
        let imported = ImportedToken {
            hash: token.hash,
            scheme_id: Some(scheme_id),
            foreign_id: Some(token.id.to_string()),
            hint: &token.hint.chars().take(21).collect::<String>(),
            name: &name,
            user_id: resident.id,
            scopes: &scopes,
            source: self.system,
            created_at: token.created_at.unwrap_or(self.rules.now),
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            revoked: revoked.map(|why| (self.rules.now, why)),
        };
        match self.writer.presence(&imported, has_id_in_secret)? {
            Presence::Same => {
                self.report.tokens_known += 1;
                self.note(|| format!("{row}: known from an earlier import"));
                return Ok(());
            }
            Presence::Other { foreign_id } => {
                self.report.tokens_skipped += 1;
                let why = "another row with the same secret comes first, and answers";
                self.note(|| {
                    format!("{row}: skipped: row {foreign_id} has the same secret, and answers")
                });
                self.report.skip(row, why.into());
                return Ok(());
            }
            Presence::New => {}
        }
        let id = self.writer.import_token(&imported)?;
        self.count(&imported, &left_out, token.weak, &resident);
        self.note(|| {
            let narrowed = match left_out.as_slice() {
                [] => String::new(),
                left_out => format!(", without the scopes {}", shown(left_out)),
            };
            let revoked =
                revoked.map(|why| format!(", revoked: {}", Escaped(why))).unwrap_or_default();
            format!("{row}: imported as token {id}{narrowed}{revoked}")
        });
        Ok(())
    }

    fn count(&mut self, token: &ImportedToken, left_out: &[String], weak: bool, owner: &Resident) {
        let report = &mut self.report;
        report.tokens_imported += 1;
        report.tokens_narrowed += u64::from(!left_out.is_empty());
        report.tokens_revoked += u64::from(token.revoked.is_some());
        report.weak_secrets += u64::from(weak);
        let facts = Facts {
            revoked_at: None,
            owner_banned: false,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
        };
        let there = Rules { unused_lifetime: self.unused_lifetime, ..self.rules };
        let unused = |rules: &Rules| facts.status(rules) == Status::Unused;
        report.unused_here += u64::from(unused(&self.rules) && !unused(&there));
        self.count_against_policy(token, owner);
    }

    pub(super) fn count_against_policy(&mut self, token: &ImportedToken, owner: &Resident) {
        let against = self.policy.too_long(token.created_at, token.expires_at)
            || self.policy.forbidden_scope(token.scopes).is_some()
            || self.policy.forbids_owner(owner.admin);
        self.report.against_policy += u64::from(against);
    }

    /// The name there, or one that tells tokens without a name apart.
    fn token_name(&self, token: &ForeignToken) -> String {
        match &token.name {
            Some(name) => name.chars().take(MAX_NAME).collect(),
            None => format!("{} token {}", self.system, token.id),
        }
    }

    fn user(&mut self, user: &ForeignUser) -> Result<()> {
        if self.writer.resident_of(&self.origin(user))?.is_none() {
            return self.resident(user).map(drop);
        }
        self.report.users_known += 1;
        self.note(|| format!("{} {}: known from an earlier import", user.table, user.id));
        Ok(())
    }

    /// Who a foreign user is here; they come over if they are new. `None` if they came before
    /// and were removed here since.
    pub(super) fn resident(&mut self, user: &ForeignUser) -> Result<Option<Resident>> {
        let origin = self.origin(user);
        let row = || format!("{} {}", user.table, Escaped(&user.id));
        if let Some(known) = self.writer.resident_of(&origin)? {
            return Ok(known);
        }
        let email =
            user.email.as_deref().filter(|email| email.parse::<Email>().is_ok()).map(str::trim);
        let name: String = self.user_name(user).chars().take(MAX_NAME).collect();
        let by_name = self.asked.match_names.then(|| key(&name));
        let matched = self.writer.resident_by_key(
            email.map(key).as_deref(),
            by_name.as_deref(),
            self.last_user_id,
        )?;
        let resident = match matched {
            Some(resident) => {
                self.report.users_matched += 1;
                self.note(|| format!("{}: matched user {}", row(), resident.id));
                resident
            }
            None => self.settle(user, &name, email)?,
        };
        self.writer.set_origin(&origin, resident.id)?;
        Ok(Some(resident))
    }

    /// Adds a user who is not here yet, under a name and an address that nobody has.
    fn settle(&mut self, user: &ForeignUser, name: &str, email: Option<&str>) -> Result<Resident> {
        let free = self.free_name(name)?;
        let email = match email {
            Some(email) if self.writer.has_email(&key(email))? => None,
            email => email,
        };
        let added = ImportedUser {
            name: &free,
            email,
            full_name: user.full_name.as_deref(),
            admin: user.admin,
            banned: user.refused.as_deref().map(|why| (self.rules.now, why)),
            created_at: user.created_at.unwrap_or(self.rules.now),
        };
        let resident = self.writer.import_user(&added)?;
        self.report.users_created += 1;
        let without_email = user.email.is_some() && email.is_none();
        self.report.users_renamed += u64::from(free != name || without_email);
        self.note(|| {
            let without = if without_email { ", without an e-mail address" } else { "" };
            let (table, id) = (&user.table, Escaped(&user.id));
            format!("{table} {id}: created as user {}{without}", Escaped(&free))
        });
        Ok(resident)
    }

    fn user_name(&self, user: &ForeignUser) -> String {
        let given = user.name.as_deref().or(user.email.as_deref()).map(str::trim);
        match given {
            Some(name) if !name.is_empty() => name.to_string(),
            _ => format!("{} {}", user.table, user.id),
        }
    }

    /// The name, or `name@system`, or that with a number.
    fn free_name(&self, name: &str) -> Result<String> {
        if !self.writer.has_user_name(&key(name))? {
            return Ok(name.to_string());
        }
        let mut suffix = format!("@{}", self.system);
        for number in 2.. {
            let room = MAX_NAME - suffix.chars().count();
            let other: String = name.chars().take(room).chain(suffix.chars()).collect();
            if !self.writer.has_user_name(&key(&other))? {
                return Ok(other);
            }
            suffix = format!("@{}-{number}", self.system);
        }
        Ok(name.to_string())
    }

    /// A hash of all that identifies a user there: another application's user of the same id is
    /// somebody else.
    fn origin(&self, user: &ForeignUser) -> Hash {
        let created = user.created_at.map_or(String::new(), |at| at.millis().to_string());
        let parts = [
            self.system,
            &user.table,
            &user.id,
            user.name.as_deref().unwrap_or_default(),
            user.email.as_deref().unwrap_or_default(),
            &created,
        ];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// The scopes that mean here what they mean there, and those that are left out.
fn narrowed(scopes: &ForeignScopes) -> (Scopes, Vec<String>) {
    let (scopes, star) = match scopes {
        ForeignScopes::Everything => return (Scopes::everything(), Vec::new()),
        ForeignScopes::List { scopes, star } => (scopes, *star),
    };
    let mut left_out = Vec::new();
    let kept = scopes.iter().filter_map(|text| match text.parse::<Scope>() {
        Ok(scope) if !scope.is_wildcard() || (star && text == "*") => Some(scope),
        _ => {
            left_out.push(text.clone());
            None
        }
    });
    let kept = kept.collect();
    (kept, left_out)
}

fn shown(scopes: &[String]) -> String {
    let quoted: Vec<_> = scopes.iter().map(|scope| format!("\"{}\"", Escaped(scope))).collect();
    quoted.join(", ")
}
