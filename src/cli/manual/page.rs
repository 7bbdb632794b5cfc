//! A whole page.

use super::names::page_name;
use super::{sections, see_also, synopsis, tidy};
use clap::{ArgAction, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;

/// The date that pages show. A page is not dated by the build, so that the same commands always
/// have the same pages.
const DATE: &str = "2026-11-25";

/// The page of a command below `root`; both must be built.
pub fn page(command: &Command, root: &Command) -> io::Result<Vec<u8>> {
    let is_root = page_name(command) == page_name(root);
    let man = Man::new(with_own_options(command, is_root))
        .title(page_name(command).to_uppercase())
        .date(DATE)
        .source(format!("tokctl {}", root.get_version().unwrap_or_default()))
        .manual("tokctl manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    append(&mut page, |roff| synopsis::synopsis(roff, command))?;
    append(&mut page, |roff| {
        sections::description(roff, command);
        sections::commands(roff, command, is_root);
    })?;
    man.render_options_section(&mut page)?;
    append(&mut page, |roff| {
        if !is_root {
            roff.control("PP", []);
            let rest = "(1) describes the options that every command takes.";
            roff.text([bold(page_name(root)), roman(rest)]);
        }
        sections::exit_status(roff, command, root);
        sections::environment(roff, command, root);
        sections::files(roff);
        sections::examples(roff, command);
        see_also::see_also(roff, command, root);
    })?;
    Ok(tidy::tidy(&String::from_utf8_lossy(&page)).into_bytes())
}

fn append(page: &mut Vec<u8>, write: impl FnOnce(&mut Roff)) -> io::Result<()> {
    let mut roff = Roff::default();
    write(&mut roff);
    roff.to_writer(page)
}

/// The command with the options that its own page describes, all under one heading.
fn with_own_options(command: &Command, is_root: bool) -> Command {
    command.clone().mut_args(|arg| match arg.get_action() {
        _ if arg.is_global_set() && !is_root => arg.hide(true),
        ArgAction::Help => arg.help("Print help (-h prints less)").long_help(None),
        // clap_mangen leaves out the text of an option that the short help hides.
        _ => arg.hide_short_help(false).help_heading(None),
    })
}
