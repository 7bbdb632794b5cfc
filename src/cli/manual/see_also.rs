//! References to other pages.

use super::names::page_name;
use crate::cli::reference::GROUPS;
use clap::Command;
use clap_mangen::roff::{Inline, Roff, bold, roman};

/// The related pages: for tokctl itself all commands; for a command the page above, those beside
/// and below it, and those of its group.
pub fn see_also(roff: &mut Roff, command: &Command, root: &Command) {
    let pages = if page_name(command) == page_name(root) {
        root.get_subcommands().map(page_name).collect()
    } else {
        related(command, root)
    };
    roff.control("SH", ["SEE ALSO"]);
    let mut line: Vec<Inline> = Vec::new();
    for (i, name) in pages.iter().enumerate() {
        let comma = if i + 1 < pages.len() { ", " } else { "" };
        line.extend([bold(*name), roman(format!("(1){comma}"))]);
    }
    roff.text(line);
}

fn related<'a>(command: &'a Command, root: &'a Command) -> Vec<&'a str> {
    let own = page_name(command);
    let is_above = |top: &&Command| {
        page_name(top) == own || top.get_subcommands().any(|below| page_name(below) == own)
    };
    let mut pages = vec![page_name(root)];
    if let Some(top) = root.get_subcommands().find(is_above) {
        if top.has_subcommands() {
            pages.push(page_name(top));
            pages.extend(top.get_subcommands().map(page_name));
        }
        let group = GROUPS.into_iter().find(|(_, names)| names.contains(&top.get_name()));
        let names = group.into_iter().flat_map(|(_, names)| names);
        pages.extend(names.filter_map(|name| root.find_subcommand(name)).map(page_name));
    }
    let mut once: Vec<&str> = Vec::new();
    for page in pages {
        if page != own && !once.contains(&page) {
            once.push(page);
        }
    }
    once
}
