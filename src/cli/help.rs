//! The help that people read.

use super::app::Cli;
use super::reference::{EXIT_CODES, GROUPS};
use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory};

/// All commands with complete help: grouped, with exit codes, and either short or long in the same
/// layout. To parse, [`Cli::command`](CommandFactory::command) is enough and takes less time.
pub fn command(long: bool) -> Command {
    let command = if long { with_long_help(Cli::command()) } else { Cli::command() };
    let about = if long { "{before-help}" } else { "{about-with-newline}\n" };
    let template = format!("{about}{}", root_template(&command));
    command
        .mut_subcommands(|subcommand| subcommand.hide(true))
        .override_usage("tokctl [OPTIONS] <COMMAND>")
        .help_template(template)
}

/// The help of the command that `words` name below tokctl, as plain text.
pub fn text<S: AsRef<str>>(words: &[S], long: bool) -> String {
    let mut root = command(long);
    root.build();
    let mut words = words.iter().map(AsRef::as_ref);
    let named = words.try_fold(&root, |command, word: &str| command.find_subcommand(word));
    named.unwrap_or(&root).clone().render_help().to_string()
}

/// The line that `--version` prints.
pub fn version() -> String {
    Cli::command().render_version()
}

/// The first paragraph of a description, which is the short one.
pub fn summary(about: Option<&StyledStr>) -> String {
    let text = about.map(ToString::to_string).unwrap_or_default();
    text.split("\n\n").next().unwrap_or_default().to_string()
}

/// The same commands, whose short help is the long one: clap's own layout of long help takes three
/// lines for each option. The short description remains, for the list in the command above.
fn with_long_help(command: Command) -> Command {
    let about = command.get_long_about().or(command.get_about()).cloned().unwrap_or_default();
    let examples = command.get_after_long_help().cloned().unwrap_or_default();
    command
        .before_help(about)
        .long_about(None)
        .help_template("{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}")
        .after_help(examples)
        .after_long_help(None)
        .mut_args(with_long_help_of_arg)
        .mut_subcommands(with_long_help)
}

fn with_long_help_of_arg(arg: Arg) -> Arg {
    let help = arg.get_long_help().or(arg.get_help()).cloned().unwrap_or_default();
    arg.help(help).long_help(None)
}

/// The layout of the help of tokctl itself, from its usage on.
fn root_template(command: &Command) -> String {
    let header = *command.get_styles().get_header();
    let literal = *command.get_styles().get_literal();
    let mut text = String::from("{usage-heading} {usage}\n\n");
    for (title, names) in GROUPS {
        text.push_str(&format!("{header}{title}:{header:#}\n"));
        // Cargo features leave commands out.
        let is_built = |name: &&&str| **name == "help" || command.find_subcommand(name).is_some();
        for name in names.iter().filter(is_built) {
            let about = match command.find_subcommand(name) {
                Some(subcommand) => summary(subcommand.get_about()),
                None => "Print the help of a command, such as tokctl help create".to_string(),
            };
            text.push_str(&format!("  {literal}{name:<12}{literal:#} {about}\n"));
        }
        text.push('\n');
    }
    text.push_str(&format!("{{all-args}}\n\n{header}Exit codes:{header:#}"));
    for (code, meaning) in EXIT_CODES {
        text.push_str(&format!("\n  {literal}{code}{literal:#}  {meaning}"));
    }
    text.push_str("{after-help}");
    text
}
