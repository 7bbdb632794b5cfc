//! From arguments to a [`Cli`].

use super::app::{Cli, Command};
use super::args::Verify;
use super::global::Global;
use super::help;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser};
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

/// Parses a line that begins with `tokctl verify`, from the same definitions as [`Cli`] but without the
/// other commands, which took a quarter of the time of a verification. Without a level for commands,
/// nothing is copied from level to level, which took 5 %.
fn parse_verify(args: &[OsString]) -> Option<Cli> {
    let [_, command, rest @ ..] = args else { return None };
    if command != "verify" {
        return None;
    }
    // Never freed: the process ends before it needs the memory again.
    let command = Box::leak(Box::new(VerifyLine::command()));
    let matches = Box::leak(Box::new(command.try_get_matches_from_mut(rest).ok()?));
    let VerifyLine { global, verify } = VerifyLine::from_arg_matches_mut(matches).ok()?;
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
        for line in ["verify x", "verify --scope a,b --any-scope -", "verify -q --json --batch -"] {
            assert!(parse_verify(&args(line.split(' '))).is_some(), "{line}");
        }
        for line in [
            "",
            "list",
            "list --name verify",
            "--json verify x",
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
            before in prop::collection::vec(select(&WORDS[..]), 0..2),
            after in prop::collection::vec(select(&WORDS[..]), 0..5),
        ) {
            let args = args(before.into_iter().chain(["verify"]).chain(after));
            let all = Cli::try_parse_from(&args);
            match parse_verify(&args) {
                Some(fast) => prop_assert_eq!(format!("{fast:?}"), format!("{:?}", all.unwrap())),
                // With options before the command, `Cli` decides.
                None if args[1] != "verify" => {}
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
