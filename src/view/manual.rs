//! A command's page of the manual, made from `cli.rs` alone.

use crate::cli::{ENVIRONMENT, EXIT_CODES, FILES, GROUPS, first_line};
use clap::{Arg, ArgAction, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use std::io;

/// What the day of a page is; a page changes when its command does.
const DATE: &str = "2026-11-22";

/// The variables that only some commands look at.
const OF_ONE_COMMAND: [(&str, &str); 2] =
    [("TOKCTL_USER", "tokctl-create"), ("API_TOKEN_SALT", "tokctl-import")];

/// `tokctl-user-add`.
fn name_of(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// `tokctl-user-add.1`.
pub fn file_name(command: &Command) -> String {
    format!("{}.1", name_of(command))
}

/// The page of `command`, one of those below `root`, both built.
pub fn page(command: &Command, root: &Command) -> io::Result<Vec<u8>> {
    let version = root.get_version().unwrap_or_default();
    let title = name_of(command).to_uppercase();
    let is_root = name_of(command) == name_of(root);
    let own = command.clone().mut_args(|arg| {
        let elsewhere = arg.is_global_set() && !is_root;
        // A heading on its own page would only part what belongs together.
        if elsewhere { arg.hide(true) } else { arg.help_heading(None) }
    });
    let man = Man::new(own)
        .title(title)
        .date(DATE)
        .source(format!("tokctl {version}"))
        .manual("tokctl manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    let mut roff = Roff::default();
    synopsis(&mut roff, command);
    roff.to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    let mut roff = Roff::default();
    if is_root {
        groups(&mut roff, root);
    } else {
        below(&mut roff, command);
    }
    roff.to_writer(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut roff = Roff::default();
    if !is_root {
        roff.control("PP", []);
        let (name, rest) = (name_of(root), "(1) has the options that every command takes.");
        roff.text([bold(name), roman(rest)]);
    }
    exit_status(&mut roff, command, root);
    environment(&mut roff, command, root);
    terms(&mut roff, "FILES", FILES.iter().copied());
    examples(&mut roff, command);
    see_also(&mut roff, command, root);
    roff.to_writer(&mut page)?;
    Ok(tidied(&String::from_utf8_lossy(&page)).into_bytes())
}

/// The same page without what the pieces that it is made of repeat, empty lines, and lines that
/// are longer than 80 bytes.
fn tidied(page: &str) -> String {
    const LONGEST: usize = 80;
    let mut tidied = String::new();
    let mut verbatim = false;
    let mut started = false;
    for line in page.lines().map(str::trim_end) {
        match line {
            ".nf" => verbatim = true,
            ".fi" => verbatim = false,
            _ => {}
        }
        started |= line.starts_with(".TH");
        let repeated = started && (line.starts_with(".ie ") || line.starts_with(".el "));
        if line.is_empty() || line == ".br" || repeated {
            continue;
        }
        if verbatim || line.starts_with('.') {
            tidied.push_str(line);
            tidied.push('\n');
            continue;
        }
        let mut length = 0;
        for (i, word) in line.split(' ').enumerate() {
            // A line that begins with one of these would be a request.
            let request = word.starts_with(['.', '\'']);
            if i > 0 {
                let full = length + 1 + word.len() > LONGEST && !request && !word.is_empty();
                tidied.push(if full { '\n' } else { ' ' });
                length = if full { 0 } else { length + 1 };
            }
            tidied.push_str(word);
            length += word.len();
        }
        tidied.push('\n');
    }
    tidied
}

/// The command with the options that are its own.
fn synopsis(roff: &mut Roff, command: &Command) {
    roff.control("SH", ["SYNOPSIS"]);
    let mut line = vec![bold(command.get_bin_name().unwrap_or_else(|| command.get_name()))];
    let shown = |arg: &&Arg| !arg.is_hide_set() && arg.get_id() != "help";
    let is_root = command.get_name() == command.get_bin_name().unwrap_or_default();
    let own = |arg: &&Arg| is_root || !arg.is_global_set();
    for arg in command.get_arguments().filter(shown).filter(own) {
        let (before, after) = if arg.is_required_set() { (" ", "") } else { (" [", "]") };
        line.push(roman(before));
        if let Some(long) = arg.get_long() {
            line.push(bold(format!("--{long}")));
        }
        if arg.is_positional() || arg.get_action().takes_values() {
            let space = if arg.is_positional() { "" } else { " " };
            let values = arg.get_value_names().unwrap_or_default().join(" ");
            line.extend([roman(space), italic(values)]);
        }
        line.push(roman(after));
        if matches!(arg.get_action(), ArgAction::Append) {
            line.push(roman("..."));
        }
    }
    if command.has_subcommands() {
        line.extend([roman(" "), italic("COMMAND"), roman(" ...")]);
    }
    roff.text(line);
}

fn terms<'a>(roff: &mut Roff, title: &str, terms: impl Iterator<Item = (&'a str, &'a str)>) {
    roff.control("SH", [title]);
    for (term, meaning) in terms {
        roff.control("TP", []);
        roff.text([bold(term)]);
        roff.text([roman(meaning)]);
    }
}

fn about(command: &Command) -> String {
    first_line(command.get_about())
}

fn groups(roff: &mut Roff, root: &Command) {
    roff.control("SH", ["COMMANDS"]);
    for (title, names) in GROUPS {
        roff.control("SS", [title]);
        for command in names.iter().filter_map(|name| root.find_subcommand(name)) {
            listed(roff, command);
        }
    }
}

fn below(roff: &mut Roff, command: &Command) {
    if command.has_subcommands() {
        roff.control("SH", ["COMMANDS"]);
        command.get_subcommands().for_each(|command| listed(roff, command));
    }
}

fn listed(roff: &mut Roff, command: &Command) {
    roff.control("TP", []);
    roff.text([bold(name_of(command)), roman("(1)")]);
    roff.text([roman(about(command))]);
}

fn exit_status(roff: &mut Roff, command: &Command, root: &Command) {
    let whole = [name_of(root), "tokctl-verify"].contains(&name_of(command));
    let codes = EXIT_CODES.into_iter().filter_map(|(code, meaning)| match (whole, code) {
        (true, _) => Some((code, meaning)),
        (false, "0") => Some((code, "Done")),
        (false, "1") if name_of(command) == "tokctl-doctor" => {
            Some((code, "There are findings: in the database, or with --strict any"))
        }
        (false, "1") => Some((code, "There is no such token or user")),
        (false, "3") => None,
        (false, _) => Some((code, meaning)),
    });
    terms(roff, "EXIT STATUS", codes);
}

fn environment(roff: &mut Roff, command: &Command, root: &Command) {
    let counts = |(variable, _): &(&str, &str)| {
        let only = OF_ONE_COMMAND.into_iter().find(|(name, _)| name == variable);
        name_of(command) == name_of(root)
            || only.is_none_or(|(_, command_of_it)| command_of_it == name_of(command))
    };
    terms(roff, "ENVIRONMENT", ENVIRONMENT.into_iter().filter(counts));
}

/// The examples of the help: what for, and the line to type.
fn examples(roff: &mut Roff, command: &Command) {
    let Some(text) = command.get_after_long_help().map(ToString::to_string) else { return };
    roff.control("SH", ["EXAMPLES"]);
    for (i, line) in text.lines().skip(1).map(str::trim_start).enumerate() {
        match line.strip_prefix("# ") {
            Some(what) => {
                if i > 0 {
                    roff.control("PP", []);
                }
                roff.text([roman(format!("{what}:"))]);
            }
            None => {
                roff.control("RS", ["4"]);
                roff.control("nf", []);
                roff.text([bold(line)]);
                roff.control("fi", []);
                roff.control("RE", []);
            }
        }
    }
}

/// The page above, those below, and the commands that people come to for the same.
fn see_also(roff: &mut Roff, command: &Command, root: &Command) {
    let own = name_of(command);
    let mut names: Vec<String> = Vec::new();
    if own == name_of(root) {
        names.extend(root.get_subcommands().map(|command| name_of(command).to_string()));
    } else {
        names.push(name_of(root).to_string());
        let top = root.get_subcommands().find(|top| {
            name_of(top) == own || top.get_subcommands().any(|below| name_of(below) == own)
        });
        let family = top.into_iter().filter(|top| top.has_subcommands());
        names.extend(family.flat_map(|top| {
            std::iter::once(top).chain(top.get_subcommands()).map(|c| name_of(c).to_string())
        }));
        let group = GROUPS
            .into_iter()
            .find(|(_, names)| top.is_some_and(|top| names.contains(&top.get_name())));
        let mates = group.into_iter().flat_map(|(_, names)| names);
        let mates = mates.filter_map(|name| root.find_subcommand(name));
        names.extend(mates.map(|command| name_of(command).to_string()));
    }
    let mut seen = Vec::new();
    names.retain(|name| {
        name != own && !seen.contains(name) && {
            seen.push(name.clone());
            true
        }
    });
    roff.control("SH", ["SEE ALSO"]);
    let mut line: Vec<Inline> = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let comma = if i + 1 < names.len() { ", " } else { "" };
        line.extend([bold(name.as_str()), roman(format!("(1){comma}"))]);
    }
    roff.text(line);
}
