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

/// A command line with `verify` as its only command: it is built and parsed in a fraction of the
/// time. It accepts nothing that [`Cli`] does not accept; for everything else, `Cli` decides.
#[derive(Debug, Parser)]
#[command(name = "tokctl", bin_name = "tokctl")]
struct VerifyCli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: VerifyCommand,
}

#[derive(Debug, Subcommand)]
enum VerifyCommand {
    Verify(Verify),
}

/// Parses a `verify` command line without building the other commands, which took a quarter of the
/// time of a verification.
fn parse_verify(args: &[OsString]) -> Option<Cli> {
    if !args.iter().any(|arg| arg == "verify") {
        return None;
    }
    // Never freed: the process ends before it needs the memory again.
    let command = Box::leak(Box::new(VerifyCli::command()));
    let matches = command.try_get_matches_from_mut(args).ok()?;
    let VerifyCli { global, command: VerifyCommand::Verify(verify) } =
        VerifyCli::from_arg_matches(&matches).ok()?;
    Some(Cli { global, command: Command::Verify(verify) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn args<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<OsString> {
        ["tokctl"].into_iter().chain(words).map(OsString::from).collect()
    }

    #[test]
    fn only_valid_verify_command_lines_take_the_fast_path() {
        for line in ["verify x", "verify --scope a,b --any-scope -", "--json verify -q --batch -"] {
            assert!(parse_verify(&args(line.split(' '))).is_some(), "{line}");
        }
        for line in [
            "",
            "list",
            "list --name verify",
            "verify x y",
            "verifi x",
            "help verify",
            "verify x --database=",
        ] {
            assert!(parse_verify(&args(line.split(' '))).is_none(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn the_fast_path_gives_the_same_result(
            before in prop::collection::vec(select(&WORDS[..]), 0..3),
            after in prop::collection::vec(select(&WORDS[..]), 0..5),
        ) {
            let args = args(before.into_iter().chain(["verify"]).chain(after));
            let all = Cli::try_parse_from(&args);
            match parse_verify(&args) {
                Some(fast) => prop_assert_eq!(format!("{fast:?}"), format!("{:?}", all.unwrap())),
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
