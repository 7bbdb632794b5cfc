//! What a shell is told when it completes a command line: commands, options, and what the database
//! has of tokens, users and scopes. It reads, waits for nothing, and never complains.

use crate::cli::Cli;
use crate::name::Escaped;
use crate::settings::Setting;
use crate::store::{self, Store};
use clap::{Arg, Command, CommandFactory};
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use clap_complete::env::Shells;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;

/// The variable by which our scripts ask. It has a name of its own: a `COMPLETE` that somebody sets
/// for another program must not turn `verify` into something that prints and exits with 0.
pub const VARIABLE: &str = "TOKCTL_COMPLETE";

/// How many candidates of one kind are offered.
const MOST: u32 = 200;

/// Answers a shell that asks for completions, as `TOKCTL_COMPLETE=bash tokctl -- WORD…`; returns
/// whether it was one. Anything else is a command line like any other.
pub fn answered(args: &[OsString]) -> bool {
    let Some(shell) = env::var_os(VARIABLE) else { return false };
    let (Some(shell), [_, separator, words @ ..]) = (shell.to_str(), args) else { return false };
    if separator != "--" || words.is_empty() {
        return false;
    }
    let shells = Shells::builtins();
    let Some(completer) = shells.completer(shell) else { return false };
    let source = Rc::new(Source { database: database(words), quoted: shell == "bash" });
    let mut command = offering(Cli::command(), &source);
    command.build();
    let mut text = Vec::new();
    let folder = env::current_dir().ok();
    if completer.write_complete(&mut command, words.to_vec(), folder.as_deref(), &mut text).is_ok()
    {
        // A shell that went away needs no answer.
        let _ = io::stdout().write_all(&text);
    }
    true
}

/// The database that the command line under way, or else the environment, names.
fn database(words: &[OsString]) -> Option<PathBuf> {
    let mut words = words.iter();
    let mut named = None;
    while let Some(word) = words.next() {
        if word == "--database" {
            named = words.next().cloned();
        } else if let Some(path) = word.to_str().and_then(|word| word.strip_prefix("--database=")) {
            named = Some(path.into());
        }
    }
    let path = named.or_else(|| env::var_os("TOKCTL_DATABASE")).filter(|path| !path.is_empty());
    path.map(PathBuf::from).or_else(|| store::default_path().ok())
}

/// Where candidates come from, and what they must look like.
#[derive(Clone)]
struct Source {
    database: Option<PathBuf>,
    /// Whether the shell wants special characters with a backslash.
    quoted: bool,
}

impl Source {
    /// Whatever keeps the database from being read: then there is nothing to offer.
    fn store(&self) -> Option<Store> {
        Store::peek(self.database.as_deref()?).ok()
    }

    fn candidate(&self, value: &str) -> CompletionCandidate {
        let plain = |c: char| c.is_alphanumeric() || "_-.,+@%/".contains(c);
        let mut text = String::new();
        for c in value.chars() {
            if self.quoted && !plain(c) {
                text.push('\\');
            }
            text.push(c);
        }
        CompletionCandidate::new(text)
    }

    /// What was typed so far, as it is meant.
    fn typed(&self, current: &OsStr) -> Option<String> {
        let text = current.to_str()?;
        Some(if self.quoted { text.replace('\\', "") } else { text.to_string() })
    }
}

/// The same commands, with arguments that know their candidates: what a value is called says what
/// it is.
fn offering(command: Command, source: &Rc<Source>) -> Command {
    let ended_too = matches!(command.get_name(), "show" | "log");
    let command = command.mut_args(|arg| match completer(&arg, ended_too, source) {
        Some(completer) => arg.add(completer),
        None => arg,
    });
    command.mut_subcommands(|command| offering(command, source))
}

fn completer(arg: &Arg, ended_too: bool, source: &Rc<Source>) -> Option<ArgValueCompleter> {
    let source = Source::clone(source);
    let with = |find: Find| {
        ArgValueCompleter::new(move |current: &OsStr| {
            let typed = source.typed(current);
            typed.and_then(|typed| find(&source, &typed)).unwrap_or_default()
        })
    };
    let name = arg.get_value_names()?.first()?.as_str();
    match (name, arg.get_id().as_str()) {
        ("TOKEN" | "ID", _) if ended_too => Some(with(all_tokens)),
        ("TOKEN" | "ID", _) => Some(with(tokens)),
        ("USER", _) => Some(with(users)),
        ("SCOPE", _) => Some(with(scopes)),
        ("NAME", "token_name") => Some(with(token_names)),
        ("KEY", "setting") => Some(with(settings)),
        ("SYSTEM", _) => Some(ArgValueCompleter::new(systems)),
        _ => None,
    }
}

type Find = fn(&Source, &str) -> Option<Vec<CompletionCandidate>>;

fn tokens(source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    token_ids(source, typed, false)
}

fn all_tokens(source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    token_ids(source, typed, true)
}

fn token_ids(source: &Source, typed: &str, ended_too: bool) -> Option<Vec<CompletionCandidate>> {
    let found = source.store()?.token_ids_like(typed, ended_too, MOST).ok()?;
    let candidates = found.into_iter().map(|(id, name, user)| {
        let about = format!("{}, {}", Escaped(&name), Escaped(&user));
        CompletionCandidate::new(id.to_string()).help(Some(about.into()))
    });
    Some(candidates.collect())
}

fn token_names(source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let found = source.store()?.token_names_like(typed, MOST).ok()?;
    Some(found.iter().map(|name| source.candidate(name)).collect())
}

fn users(source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let found = source.store()?.user_names_like(typed, MOST).ok()?;
    let candidates = found.into_iter().map(|(name, full_name)| {
        let about = full_name.map(|name| Escaped(&name).to_string().into());
        source.candidate(&name).help(about)
    });
    Some(candidates.collect())
}

fn scopes(source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let found = source.store()?.scopes_like(typed, MOST).ok()?;
    Some(found.iter().map(|scope| source.candidate(scope.as_str())).collect())
}

fn settings(_source: &Source, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let abouts = Setting::ALL.into_iter().map(Setting::about);
    let fitting = abouts.filter(|about| about.key.starts_with(typed));
    let candidate = |about: crate::settings::About| {
        CompletionCandidate::new(about.key).help(Some(about.meaning.into()))
    };
    Some(fitting.map(candidate).collect())
}

/// A system by name, or at once the file to import from.
fn systems(current: &OsStr) -> Vec<CompletionCandidate> {
    let typed = current.to_str().unwrap_or_default();
    let names = crate::import::READERS.iter().map(|reader| reader.name()).chain(["jsonl"]);
    let fitting = names.filter(|name| name.starts_with(typed));
    let systems = fitting.map(CompletionCandidate::new);
    systems.chain(PathCompleter::any().complete(current)).collect()
}
