//! Words that people know from other programs (git, gh, kubectl, psql, Unix) for what has another name
//! here. Only a word with the same meaning is one: nobody must be led from something harmless to
//! something that destroys.

use clap::Command;

/// Words for commands: the command above them, the words, and what they are here.
const COMMANDS: &[(&str, &[&str], &str)] = &[
    ("tokctl", &["add", "new", "issue", "generate", "make", "mint"], "create"),
    ("tokctl", &["tokens"], "list"),
    ("tokctl", &["get", "describe", "view", "info"], "show"),
    ("tokctl", &["validate", "introspect", "authenticate"], "verify"),
    ("tokctl", &["regenerate", "replace", "roll"], "rotate"),
    ("tokctl", &["delete", "remove", "rm", "del"], "revoke --delete"),
    ("tokctl", &["disable", "deactivate", "invalidate"], "revoke"),
    ("tokctl", &["gc", "purge", "clean", "cleanup"], "prune"),
    ("tokctl", &["unban"], "user unban"),
    ("tokctl", &["ban", "block", "suspend"], "user ban"),
    ("tokctl", &["users"], "user list"),
    ("tokctl", &["config", "configure", "set"], "settings"),
    ("tokctl", &["audit", "events", "history"], "log"),
    ("tokctl", &["status", "summary"], "stats"),
    ("tokctl", &["check", "health", "fsck"], "doctor"),
    ("tokctl", &["dump"], "export"),
    ("tokctl", &["manual"], "man"),
    ("user", &["create", "new"], "add"),
    ("user", &["ls"], "list"),
    ("user", &["get", "view", "info", "describe"], "show"),
    ("user", &["rename", "update", "modify", "change", "set"], "edit"),
    ("user", &["delete", "rm", "del"], "remove"),
    ("user", &["block", "disable", "suspend", "lock"], "ban"),
    ("user", &["unblock", "enable", "unlock"], "unban"),
    ("settings", &["show", "ls"], "list"),
    ("settings", &["view"], "get"),
    ("settings", &["change", "edit"], "set"),
    ("settings", &["reset", "delete", "remove", "rm"], "unset"),
];

/// Words for options. Each means what it says only in commands that have the option.
const OPTIONS: &[(&[&str], &str)] = &[
    (&["tail", "lines", "last", "head", "max", "top"], "limit"),
    (&["output"], "format"),
    (&["output", "output-file"], "out"),
    (&["db"], "database"),
    (&["silent"], "quiet"),
    (&["colour"], "color"),
    (&["no-confirm", "assume-yes", "non-interactive"], "yes"),
    (&["simulate", "what-if", "noop", "dry"], "dry-run"),
    (&["ttl", "expiry", "expiration", "expires-in", "expires-at", "lifetime"], "expires"),
    (&["owner", "username"], "user"),
    (&["permission", "permissions"], "scope"),
    (&["comment", "message", "note"], "reason"),
    (&["after", "from"], "since"),
    (&["before", "to"], "until"),
    (&["watch"], "follow"),
    (&["errors", "failed"], "failures"),
    (&["order", "order-by", "sort-by"], "sort"),
    (&["desc", "descending"], "reverse"),
    (&["older-than"], "grace"),
    (&["grace"], "overlap"),
    (&["mail"], "email"),
];

/// What a word for a command below `command` is here.
pub fn command(command: &Command, word: &str) -> Option<&'static str> {
    let found = COMMANDS
        .iter()
        .find(|(above, words, _)| *above == command.get_name() && words.contains(&word));
    found.map(|(.., name)| *name)
}

/// What a word for an option is among `options`, unless it can be two of them.
pub fn option(word: &str, options: &[String]) -> Option<String> {
    let has = |name: &str| options.iter().any(|option| option == name);
    let mut found = OPTIONS.iter().filter(|(words, name)| words.contains(&word) && has(name));
    match (found.next(), found.next()) {
        (Some((_, name)), None) => Some((*name).to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::app::Cli;
    use clap::CommandFactory;

    #[test]
    fn every_word_stands_for_something_that_exists_and_is_no_name_itself() {
        let root = Cli::command();
        for (above, words, name) in COMMANDS {
            let above = root.find_subcommand(above).unwrap_or(&root);
            let (mut command, mut names) = (above, name.split(' '));
            names
                .try_for_each(|name| match name.strip_prefix("--") {
                    Some(option) => command
                        .get_arguments()
                        .any(|arg| arg.get_long() == Some(option))
                        .then_some(()),
                    None => command.find_subcommand(name).map(|found| command = found),
                })
                .unwrap_or_else(|| panic!("{name}"));
            for word in *words {
                assert!(above.find_subcommand(word).is_none(), "{word}");
            }
        }
    }

    #[test]
    fn a_word_that_can_mean_two_options_is_none() {
        let options = ["format", "out"].map(String::from);
        assert_eq!(option("output", &options[..1]).as_deref(), Some("format"));
        assert_eq!(option("output", &options), None);
        assert_eq!(option("tail", &options), None);
    }
}
