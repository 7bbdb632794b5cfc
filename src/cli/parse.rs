//! From arguments to a [`Cli`].

use super::app::{Cli, Command};
use super::args::Verify;
use super::global::Global;
use super::help;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;

/// Parses a command line, whose first argument is the name of the program.
///
/// # Errors
///
/// When there is no command to run; [`explain`](super::explain) says what to do instead.
pub fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    if let Some(cli) = parse_verify(args) {
        return Ok(cli);
    }
    match Cli::command().try_get_matches_from(args) {
        Ok(matches) => Cli::from_arg_matches(&matches),
        // Only a reader of help needs the complete help, which takes longer to build.
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            let long = args.iter().any(|arg| arg == "--help" || arg == "help");
            let matches = help::command(long).try_get_matches_from(args)?;
            Cli::from_arg_matches(&matches)
        }
        Err(error) => Err(error),
    }
}

/// What follows `tokctl verify`. It accepts nothing that [`Cli`] does not accept; for everything else,
/// `Cli` decides.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct VerifyLine {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    verify: Verify,
}

/// A line with options before the command: [`Cli`] as if there were no other command.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true)]
struct OptionsFirst {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: OnlyVerify,
}

#[derive(Debug, Subcommand)]
enum OnlyVerify {
    Verify(Verify),
}

/// Parses a line with the command `verify`, from the same definitions as [`Cli`] but without the other
/// commands, which took a quarter of the time of a verification. If it begins with the command, there is
/// no subcommand level, so clap copies nothing between levels, which took 5 %.
fn parse_verify(args: &[OsString]) -> Option<Cli> {
    let [_, first, rest @ ..] = args else { return None };
    if first == "verify" {
        let VerifyLine { global, verify } = parse_as(rest)?;
        return Some(Cli { global, command: Command::Verify(verify) });
    }
    if !rest.iter().any(|word| word == "verify") {
        return None;
    }
    let OptionsFirst { global, command: OnlyVerify::Verify(verify) } = parse_as(args)?;
    Some(Cli { global, command: Command::Verify(verify) })
}

fn parse_as<T: Parser>(args: &[OsString]) -> Option<T> {
    // Never freed: the process ends before it needs the memory again.
    let command = Box::leak(Box::new(T::command()));
    let matches = Box::leak(Box::new(command.try_get_matches_from_mut(args).ok()?));
    T::from_arg_matches_mut(matches).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;
    use std::ops::Range;

    fn args<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<OsString> {
        ["tokctl"].into_iter().chain(words).map(OsString::from).collect()
    }

    #[test]
    fn only_valid_verify_command_lines_take_the_fast_path() {
        for line in [
            "verify x",
            "verify --scope a,b --any-scope -",
            "verify -q --json --batch -",
            "--json verify x",
            "-qy --database=a --format csv verify x --color never",
            "--database verify verify x",
            "--database a -q verify --database b -q x",
            "--json verify --format csv -- verify",
        ] {
            let args = args(line.split(' '));
            let fast = parse_verify(&args).unwrap_or_else(|| panic!("{line}"));
            let all = Cli::try_parse_from(&args).unwrap();
            assert_eq!(format!("{fast:?}"), format!("{all:?}"), "{line}");
        }
        for line in [
            "",
            "list",
            "list --name verify",
            "--json list --name verify",
            "list verify",
            "verify x y",
            "verifi x",
            "help verify",
            "--help verify x",
            "-V verify x",
            "-- verify x",
            "x verify y",
            "--scope a verify x",
            "--database verify x",
            "--json --json verify x",
            "--json --format csv verify x",
            "verify x --database=",
        ] {
            assert!(parse_verify(&args(line.split(' '))).is_none(), "{line}");
        }
    }

    /// Random words, with this many global options for each other word.
    fn words(global: u32, number: Range<usize>) -> impl Strategy<Value = Vec<&'static str>> {
        let word = prop_oneof![global => select(&GLOBAL[..]), 1 => select(&OTHER[..])];
        prop::collection::vec(word, number)
    }

    proptest! {
        #[test]
        fn the_fast_path_gives_the_same_result(
            before in words(4, 0..4),
            after in words(1, 0..5),
        ) {
            let args = args(before.into_iter().chain(["verify"]).chain(after));
            let all = Cli::try_parse_from(&args);
            match parse_verify(&args) {
                Some(fast) => prop_assert_eq!(format!("{fast:?}"), format!("{:?}", all.unwrap())),
                None => prop_assert!(!matches!(all.map(|cli| cli.command), Ok(Command::Verify(_)))),
            }
        }
    }

    /// Options of every command, and values of them.
    const GLOBAL: [&str; 15] = [
        "verify",
        "x",
        "--json",
        "--format",
        "jsonl",
        "--format=csv",
        "-ojson",
        "--database",
        "--database=d",
        "--color",
        "--color=never",
        "-q",
        "--quiet",
        "-qy",
        "--yes",
    ];

    const OTHER: [&str; 16] = [
        "-",
        "--",
        "",
        "list",
        "help",
        "-h",
        "--help",
        "-V",
        "--version",
        "--scope",
        "--scope=a,b",
        "--any-scope",
        "--batch",
        "--source",
        "--agent=curl",
        "--read-database=r",
    ];
}
