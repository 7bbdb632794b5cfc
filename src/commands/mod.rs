//! What the commands share: where the database is, how a token is named, and how one asks.

mod backup;
mod batch;
mod complete;
mod completions;
mod create;
mod doctor;
mod export;
mod import;
mod input;
mod interrupt;
mod issue;
mod jsonl;
mod list;
mod log;
mod man;
mod prune;
mod restore;
mod revoke;
mod revoke_all;
mod rotate;
mod settings;
mod show;
mod stats;
mod user;
mod verify;

use crate::cli::{self, Cli, Command, Global, OnlyVerify, TokenArg, VerifyAlone};
use crate::error::{Error, Result};
use crate::name::{Escaped, Name};
use crate::store::{self, NewUser, Store, TokenKey};
use crate::usage;
use crate::view::Output;
use crate::when::Timestamp;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use std::env;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Runs one command line and returns its exit code. Nothing but a good token makes `verify`
/// return 0.
pub fn run(args: impl IntoIterator<Item = OsString>) -> anyhow::Result<u8> {
    forbid_core_dumps();
    let args: Vec<_> = args.into_iter().collect();
    if complete::answered(&args) {
        return Ok(0);
    }
    let cli = match parse(&args) {
        Ok(cli) => cli,
        Err(error) => {
            let text = usage::explain(error, &args)?;
            io::stdout().write_all(text.as_bytes()).map_err(Error::output)?;
            return Ok(0);
        }
    };
    let mut context = Context::new(&cli.global);
    obey(cli.command, &mut context).map_err(|error| match error.downcast::<Error>() {
        Ok(error) => error.pasteable(&context.out.tokctl).into(),
        Err(other) => other,
    })
}

fn obey(command: Command, context: &mut Context) -> anyhow::Result<u8> {
    match command {
        Command::Verify(args) => return verify::run(args, context),
        Command::Create(args) => create::run(args, context)?,
        Command::List(args) => list::run(args, context)?,
        Command::Show(args) => show::run(args, context)?,
        Command::Rotate(args) => rotate::run(args, context)?,
        Command::Log(args) => log::run(args, context)?,
        Command::Stats(args) => stats::run(args, context)?,
        Command::Doctor(args) => return Ok(doctor::run(args, context)?),
        Command::Backup(args) => backup::run(args, context)?,
        Command::Restore(args) => restore::run(args, context)?,
        Command::Export(args) => export::run(args, context)?,
        Command::Revoke(args) => revoke::run(args, context)?,
        Command::RevokeAll(args) => revoke_all::run(args, context)?,
        Command::Import(args) => import::run(args, context)?,
        Command::Prune(args) => prune::run(args, context)?,
        Command::User(args) => user::run(args, context)?,
        Command::Settings(args) => settings::run(args, context)?,
        Command::Completions(args) => completions::run(args, context)?,
        Command::Man(args) => man::run(args, context)?,
    }
    Ok(0)
}

fn parse(args: &[OsString]) -> std::result::Result<Cli, clap::Error> {
    if let Some(cli) = parse_verify(args) {
        return Ok(cli);
    }
    let matches =
        Cli::command().try_get_matches_from(args).or_else(|error| match error.kind() {
            // Whoever reads help has the time for it to be made.
            ErrorKind::DisplayHelp => {
                let long = args.iter().any(|arg| arg == "--help" || arg == "help");
                cli::explained(long).try_get_matches_from(args)
            }
            _ => Err(error),
        })?;
    Cli::from_arg_matches(&matches)
}

/// What most command lines are, without the cost of all the other commands, which was a fourth of
/// what a verification takes.
fn parse_verify(args: &[OsString]) -> Option<Cli> {
    if !args.iter().any(|arg| arg == "verify") {
        return None;
    }
    // The process ends before it would need the memory again.
    let command = Box::leak(Box::new(VerifyAlone::command()));
    let matches = command.try_get_matches_from_mut(args).ok()?;
    let VerifyAlone { global, command: OnlyVerify::Verify(verify) } =
        VerifyAlone::from_arg_matches(&matches).ok()?;
    Some(Cli { global, command: Command::Verify(verify) })
}

/// A core file would hold secrets.
fn forbid_core_dumps() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // Where the kernel refuses, there is nothing better to be done.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// What every command has at hand.
pub struct Context {
    database: Option<PathBuf>,
    yes: bool,
    pub out: Output,
}

impl Context {
    fn new(global: &Global) -> Self {
        let named = global.database.clone().filter(|path| !path.as_os_str().is_empty());
        let tokctl = match &named {
            Some(path) if env::var_os("TOKCTL_DATABASE").as_deref() != Some(path.as_os_str()) => {
                format!("tokctl --database {}", store::shell_quoted(path))
            }
            _ => "tokctl".to_string(),
        };
        Context { database: named, yes: global.yes, out: Output::new(global, tokctl) }
    }

    pub fn path(&self) -> Result<PathBuf> {
        self.database.clone().map_or_else(store::default_path, Ok)
    }

    /// Whether there is anything where the database should be.
    pub fn has_database(&self) -> Result<bool> {
        let path = self.path()?;
        path.try_exists()
            .map_err(|error| Error::unavailable(format!("database {}", path.display()), error))
    }

    /// The database, which must exist.
    pub fn open(&self) -> Result<Store> {
        Store::open(&self.path()?)
    }

    /// The database, if it is there and nothing has it locked.
    fn open_at_once(&self) -> Result<Store> {
        Store::open_at_once(&self.path()?)
    }

    /// The database, made if there is none; its administrator is named after the operating
    /// system's account.
    pub fn open_or_create(&self) -> Result<Store> {
        Store::open_or_create(&self.path()?, first_admin)
    }

    /// Asks for leave to do something that cannot be taken back. Without a terminal only `--yes`
    /// gives it.
    pub fn confirm(&self, question: &str) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(Error::request("this asks first", "there is no terminal to ask at")
                .hint("add --yes if you mean it"));
        }
        eprint!("{} [y/N] ", Escaped(question));
        let mut answer = String::new();
        io::stdin()
            .read_line(&mut answer)
            .map_err(|error| Error::unavailable("cannot read the answer", error))?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Error::request("nothing was done", "the answer was not yes")),
        }
    }
}

/// A file for `--out`, which only this account may read.
fn new_private_file(path: &Path) -> Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    // The umask may have taken bits away from the mode above.
    file.and_then(|file| file.set_permissions(Permissions::from_mode(0o600)).map(|()| file))
        .map_err(|error| {
            Error::request(format!("cannot create {}", path.display()), error)
                .hint("--out wants the name of a file that does not exist yet")
        })
}

/// Whether two paths lead to one file, under whatever names.
fn same_file(a: &Path, b: &Path) -> bool {
    let file = |path| fs::metadata(path).map(|file| (file.dev(), file.ino()));
    matches!((file(a), file(b)), (Ok(a), Ok(b)) if a == b)
}

/// The administrator that a new database begins with.
fn first_admin() -> Result<NewUser> {
    let account = whoami::username()
        .map_err(|error| Error::unavailable("cannot tell whose account this is", error))?;
    let name: Name = account
        .parse()
        .map_err(|why| Error::unavailable("this account's name is of no use here", why))?;
    Ok(NewUser { name, email: None, full_name: None, admin: true, created_at: Timestamp::now() })
}

/// Who is meant by the arguments that name one token.
fn token_key(arg: TokenArg) -> Result<TokenKey> {
    match arg {
        TokenArg { hash: Some(hash), .. } => Ok(TokenKey::Hash(hash)),
        TokenArg { name: Some(name), .. } => Ok(TokenKey::Name(name)),
        TokenArg { token: None, .. } if !io::stdin().is_terminal() => Err(Error::request(
            "no token is named",
            "there is no terminal to ask for its secret at",
        )
        .hint(
            "name it by its id, --name or --hash, or give - and send its secret on standard input",
        )),
        TokenArg { token, .. } => key_of(token),
    }
}

/// An id, or a secret's hash; without an argument it asks for the secret.
fn key_of(token: Option<OsString>) -> Result<TokenKey> {
    if let Some(text) = token.as_ref().and_then(|token| token.to_str()) {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().map(TokenKey::Id).map_err(|_| {
                Error::no("there is no such token", "no id is that large")
                    .hint("`tokctl list --all` shows what there is")
            });
        }
    }
    match input::secret(token)? {
        Some(secret) => Ok(TokenKey::Secret(secret)),
        None => Err(Error::no("there is no such token", "that is neither an id nor a secret")
            .hint("a token's name goes with --name, its SHA-256 with --hash")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn args<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<OsString> {
        ["tokctl"].into_iter().chain(words).map(OsString::from).collect()
    }

    #[test]
    fn what_verify_is_asked_takes_the_short_way() {
        for line in ["verify x", "verify --scope a,b --any-scope -", "--json verify -q --batch -"] {
            assert!(parse_verify(&args(line.split(' '))).is_some(), "{line}");
        }
        for line in ["", "list", "list --name verify", "verify x y", "verifi x", "help verify"] {
            assert!(parse_verify(&args(line.split(' '))).is_none(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_leads_where_the_long_one_does(
            before in prop::collection::vec(select(&WORDS[..]), 0..3),
            after in prop::collection::vec(select(&WORDS[..]), 0..5),
        ) {
            let args = args(before.into_iter().chain(["verify"]).chain(after));
            let all = Cli::try_parse_from(&args);
            match parse_verify(&args) {
                Some(short) => prop_assert_eq!(format!("{short:?}"), format!("{:?}", all.unwrap())),
                None => prop_assert!(!matches!(all.map(|cli| cli.command), Ok(Command::Verify(_)))),
            }
        }
    }

    const WORDS: [&str; 26] = [
        "x",
        "-",
        "--",
        "",
        "verify",
        "list",
        "help",
        "-h",
        "--help",
        "-V",
        "--version",
        "--json",
        "--format",
        "jsonl",
        "--format=csv",
        "--database",
        "--database=d",
        "-q",
        "-qy",
        "--yes",
        "--scope",
        "--scope=a,b",
        "--any-scope",
        "--batch",
        "--source",
        "--agent=curl",
    ];
}
