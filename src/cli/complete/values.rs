//! Values of arguments that completion offers.

use crate::admin::candidates;
use crate::cli::database;
use crate::domain::setting::Setting;
use crate::import::{JSONL, SYSTEMS};
use crate::store::{Access, Location, Patience, Store};
use crate::text::escape::{Escaped, is_unsafe};
use clap::{Arg, Command};
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

/// How many values are offered at once.
const LIMIT: usize = 200;

/// Where the values come from, and how the shell wants them.
pub struct Source {
    database: Option<Location>,
    /// Whether the shell inserts them as they are, so that special characters need a backslash.
    needs_backslashes: bool,
}

impl Source {
    /// For the words of a command line as far as it is typed.
    pub fn new(words: &[OsString], shell: &str) -> Self {
        let database = match database_option(words) {
            Some(text) if text.is_empty() => None,
            named => database::locate(named.map(Location::from)).ok(),
        };
        Source { database, needs_backslashes: shell == "bash" }
    }

    /// The database, unless anything keeps it from being read now.
    fn store(&self) -> Option<Store> {
        let access = Access { patience: Patience::AtOnce, read_only: true, cache: None };
        Store::open_with(self.database.as_ref()?, access).ok()
    }

    /// A value as the shell inserts it. One that a terminal might act on is not offered.
    fn candidate(&self, value: &str) -> Option<CompletionCandidate> {
        if value.contains(is_unsafe) {
            return None;
        }
        let is_plain = |c: char| c.is_alphanumeric() || "_-.,+@%/".contains(c);
        let mut text = String::new();
        for c in value.chars() {
            if self.needs_backslashes && !is_plain(c) {
                text.push('\\');
            }
            text.push(c);
        }
        Some(CompletionCandidate::new(text))
    }

    /// What has been typed, without the quoting of the shell.
    fn typed(&self, current: &OsStr) -> Option<String> {
        let text = current.to_str()?;
        Some(if self.needs_backslashes { text.replace('\\', "") } else { text.to_string() })
    }
}

/// The value of `--database` on a command line; the last one counts.
fn database_option(words: &[OsString]) -> Option<OsString> {
    let mut words = words.iter();
    let mut value = None;
    while let Some(word) = words.next() {
        if word == "--database" {
            value = words.next().cloned();
        } else if let Some(text) = word.to_str().and_then(|word| word.strip_prefix("--database=")) {
            value = Some(text.into());
        }
    }
    value
}

/// The same commands, with arguments that complete values from `source`.
pub fn with_values(command: Command, source: &Arc<Source>) -> Command {
    let find_tokens: Find =
        if matches!(command.get_name(), "show" | "log") { all_tokens } else { unrevoked_tokens };
    command
        .mut_args(|arg| match completer(&arg, find_tokens, source) {
            Some(completer) => arg.add(completer),
            None => arg,
        })
        .mut_subcommands(|subcommand| with_values(subcommand, source))
}

/// What completes the values of an argument, which the name of its value tells.
fn completer(arg: &Arg, find_tokens: Find, source: &Arc<Source>) -> Option<ArgValueCompleter> {
    let find: Find = match (arg.get_value_names()?.first()?.as_str(), arg.get_id().as_str()) {
        ("TOKEN" | "ID", _) => find_tokens,
        ("USER", _) => users,
        ("SCOPE", _) => scopes,
        ("NAME", "token_name") => token_names,
        ("KEY", "setting") => settings,
        ("SYSTEM", _) => return Some(ArgValueCompleter::new(systems_and_files)),
        _ => return None,
    };
    let source = Arc::clone(source);
    Some(ArgValueCompleter::new(move |current: &OsStr| {
        let typed = source.typed(current);
        typed.and_then(|typed| find(&source, &typed)).unwrap_or_default()
    }))
}

/// Finds the values that begin with what was typed; `None` when there is nothing to read.
type Find = fn(&Source, &str) -> Option<Vec<CompletionCandidate>>;

fn all_tokens(source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    tokens(source, typed, true)
}

fn unrevoked_tokens(source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    tokens(source, typed, false)
}

fn tokens(source: &Source, typed: &str, revoked_too: bool) -> Option<Vec<CompletionCandidate>> {
    let found = candidates::token_ids(&source.store()?, typed, revoked_too, LIMIT).ok()?;
    let candidate = |token: candidates::TokenCandidate| {
        let about = format!("{}, {}", Escaped(&token.name), Escaped(&token.owner));
        CompletionCandidate::new(token.id.to_string()).help(Some(about.into()))
    };
    Some(found.into_iter().map(candidate).collect())
}

fn token_names(source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let found = candidates::token_names(&source.store()?, typed, LIMIT).ok()?;
    Some(found.iter().filter_map(|name| source.candidate(name)).collect())
}

fn users(source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let found = candidates::users(&source.store()?, typed, LIMIT).ok()?;
    let candidate = |user: candidates::UserCandidate| {
        let about = user.full_name.map(|name| Escaped(&name).to_string().into());
        Some(source.candidate(&user.name)?.help(about))
    };
    Some(found.into_iter().filter_map(candidate).collect())
}

fn scopes(source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let found = candidates::scopes(&source.store()?, typed, LIMIT).ok()?;
    Some(found.iter().filter_map(|scope| source.candidate(scope)).collect())
}

fn settings(_source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let matching = Setting::ALL.map(Setting::about).into_iter();
    let matching = matching.filter(|about| about.key.starts_with(typed));
    let candidates =
        matching.map(|about| CompletionCandidate::new(about.key).help(Some(about.meaning.into())));
    Some(candidates.collect())
}

/// The name of a system, or the file to import from if the system is to be detected.
fn systems_and_files(current: &OsStr) -> Vec<CompletionCandidate> {
    let typed = current.to_str().unwrap_or_default();
    let names = SYSTEMS.iter().map(|system| system.name).chain([JSONL]);
    let systems = names.filter(|name| name.starts_with(typed)).map(CompletionCandidate::new);
    systems.chain(PathCompleter::any().complete(current)).collect()
}
