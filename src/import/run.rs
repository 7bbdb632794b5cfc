//! Imports: everything in one transaction, or nothing.

use super::error::Result;
use super::importer::{Importer, identify};
use super::jsonl::{self, JSONL, JsonlFile, USERS};
use super::options::Request;
use super::reader::Reader;
use super::report::Report;
use crate::store::{Store, WriteTransaction};

/// Imports the users and tokens of another system. `progress` is called with the number of tokens
/// that were read.
///
/// # Errors
///
/// When the source or the database cannot be read, or the database cannot be written; then nothing
/// was.
pub fn run(
    store: &Store,
    reader: &Reader,
    request: Request,
    progress: &mut dyn FnMut(u64),
) -> Result<Report> {
    in_transaction(store, request, |rows| {
        let system = reader.system();
        let database = identify(rows, reader)?;
        let map_scopes = &reader.options().map_scopes;
        let mut importer = Importer::new(rows, system.name, database, map_scopes, request)?;
        importer.describe(reader);
        let (scheme, table) = (reader.scheme(), reader.token_relation());
        let tokens = importer.system_tokens(scheme, &table, system.unused_lifetime)?;
        reader.users(&mut |user| importer.user(user))?;
        let mut count = 0;
        reader.tokens(&mut |token| {
            count += 1;
            progress(count);
            importer.token(token, tokens)
        })?;
        importer.revoke_unseen()?;
        importer.finish()
    })
}

/// Imports a file of JSON Lines: what `export` wrote, or what was made of another system. `progress`
/// is called with the number of lines that were read.
///
/// # Errors
///
/// When the file has changed since it was opened, there is no owner for a token that names none, or
/// the database cannot be read or written; then nothing was written.
pub fn run_jsonl(
    store: &Store,
    file: &JsonlFile,
    request: Request,
    progress: &mut dyn FnMut(u64),
) -> Result<Report> {
    in_transaction(store, request, |rows| {
        let database = jsonl::identify(file, rows)?;
        let map_scopes = &file.options().map_scopes;
        let mut importer = Importer::new(rows, JSONL, database, map_scopes, request)?;
        importer.name_with(USERS);
        jsonl::import(file, &mut importer, progress)?;
        importer.finish()
    })
}

/// Sources can be read again, so the work can be, too.
fn in_transaction(
    store: &Store,
    request: Request,
    work: impl FnMut(&mut dyn WriteTransaction) -> Result<Report>,
) -> Result<Report> {
    if request.dry_run { store.rehearse(work) } else { store.write(work) }
}

#[cfg(test)]
mod tests {
    use super::super::detect::detect;
    use super::super::options::Options;
    use super::super::record::SkipReason;
    use super::super::source::{Access, open};
    use super::*;
    use crate::domain::audit::Actor;
    use crate::domain::time::Timestamp;
    use crate::store::{TokenKey, TokenQuery};
    use rusqlite::Connection;
    use std::ops::ControlFlow;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_800_000_000_123).unwrap()
    }

    /// Imports a database of Symfony's, and returns the report and the names of all tokens.
    fn import(
        store: &Store,
        rows: &str,
        options: &Options,
        dry_run: bool,
    ) -> (Report, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let schema = "CREATE TABLE user (id INTEGER PRIMARY KEY, username);
             CREATE TABLE api_token
                 (id INTEGER PRIMARY KEY, owned_by_id, token, name, scopes, expires_at);
             INSERT INTO user VALUES (1, 'ada');";
        Connection::open(&path).unwrap().execute_batch(&format!("{schema}{rows}")).unwrap();
        let source = open(&path.as_path().into(), &Access::default()).unwrap();
        let reader = detect(None, source.as_ref(), options).unwrap();
        let actor = Actor::named("root");
        let request = Request {
            actor: &actor,
            now: now(),
            match_names: false,
            match_admins: false,
            replace: false,
            verbose: true,
            dry_run,
        };
        let report = run(store, &reader, request, &mut |_| ()).unwrap();
        (report, names(store))
    }

    fn names(store: &Store) -> Vec<String> {
        let mut names = Vec::new();
        let read = store.read(|rows| {
            rows.tokens(&TokenQuery::default(), &mut |token| {
                names.push(token.name);
                ControlFlow::Continue(())
            })
        });
        read.unwrap();
        names
    }

    const TWO: &str = "INSERT INTO api_token VALUES
        (1, 1, 'first-secret', 'first', '[]', NULL), (2, 1, 'second-secret', 'second', '[]', NULL)";

    #[test]
    fn a_second_import_finds_everything_known() {
        let store = Store::in_memory().unwrap();
        let (report, names) = import(&store, TWO, &Options::default(), false);
        assert_eq!((report.users_created, report.tokens_imported, report.weak_secrets), (1, 2, 2));
        assert_eq!(report.clear_text.as_deref(), Some("api_token.token"));
        assert_eq!(names, ["first", "second"]);
        let (report, names) = import(&store, TWO, &Options::default(), false);
        assert_eq!((report.users_known, report.tokens_known, report.tokens_imported), (1, 2, 0));
        assert_eq!(report.rows.read().unwrap().count(), 3);
        assert_eq!(names.len(), 2);
    }

    #[test]
    fn a_dry_run_reports_and_writes_nothing() {
        let store = Store::in_memory().unwrap();
        let (report, names) = import(&store, TWO, &Options::default(), true);
        assert_eq!((report.dry_run, report.tokens_imported), (true, 2));
        assert_eq!(names, [""; 0]);
    }

    #[test]
    fn a_token_that_expires_in_the_last_second_of_9999_is_imported() {
        let rows = "INSERT INTO api_token
            VALUES (1, 1, 'secret', 'last', '[]', '9999-12-31 23:59:59')";
        for (zone, expiry) in [
            ("America/New_York", "9999-12-31T23:59:59.999Z"),
            ("-12:00", "9999-12-31T23:59:59.999Z"),
            ("+14:00", "9999-12-31T09:59:59Z"),
        ] {
            let store = Store::in_memory().unwrap();
            let options = Options { zone: zone.parse().unwrap(), ..Options::default() };
            let (report, _) = import(&store, rows, &options, false);
            assert_eq!(report.tokens_imported, 1, "{zone}");
            let found = store.read(|rows| rows.tokens_by_key(TokenKey::Id(1), 1)).unwrap();
            assert_eq!(found[0].expires_at.unwrap().to_string(), expiry, "{zone}");
        }
    }

    #[test]
    fn of_rows_with_one_secret_only_the_first_counts_also_if_it_is_skipped() {
        let store = Store::in_memory().unwrap();
        let rows = "INSERT INTO api_token VALUES
            (1, 9, 'without-owner', 'a', '[]', NULL), (2, 1, 'without-owner', 'b', '[]', NULL),
            (3, 1, 'same', 'c', '[]', NULL), (4, 1, 'same', 'd', '[]', NULL)";
        let (report, names) = import(&store, rows, &Options::default(), false);
        assert_eq!(names, ["c"]);
        let reasons: Vec<_> = report.skipped.iter().map(|entry| entry.reason.clone()).collect();
        let expected =
            [SkipReason::OwnerMissing, SkipReason::EarlierRowSkipped, SkipReason::SameSecret];
        assert_eq!(reasons, expected);
    }

    #[test]
    fn the_change_is_in_the_log() {
        let store = Store::in_memory().unwrap();
        import(&store, TWO, &Options::default(), false);
        let query = crate::store::LogQuery { changes: true, ..Default::default() };
        let mut entries = Vec::new();
        let read = store.read(|rows| {
            rows.log(&query, &mut |entry| {
                entries.push(entry);
                ControlFlow::Continue(())
            })
        });
        read.unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].account.as_str(), entries[0].time), ("root", now()));
        assert_eq!(entries[0].reason.as_deref(), Some("1 user and 2 tokens from symfony"));
    }
}
