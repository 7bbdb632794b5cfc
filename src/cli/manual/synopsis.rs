//! The synopsis of a page.

use clap::{Arg, ArgAction, Command};
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

/// The command with its own options, and with those of every command only for tokctl itself.
pub fn synopsis(roff: &mut Roff, command: &Command) {
    roff.control("SH", ["SYNOPSIS"]);
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let is_root = command.get_name() == name;
    let is_shown = |arg: &&Arg| {
        !arg.is_hide_set() && arg.get_id() != "help" && (is_root || !arg.is_global_set())
    };
    let mut line = vec![bold(name)];
    for arg in command.get_arguments().filter(is_shown) {
        line.extend(argument(arg));
    }
    if command.has_subcommands() {
        line.extend([roman(" "), italic("COMMAND"), roman(" ...")]);
    }
    roff.text(line);
}

/// ` FILE`, ` [--expires WHEN]` or ` [TOKEN]...`.
fn argument(arg: &Arg) -> Vec<Inline> {
    let (before, after) = if arg.is_required_set() { (" ", "") } else { (" [", "]") };
    let mut text = vec![roman(before)];
    if let Some(long) = arg.get_long() {
        text.push(bold(format!("--{long}")));
    }
    if arg.is_positional() || arg.get_action().takes_values() {
        let space = if arg.is_positional() { "" } else { " " };
        let values = arg.get_value_names().unwrap_or_default().join(" ");
        text.extend([roman(space), italic(values)]);
    }
    text.push(roman(after));
    if matches!(arg.get_action(), ArgAction::Append) {
        text.push(roman("..."));
    }
    text
}
