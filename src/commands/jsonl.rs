//! `import jsonl`: what `export` wrote, taken in again.

use super::Context;
use super::import::{Asked, Mover, open, tell};
use crate::error::{Error, Result};
use crate::import::ForeignUser;
use crate::name::MAX_NAME;
use crate::scope::Scopes;
use crate::secret::from_hex;
use crate::store::{ImportedToken, Line, Presence, Resident, TokenLine, UserLine, Writer};
use crate::when::Timestamp;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

pub(super) fn run(
    path: &Path,
    mut asked: Asked,
    dry_run: bool,
    context: &mut Context,
) -> Result<()> {
    let shown = path.display();
    let failed = |error: io::Error| Error::request(format!("cannot read {shown}"), error);
    let reader: Box<dyn BufRead> = match path == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(path).map_err(failed)?)),
    };
    let mut store = open(dry_run, context)?;
    // Names are as good as addresses between databases of tokctl's own.
    asked.match_names = true;
    let work = |writer: &Writer| {
        let mut taker =
            Taker { mover: Mover::new(writer, "jsonl", asked)?, owners: HashMap::new() };
        for (number, line) in reader.split(b'\n').enumerate() {
            let line = line.map_err(failed)?;
            if !line.trim_ascii().is_empty() {
                taker.line(&line).map_err(|error| match error {
                    Problem::Line(why) => {
                        Error::request(format!("{shown}, line {}", number + 1), why)
                            .hint("nothing was imported; only what `export` wrote can be taken in")
                    }
                    Problem::Other(error) => error,
                })?;
            }
        }
        taker.mover.end(dry_run)
    };
    let report = if dry_run { store.rehearse(work)? } else { store.write(work)? };
    tell(&report, context)
}

enum Problem {
    Line(String),
    Other(Error),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem::Other(error)
    }
}

struct Taker<'a> {
    mover: Mover<'a>,
    /// Who the users of the file are here, by their ids there, and why they are banned there.
    owners: HashMap<i64, (Option<Resident>, Option<String>)>,
}

impl Taker<'_> {
    fn line(&mut self, line: &[u8]) -> std::result::Result<(), Problem> {
        // serde's message would quote the line.
        let line = serde_json::from_slice(line).map_err(|error| {
            Problem::Line(format!("it is no line of an export (column {})", error.column()))
        })?;
        match line {
            Line::User(user) => self.user(user),
            Line::Token(token) => self.token(token),
        }
    }

    fn user(&mut self, line: UserLine) -> std::result::Result<(), Problem> {
        let banned = line.banned_at.map(|_| line.banned_reason.unwrap_or_else(|| "banned".into()));
        let user = ForeignUser {
            table: "user".into(),
            id: line.id.to_string(),
            name: Some(line.name),
            email: line.email,
            full_name: line.full_name,
            admin: line.admin,
            refused: banned.clone(),
            created_at: Some(Timestamp::nearest(line.created_at)),
        };
        let resident = self.mover.resident(&user)?;
        self.owners.insert(line.id, (resident, banned));
        Ok(())
    }

    fn token(&mut self, line: TokenLine) -> std::result::Result<(), Problem> {
        let row = format!("token {}", line.id);
        let bad = |what: &str| Problem::Line(format!("its {what} is not valid"));
        let hash = from_hex(&line.hash).ok_or_else(|| bad("hash"))?;
        let scopes = Scopes::from_stored(&line.scopes);
        if scopes.to_string() != line.scopes {
            return Err(bad("list of scopes"));
        }
        let fits = |text: &str, most| (1..=most).contains(&text.chars().count());
        if !fits(&line.name, MAX_NAME) || !fits(&line.hint, 21) || line.source.is_empty() {
            return Err(bad("name, hint or source"));
        }
        let scheme = match &line.scheme {
            Some(scheme) => Some(scheme.scheme().ok_or_else(|| bad("scheme"))?),
            None => None,
        };
        if scheme.is_some() != line.foreign_id.is_some() {
            return Err(bad("id there"));
        }
        let Some((resident, banned)) = self.owners.get(&line.user_id) else {
            return Err(Problem::Line("its owner is on no line before it".into()));
        };
        let Some(resident) = resident else {
            self.mover.report.tokens_skipped += 1;
            self.mover.skip(row, "the owner was removed here".into());
            return Ok(());
        };
        let at = |millis: Option<i64>| millis.map(Timestamp::nearest);
        let now = Timestamp::now();
        let reason = line.revoked_reason.as_deref().unwrap_or("revoked before the export");
        let revoked = match (at(line.revoked_at), banned) {
            (Some(revoked_at), _) => Some((revoked_at, reason)),
            (None, Some(why)) if resident.banned_for.is_none() => Some((now, why.as_str())),
            _ => None,
        };
        let scheme_id =
            scheme.as_ref().map(|scheme| self.mover.writer.scheme(scheme)).transpose()?;
        let token = ImportedToken {
            hash,
            scheme_id,
            foreign_id: line.foreign_id,
            hint: &line.hint,
            name: &line.name,
            user_id: resident.id,
            scopes: &scopes,
            source: &line.source,
            created_at: Timestamp::nearest(line.created_at),
            expires_at: at(line.expires_at),
            last_used_at: at(line.last_used_at),
            revoked,
        };
        if self
            .mover
            .writer
            .presence(&token, scheme.is_some_and(|scheme| scheme.has_id_in_secret()))?
            != Presence::New
        {
            self.mover.report.tokens_known += 1;
            self.mover.note(|| format!("{row}: known already"));
            return Ok(());
        }
        let id = self.mover.writer.import_token(&token)?;
        self.mover.report.tokens_imported += 1;
        self.mover.count_against_policy(&token, resident);
        self.mover.note(|| format!("{row}: imported as token {id}"));
        Ok(())
    }
}
