//! The command that a command line names, if only to tell what is wrong with it.

use super::app::Cli;
use clap::{Command, CommandFactory};
use std::ffi::OsString;

/// The command that a command line names, as far as it names one.
pub struct NamedCommand {
    pub command: Command,
    /// Its name and those of the commands above it.
    path: Vec<String>,
    /// The long names of the options of every command.
    global_options: Vec<String>,
}

impl NamedCommand {
    /// The first argument that is the name of a command, and the names of commands below it, before
    /// the argument `unknown` if there is one.
    pub fn find(args: &[OsString], unknown: Option<&str>) -> Self {
        let mut command = Cli::command();
        let global = command.get_arguments().filter(|arg| arg.is_global_set());
        let global_options = global.filter_map(|arg| arg.get_long()).map(str::to_string).collect();
        let mut path = Vec::new();
        let words = args.iter().skip(1).filter_map(|word| word.to_str());
        for word in words.take_while(|word| Some(*word) != unknown) {
            match command.find_subcommand(word).cloned() {
                Some(subcommand) => {
                    path.push(subcommand.get_name().to_string());
                    command = subcommand;
                }
                None if path.is_empty() => {}
                None => break,
            }
        }
        NamedCommand { command, path, global_options }
    }

    pub fn is_root(&self) -> bool {
        self.path.is_empty()
    }

    /// `'tokctl user add'`.
    pub fn quoted_name(&self) -> String {
        let subcommands: String = self.path.iter().map(|name| format!(" {name}")).collect();
        format!("'tokctl{subcommands}'")
    }

    /// The command line that prints its help.
    pub fn help_command(&self) -> String {
        match self.path.as_slice() {
            [] => "tokctl --help".to_string(),
            path => format!("tokctl help {}", path.join(" ")),
        }
    }

    /// The long options that it takes, without hyphens.
    pub fn options(&self) -> impl Iterator<Item = String> {
        let own = self.command.get_arguments().filter(|arg| !arg.is_hide_set());
        let own = own.filter_map(|arg| arg.get_long()).map(str::to_string);
        let version = self.is_root().then(|| "version".to_string());
        own.chain(self.global_options.iter().cloned()).chain(["help".to_string()]).chain(version)
    }
}
