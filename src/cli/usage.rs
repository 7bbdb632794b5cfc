//! Command lines that name no command to run: requests for help, and usage errors.

use super::help;
use super::named::NamedCommand;
use super::quote::{is_command_name, is_option_name, shown};
use super::synonyms;
use crate::domain::setting::Setting;
use crate::error::Error;
use crate::text::suggest::nearest;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error as _;
use std::ffi::OsString;

/// What to do about a command line that names no command to run.
#[derive(Debug)]
pub enum Outcome {
    /// Help or the version was requested: print this on standard output, exit with 0.
    Help(String),
    /// No command was given: print this short help on standard error, exit with 2.
    NoCommand(String),
    /// The command line is wrong: report this.
    Error(Error),
}

/// What to do about a command line that [`parse`](super::parse()) did not accept.
///
/// clap quotes what it was given, which may be a secret in the wrong place. The error here quotes
/// only names that clap knows, words that cannot be secrets, and the start of invalid values.
pub fn explain(error: &clap::Error, args: &[OsString]) -> Outcome {
    let mistake = Mistake::new(error, args);
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Outcome::Help(error.render().to_string())
        }
        ErrorKind::MissingSubcommand if !mistake.incomplete_command().contains(' ') => {
            Outcome::NoCommand(help::text::<&str>(&[], false))
        }
        _ => Outcome::Error(mistake.error_with_hint()),
    }
}

/// What clap finds wrong with a command line.
struct Mistake<'a> {
    error: &'a clap::Error,
    command: NamedCommand,
}

impl<'a> Mistake<'a> {
    fn new(error: &'a clap::Error, args: &[OsString]) -> Self {
        let unknown = texts(error, ContextKind::InvalidSubcommand).next();
        Mistake { error, command: NamedCommand::find(args, unknown.as_deref()) }
    }

    fn error_with_hint(&self) -> Error {
        let hint = match self.suggestion() {
            Some(suggestion) => format!("did you mean {suggestion}?"),
            None => format!("`{}` prints usage and examples", self.command.help_command()),
        };
        self.as_error().hint(hint)
    }

    fn as_error(&self) -> Error {
        let argument = self.text(ContextKind::InvalidArg);
        match self.error.kind() {
            ErrorKind::UnknownArgument => self.unexpected_argument(&argument),
            ErrorKind::InvalidSubcommand => self.unknown_command(),
            ErrorKind::MissingSubcommand => self.missing_subcommand(),
            ErrorKind::MissingRequiredArgument => Error::request(
                "the following required arguments were not provided",
                self.missing_arguments(),
            ),
            ErrorKind::ArgumentConflict => self.conflict(&argument),
            ErrorKind::InvalidUtf8 => Error::request("invalid argument", "it is not valid UTF-8"),
            ErrorKind::TooManyValues => {
                Error::request(format!("unexpected value for '{argument}'"), "it takes no value")
            }
            ErrorKind::InvalidValue if self.value().is_empty() => {
                let why = format!("a value is required for '{argument}' but none was supplied");
                Error::request("missing value", why)
            }
            ErrorKind::InvalidValue => {
                let values = self.texts(ContextKind::ValidValue).collect::<Vec<_>>().join(", ");
                self.invalid_value(&argument, &format!("possible values are {values}"))
            }
            ErrorKind::ValueValidation => {
                let cause = self.error.source().map(ToString::to_string).unwrap_or_default();
                self.invalid_value(&argument, &cause)
            }
            other => Error::request("invalid usage", other),
        }
    }

    fn unexpected_argument(&self, argument: &str) -> Error {
        let name = self.command.quoted_name();
        if argument.starts_with('-') {
            let what = if is_option_name(argument) {
                format!("unexpected argument '{argument}'")
            } else {
                "unexpected argument".to_string()
            };
            return Error::request(what, format!("{name} has no such option"));
        }
        let taken = match self.command.command.get_positionals().count() {
            0 => "no arguments".to_string(),
            1 => "only one argument".to_string(),
            count => format!("only {count} arguments"),
        };
        Error::request("unexpected argument", format!("{name} takes {taken}"))
    }

    fn unknown_command(&self) -> Error {
        let typed = self.text(ContextKind::InvalidSubcommand);
        let what = if is_command_name(&typed) {
            format!("unknown command '{typed}'")
        } else {
            "unknown command".to_string()
        };
        Error::request(what, format!("{} has no such command", self.command.quoted_name()))
    }

    /// The command that lacks a subcommand: `tokctl` or `tokctl user`.
    fn incomplete_command(&self) -> String {
        self.text(ContextKind::InvalidSubcommand)
    }

    fn missing_subcommand(&self) -> Error {
        let names = self.texts(ContextKind::ValidSubcommand).filter(|name| name != "help");
        let what = format!("'{}' requires a subcommand", self.incomplete_command());
        Error::request(what, listed(names))
    }

    fn missing_arguments(&self) -> String {
        let missing = self.texts(ContextKind::InvalidArg).map(|argument| alternatives(&argument));
        missing.collect::<Vec<_>>().join(", ")
    }

    fn conflict(&self, argument: &str) -> Error {
        let others = self.texts(ContextKind::PriorArg).filter(|other| other != argument);
        let others: Vec<_> = others.map(|other| format!("'{other}'")).collect();
        match others.as_slice() {
            [] => Error::request(
                "repeated argument",
                format!("the argument '{argument}' cannot be used multiple times"),
            ),
            others => Error::request(
                "conflicting arguments",
                format!("the argument '{argument}' cannot be used with {}", others.join(" and ")),
            ),
        }
    }

    fn invalid_value(&self, argument: &str, why: &str) -> Error {
        Error::request(format!("invalid value '{}' for '{argument}'", shown(&self.value())), why)
    }

    /// What was probably meant, as it is typed. A wrong guess is worse than none.
    fn suggestion(&self) -> Option<String> {
        match self.error.kind() {
            ErrorKind::InvalidSubcommand => {
                let (typed, above) =
                    (self.text(ContextKind::InvalidSubcommand), &self.command.command);
                let names = above.get_subcommands().map(|command| command.get_name());
                let known = synonyms::command(above, &typed);
                known.or_else(|| nearest(&typed, names)).map(str::to_string)
            }
            ErrorKind::UnknownArgument => {
                let argument = self.text(ContextKind::InvalidArg);
                let typed = argument.strip_prefix("--")?;
                let options: Vec<_> = self.command.options().collect();
                let known = synonyms::option(typed, &options);
                known.or_else(|| nearest(typed, options)).map(|option| format!("--{option}"))
            }
            ErrorKind::InvalidValue => nearest(&self.value(), self.texts(ContextKind::ValidValue)),
            // clap does not know the settings.
            ErrorKind::ValueValidation if self.text(ContextKind::InvalidArg) == "<KEY>" => {
                nearest(&self.value(), Setting::ALL.map(Setting::key)).map(str::to_string)
            }
            _ => None,
        }
    }

    fn value(&self) -> String {
        self.text(ContextKind::InvalidValue)
    }

    fn text(&self, kind: ContextKind) -> String {
        self.texts(kind).next().unwrap_or_default()
    }

    fn texts(&self, kind: ContextKind) -> impl Iterator<Item = String> + use<> {
        texts(self.error, kind)
    }
}

fn texts(error: &clap::Error, kind: ContextKind) -> impl Iterator<Item = String> + use<> {
    let texts = match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    texts.into_iter()
}

/// One of several arguments that must be given, from clap's `<TOKEN|--hash <HEX>>`.
fn alternatives(argument: &str) -> String {
    let group = argument.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
    match group.filter(|group| group.contains('|')) {
        Some(group) => listed(group.split('|').map(|text| {
            if text.starts_with('-') { text.to_string() } else { format!("<{text}>") }
        })),
        None => argument.to_string(),
    }
}

/// `add, list or show`.
fn listed(texts: impl Iterator<Item = String>) -> String {
    let texts: Vec<_> = texts.collect();
    match texts.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        texts => texts.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::parse::parse;

    const SECRET: &str = "tok_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";
    const HEXADECIMAL: &str = "0123456789abcdef0123456789abcdef01234567";

    fn outcome(line: &str) -> Outcome {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let args = args.into_iter().filter(|arg| !arg.is_empty());
        let args: Vec<_> = [OsString::from("tokctl")].into_iter().chain(args).collect();
        explain(&parse(&args).unwrap_err(), &args)
    }

    fn error(line: &str) -> Error {
        match outcome(line) {
            Outcome::Error(error) => error,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn usage_errors_say_what_is_wrong_and_why() {
        for (line, expected) in USAGE_ERRORS {
            assert_eq!(error(line).to_string(), *expected, "{line}");
        }
    }

    const USAGE_ERRORS: &[(&str, &str)] = &[
        ("list --frob", "unexpected argument '--frob': 'tokctl list' has no such option"),
        ("list -x", "unexpected argument '-x': 'tokctl list' has no such option"),
        ("list --FROB", "unexpected argument: 'tokctl list' has no such option"),
        ("list a", "unexpected argument: 'tokctl list' takes no arguments"),
        ("show 1 2", "unexpected argument: 'tokctl show' takes only one argument"),
        ("import a b c", "unexpected argument: 'tokctl import' takes only 2 arguments"),
        ("frob", "unknown command 'frob': 'tokctl' has no such command"),
        ("frob list", "unknown command 'frob': 'tokctl' has no such command"),
        ("user frob", "unknown command 'frob': 'tokctl user' has no such command"),
        ("Frob7", "unknown command: 'tokctl' has no such command"),
        ("settings --json", "'tokctl settings' requires a subcommand: list, get, set or unset"),
        ("backup", "the following required arguments were not provided: <FILE>"),
        (
            "revoke",
            "the following required arguments were not provided: \
                 <TOKEN>, --hash <HEX> or --name <NAME>",
        ),
        (
            "create --no-scopes --scope a",
            "conflicting arguments: \
                 the argument '--no-scopes' cannot be used with '--scope <SCOPE>'",
        ),
        (
            "list --limit 1 --limit 2",
            "repeated argument: the argument '--limit <N>' cannot be used multiple times",
        ),
        (
            "create --name",
            "missing value: a value is required for '--name <NAME>' but none was supplied",
        ),
        ("list --all=x", "unexpected value for '--all': it takes no value"),
        ("list --database=", "invalid value '' for '--database <DATABASE>': cannot be empty"),
        (
            "create --database -",
            "invalid value '-' for '--database <DATABASE>': \
                 must be a file, not a stream; ./- is a file of this name",
        ),
        (
            "create --count 0",
            "invalid value '0' for '--count <N>': must be a whole number from 1 to 1000000",
        ),
        (
            "list --status live",
            "invalid value 'live' for '--status <STATUS>': \
                 possible values are active, expired, unused, revoked, banned",
        ),
    ];

    #[test]
    fn no_command_prints_the_short_help() {
        for line in ["", "--json", "-q", "--database list"] {
            let Outcome::NoCommand(text) = outcome(line) else { panic!("{line}") };
            assert!(text.contains("Usage: tokctl") && !text.contains("Examples:"), "{text}");
        }
    }

    #[test]
    fn help_is_no_error() {
        for line in ["--help", "-h", "help", "help list", "list --help", "user help", "--version"] {
            assert!(matches!(outcome(line), Outcome::Help(_)), "{line}");
        }
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        let suggestion = |line: &str| {
            let args: Vec<_> =
                ["tokctl"].into_iter().chain(line.split(' ')).map(OsString::from).collect();
            Mistake::new(&parse(&args).unwrap_err(), &args).suggestion()
        };
        for (line, expected) in [
            ("craete", Some("create")),
            ("user ad", None),
            ("user lits", Some("list")),
            ("list --stauts active", Some("--status")),
            ("list --jsno", Some("--json")),
            ("create --nmae x", Some("--name")),
            ("--vresion", Some("--version")),
            ("list --status actve", Some("active")),
            ("list --status x", None),
            ("settings get max-expire", Some("max-expires")),
            ("settings get x", None),
            ("list --frob", None),
            ("xyzzy", None),
            // Words of other programs.
            ("delete 1", Some("revoke --delete")),
            ("user rm bob", Some("remove")),
            ("user rename bob", Some("edit")),
            ("log --tail 5", Some("--limit")),
            ("create --ttl 3d", Some("--expires")),
            ("list --output json", Some("--format")),
            ("create --output x", None),
            // No guess leads from something harmless to something that destroys.
            ("restart", None),
            ("remote", None),
            ("print", None),
            ("verify --tail x", None),
            ("list --force", None),
            ("revoke 1 --force", None),
            ("create --force", None),
        ] {
            assert_eq!(suggestion(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn what_may_be_a_secret_is_not_quoted() {
        for secret in [SECRET, &SECRET[4..], &SECRET[..44], HEXADECIMAL] {
            for line in LINES_WITH_A_SECRET {
                let error = format!("{:?}", error(&line.replace("{}", secret)));
                let quoted = (9..secret.len()).any(|end| error.contains(&secret[end - 9..end]));
                assert!(!quoted, "{line}: {error}");
            }
        }
    }

    const LINES_WITH_A_SECRET: &[&str] = &[
        "{}",
        "help {}",
        "user {}",
        "list {}",
        "show 1 {}",
        "--{}",
        "list --{}",
        "list --all={}",
        "list --{}=x",
        "verify x -{}",
        "list --status {}",
        "list --format {}",
        "list --limit {}",
        "list --database x --unused-for {}",
        "settings get {}",
        "settings set {} x",
        "show --hash x{}",
        "create --expires {}",
    ];
}
