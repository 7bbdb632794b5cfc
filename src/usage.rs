//! What clap finds wrong with a command line, told like every other failure.

use crate::cli::Cli;
use crate::error::Error;
use crate::name::{Escaped, nearest};
use crate::settings::Setting;
use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error as _;
use std::ffi::OsString;
use std::num::ParseIntError;

/// The text of `--help` or `--version`, if that is what was asked for; else what is wrong.
///
/// clap quotes what it was given, and that may be a secret in the wrong place. Quoted here is
/// only what clap knows by name, and what an option said it cannot take.
pub fn explain(error: clap::Error, args: &[OsString]) -> Result<String, Error> {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Ok(error.render().to_string());
    }
    let text = |kind| error.get(kind).map(strings).unwrap_or_default();
    let names = |kind| text(kind).iter().map(|text| name(text)).collect::<Vec<_>>().join(" and ");
    let argument = names(ContextKind::InvalidArg);
    let value = text(ContextKind::InvalidValue).join("");
    let valid = text(ContextKind::ValidValue).join(", ");
    let prior = names(ContextKind::PriorArg);
    let cause = match error.source() {
        Some(cause) if cause.is::<ParseIntError>() => "give a whole number".to_string(),
        cause => cause.map(ToString::to_string).unwrap_or_default(),
    };
    let told = match error.kind() {
        ErrorKind::UnknownArgument if is_option(&argument) => {
            Error::request(format!("unknown option {argument}"), "this command has no such option")
        }
        ErrorKind::UnknownArgument => {
            Error::request("too many arguments", "this command does not take one more")
        }
        ErrorKind::InvalidSubcommand => {
            Error::request("unknown command", "there is none of that name")
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Error::request("nothing to do", "name a command")
        }
        ErrorKind::MissingRequiredArgument => {
            Error::request("something is missing", format!("this command needs {argument}"))
        }
        ErrorKind::ArgumentConflict if prior.is_empty() => {
            Error::request(format!("{argument} cannot be used here"), "it is given twice")
        }
        ErrorKind::ArgumentConflict => Error::request(
            format!("{argument} cannot be used here"),
            format!("there is {prior} already"),
        ),
        ErrorKind::InvalidUtf8 => Error::request("an argument is not UTF-8", "only text is taken"),
        ErrorKind::InvalidValue if value.is_empty() => {
            Error::request(format!("{argument} needs a value"), "none was given")
        }
        ErrorKind::InvalidValue => Error::request(
            format!("{argument} cannot be {}", shown(&value)),
            format!("it is one of {valid}"),
        ),
        _ if !cause.is_empty() => {
            Error::request(format!("{argument} cannot be {}", shown(&value)), cause)
        }
        _ => Error::request("the command line is wrong", format!("{argument} {}", error.kind())),
    };
    let near =
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    // Keys are ours to know, which clap is not told.
    let key = || match argument.as_str() {
        "<KEY>" => nearest(&value, Setting::ALL.map(Setting::key)).map(str::to_string),
        _ => None,
    };
    // clap names commands that are not near at all, and the likeliest last.
    let mistyped = text(ContextKind::InvalidSubcommand).join("");
    let suggestions = near.into_iter().flat_map(text).collect::<Vec<_>>();
    let suggestion = match error.kind() {
        ErrorKind::InvalidSubcommand => nearest(&mistyped, suggestions),
        ErrorKind::InvalidValue => nearest(&value, suggestions),
        _ => suggestions.into_iter().next_back().or_else(key),
    };
    Err(match suggestion {
        Some(suggestion) => told.hint(format!("did you mean {suggestion}?")),
        None => told.hint(format!("`{}` shows what can be said, with examples", help(args))),
    })
}

/// The command that explains the one that is named in the arguments, the first word there that is a
/// command's and those below it.
fn help(args: &[OsString]) -> String {
    let mut command = Cli::command();
    let mut names = Vec::new();
    for word in args.iter().skip(1).filter_map(|word| word.to_str()) {
        match command.find_subcommand(word).cloned() {
            Some(below) => command = below,
            None if names.is_empty() => continue,
            None => break,
        }
        names.push(word);
    }
    match names.as_slice() {
        [] => "tokctl --help".to_string(),
        names => format!("tokctl help {}", names.join(" ")),
    }
}

/// An argument by its name alone, without the placeholder of its value; of several of which one is
/// needed, all.
fn name(argument: &str) -> String {
    let bare = |text: &str| text.split(" <").next().unwrap_or_default().to_string();
    match argument.strip_prefix('<').and_then(|text| text.strip_suffix('>')) {
        Some(group) if group.contains('|') => {
            group.split('|').map(bare).collect::<Vec<_>>().join(" or ")
        }
        _ => bare(argument),
    }
}

/// Whether an unknown argument is an option by its looks, and so fit to be quoted.
fn is_option(argument: &str) -> bool {
    let short = argument.len() == 2 && argument.starts_with('-');
    let long = argument.len() <= 32
        && argument.starts_with("--")
        && argument[2..].bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    short || long
}

/// A value, made safe to show and cut off; nothing of what could be a secret.
fn shown(value: &str) -> String {
    const LONGEST: usize = 40;
    let long = value.chars().nth(LONGEST).is_some();
    let start: String = value.chars().take(if long { 8 } else { LONGEST }).collect();
    format!("\"{}{}\"", Escaped(&start), if long { "…" } else { "" })
}

fn strings(value: &ContextValue) -> Vec<String> {
    match value {
        ContextValue::String(text) => vec![text.clone()],
        ContextValue::Strings(texts) => texts.clone(),
        ContextValue::StyledStr(text) => vec![text.to_string()],
        _ => Vec::new(),
    }
}
