//! Values of arguments that completion offers.

use crate::admin::candidates;
use crate::cli::database;
use crate::domain::setting::Setting;
use crate::domain::token::StoredToken;
use crate::import::{JSONL, SYSTEMS};
use crate::store::{Access, Location, Patience, Store};
use crate::text::escape::{Escaped, is_unsafe};
use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use std::env;
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
        // fish takes the quotes off all words but the one that is completed.
        let is_quoted = shell != "fish";
        let database = match database_option(words, is_quoted) {
            Some(text) if text.is_empty() => None,
            named => database::locate(named.map(Location::from)).ok(),
        };
        Source { database, needs_backslashes: is_quoted }
    }

    /// The database, unless anything keeps it from being read now.
    fn store(&self) -> Option<Store> {
        let access = Access { patience: Patience::AtOnce, read_only: true, ..Access::default() };
        Store::open_with(self.database.as_ref()?, access).ok()
    }

    /// A value as the shell inserts it. One that a terminal might act on, or that would be taken for
    /// an option, is not offered.
    fn candidate(&self, value: &str) -> Option<CompletionCandidate> {
        if value.contains(is_unsafe) || value.starts_with('-') {
            return None;
        }
        let is_plain = |c: char| c.is_alphanumeric() || "_-.,+@%/".contains(c);
        // A backslash would keep the shell from finding the home folder.
        let (home, rest) = value.split_at(if value.starts_with("~/") { 2 } else { 0 });
        let mut text = home.to_string();
        for c in rest.chars() {
            if self.needs_backslashes && !is_plain(c) {
                text.push('\\');
            }
            text.push(c);
        }
        Some(CompletionCandidate::new(text))
    }
}

/// The value of `--database` on a command line, as the shell passes it on; the last one counts.
fn database_option(words: &[OsString], is_quoted: bool) -> Option<OsString> {
    let mut words = words.iter();
    let mut value = None;
    while let Some(word) = words.next() {
        if word == "--database" {
            // For bash, the equals sign is a word.
            let next = words.next().filter(|next| *next != "=").or_else(|| words.next());
            value = next.map(|word| match word.to_str() {
                Some(text) => passed_on(text, is_quoted),
                None => word.clone(),
            });
        } else if let Some(text) = word.to_str().and_then(|word| word.strip_prefix("--database=")) {
            value = Some(if is_quoted { unquoted(text).into() } else { text.into() });
        }
    }
    value
}

/// What a shell makes of a word that names a file: `~/` is the home folder.
fn passed_on(word: &str, is_quoted: bool) -> OsString {
    let text = |word: &str| if is_quoted { unquoted(word) } else { word.to_string() };
    match (word.strip_prefix("~/"), env::home_dir()) {
        (Some(rest), Some(home)) => home.join(text(rest)).into(),
        _ => text(word).into(),
    }
}

/// A word without the quotes and backslashes of a shell.
fn unquoted(word: &str) -> String {
    let (mut text, mut quote) = (String::new(), None);
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => text.extend(chars.next()),
            ('\'' | '"', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            _ => text.push(c),
        }
    }
    text
}

/// The same commands, with arguments that complete values from `source`.
pub fn with_values(command: Command, source: &Arc<Source>) -> Command {
    let find_tokens: Find = match command.get_name() {
        "show" | "log" => |source, typed| tokens(source, typed, |_| true),
        "unrevoke" => |source, typed| tokens(source, typed, |token| token.revoked_at.is_some()),
        _ => |source, typed| tokens(source, typed, |token| token.revoked_at.is_none()),
    };
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
        ("SYSTEM", _) => systems_and_files,
        _ => match arg.get_value_hint() {
            ValueHint::AnyPath => |source, typed| paths(source, &PathCompleter::any(), typed),
            ValueHint::FilePath => |source, typed| paths(source, &PathCompleter::file(), typed),
            _ => return None,
        },
    };
    let source = Arc::clone(source);
    Some(ArgValueCompleter::new(move |current: &OsStr| {
        let typed = current.to_str().map(unquoted);
        typed.and_then(|typed| find(&source, &typed)).unwrap_or_default()
    }))
}

/// Finds the values that begin with what was typed; `None` when there is nothing to read.
type Find = fn(&Source, &str) -> Option<Vec<CompletionCandidate>>;

fn tokens(
    source: &Source,
    typed: &str,
    is_offered: fn(&StoredToken) -> bool,
) -> Option<Vec<CompletionCandidate>> {
    let found = candidates::token_ids(&source.store()?, typed, is_offered, LIMIT).ok()?;
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
fn systems_and_files(source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let names = SYSTEMS.iter().map(|system| system.name).chain([JSONL]);
    let systems = names.filter(|name| name.starts_with(typed)).map(CompletionCandidate::new);
    let files = paths(source, &PathCompleter::any(), typed)?;
    Some(systems.chain(files).collect())
}

fn paths(
    source: &Source,
    completer: &PathCompleter,
    typed: &str,
) -> Option<Vec<CompletionCandidate>> {
    let candidate = |file: CompletionCandidate| {
        Some(source.candidate(file.get_value().to_str()?)?.hide(file.is_hide_set()))
    };
    Some(completer.complete(OsStr::new(typed)).into_iter().filter_map(candidate).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_a_shell_reads_them() {
        for (word, text) in [
            ("plain", "plain"),
            (r"my\ db", "my db"),
            (r#""a 'b' \"c\"""#, "a 'b' \"c\""),
            (r"'a \ b'", r"a \ b"),
            ("'it'\\''s'", "it's"),
            // The quote is still open while the word is typed.
            ("'my d", "my d"),
        ] {
            assert_eq!(unquoted(word), text, "{word}");
        }
    }

    #[test]
    fn the_last_database_counts() {
        let option = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            database_option(&words, true)
        };
        assert_eq!(option(&["list"]), None);
        assert_eq!(option(&["--database", "a", "list", "--database=b"]), Some("b".into()));
        assert_eq!(option(&["--database", "=", "a"]), Some("a".into()));
        assert_eq!(option(&["--database=~/a"]), Some("~/a".into()));
        let home = env::home_dir().unwrap();
        assert_eq!(option(&["--database", r"~/my\ db"]), Some(home.join("my db").into()));
        assert_eq!(option(&["--database", "'~/a'"]), Some("~/a".into()));
    }
}
