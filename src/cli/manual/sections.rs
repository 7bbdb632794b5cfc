//! The sections of a page that clap_mangen does not write.

use super::names::page_name;
use crate::cli::help::summary;
use crate::cli::reference::{ENVIRONMENT, EXIT_CODES, FILES, GROUPS};
use clap::Command;
use clap_mangen::roff::{Roff, bold, roman};

/// The environment variables that only some commands read, with their pages.
const SPECIFIC_VARIABLES: [(&str, &str); 3] = [
    ("TOKCTL_USER", "tokctl-create"),
    ("TOKCTL_USER", "tokctl-import"),
    ("API_TOKEN_SALT", "tokctl-import"),
];

/// The description of a command, after its summary, which the page has in its name section.
pub fn description(roff: &mut Roff, command: &Command) {
    roff.control("SH", ["DESCRIPTION"]);
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let summary = summary(command.get_about());
    let details = about.strip_prefix(&summary).unwrap_or_default().trim_start();
    if details.is_empty() {
        roff.text([roman(format!("{summary}."))]);
    }
    for (i, paragraph) in details.split("\n\n").enumerate() {
        if i > 0 {
            roff.control("PP", []);
        }
        roff.text([roman(paragraph)]);
    }
}

/// The commands below a command; those of tokctl itself in groups.
pub fn commands(roff: &mut Roff, command: &Command, is_root: bool) {
    if !command.has_subcommands() {
        return;
    }
    roff.control("SH", ["COMMANDS"]);
    if !is_root {
        command.get_subcommands().for_each(|subcommand| listed(roff, subcommand));
        return;
    }
    for (title, names) in GROUPS {
        roff.control("SS", [title]);
        let group = names.iter().filter_map(|name| command.find_subcommand(name));
        group.for_each(|subcommand| listed(roff, subcommand));
    }
}

fn listed(roff: &mut Roff, command: &Command) {
    roff.control("TP", []);
    roff.text([bold(page_name(command)), roman("(1)")]);
    roff.text([roman(summary(command.get_about()))]);
}

/// The exit codes that the command can have.
pub fn exit_status(roff: &mut Roff, command: &Command, root: &Command) {
    let has_all = [page_name(root), "tokctl-verify"].contains(&page_name(command));
    let (is_doctor, is_import) =
        (page_name(command) == "tokctl-doctor", page_name(command) == "tokctl-import");
    let codes = EXIT_CODES.into_iter().filter_map(|(code, meaning)| match code {
        _ if has_all => Some((code, meaning)),
        "0" => Some((code, "Success")),
        "1" if is_doctor => {
            Some((code, "Findings about the database, or with --strict any findings"))
        }
        "1" if is_import => Some((code, "The source has rows, and none of them could be imported")),
        "1" => Some((code, "There is no such token or user")),
        "3" => None,
        _ => Some((code, meaning)),
    });
    definitions(roff, "EXIT STATUS", codes);
}

/// The environment variables that the command reads.
pub fn environment(roff: &mut Roff, command: &Command, root: &Command) {
    let is_read = |(variable, _): &(&str, &str)| {
        let mut pages = SPECIFIC_VARIABLES.into_iter().filter(|(name, _)| name == variable);
        page_name(command) == page_name(root)
            || pages.clone().next().is_none()
            || pages.any(|(_, page)| page == page_name(command))
    };
    definitions(roff, "ENVIRONMENT", ENVIRONMENT.into_iter().filter(is_read));
}

/// The files that every command uses.
pub fn files(roff: &mut Roff) {
    definitions(roff, "FILES", FILES.into_iter());
}

fn definitions<'a>(
    roff: &mut Roff,
    title: &str,
    definitions: impl Iterator<Item = (&'a str, &'a str)>,
) {
    roff.control("SH", [title]);
    for (term, meaning) in definitions {
        roff.control("TP", []);
        roff.text([bold(term)]);
        roff.text([roman(meaning)]);
    }
}

/// The examples of the help: a caption for each, and the line to type.
pub fn examples(roff: &mut Roff, command: &Command) {
    let Some(text) = command.get_after_long_help().map(ToString::to_string) else { return };
    roff.control("SH", ["EXAMPLES"]);
    for (i, line) in text.lines().skip(1).map(str::trim_start).enumerate() {
        if let Some(caption) = line.strip_prefix("# ") {
            if i > 0 {
                roff.control("PP", []);
            }
            roff.text([roman(format!("{caption}:"))]);
        } else {
            roff.control("RS", ["4"]);
            roff.control("nf", []);
            roff.text([bold(line)]);
            roff.control("fi", []);
            roff.control("RE", []);
        }
    }
}
