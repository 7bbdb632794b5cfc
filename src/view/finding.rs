//! What `doctor` finds, why it matters, and the commands that fix it.

use super::record::{Cell, Heading, Record, Tone};
use crate::admin::{Check, Finding, Fix};
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::text::escape::is_unsafe;
use crate::text::shell::{quote, quote_path};
use serde::{Serialize, Serializer};
use std::path::Path;

/// A finding as it is printed.
pub struct FindingView<'a> {
    /// What was found.
    pub finding: &'a Finding,
    /// How to call this program on the same database, ready for a shell.
    pub tokctl: &'a str,
}

impl FindingView<'_> {
    /// Commands that fix it, ready to be pasted into a shell; none if no command can, or if one
    /// would need a path that cannot be pasted.
    pub fn commands(&self) -> Vec<String> {
        match &self.finding.fix {
            Fix::Chmod { mode, path } => chmod(mode, path).into_iter().collect(),
            // A path that is escaped in it no longer names the database.
            _ if is_escaped(self.tokctl) => Vec::new(),
            Fix::None => Vec::new(),
            Fix::Revoke { reason } => {
                let ids = self.ids(" ");
                vec![format!("{} revoke {ids} --reason {}", self.tokctl, quote(reason))]
            }
            Fix::Prune => vec![format!("{} prune", self.tokctl)],
        }
    }

    /// The check, its tokens and its commands, as lines that can be pasted into a shell; `None` if
    /// there is nothing to say besides the row of the table.
    pub fn block(&self) -> Option<String> {
        let Finding { check, count, ids, .. } = self.finding;
        let commands = self.commands();
        if ids.is_empty() && commands.is_empty() {
            return None;
        }
        let tokens = match ids.len() as u64 {
            0 => String::new(),
            1 if *count == 1 => format!(": token {}", self.ids("")),
            named if named == *count => format!(": tokens {}", self.ids(", ")),
            named => format!(": tokens {} ({named} of {count})", self.ids(", ")),
        };
        let lines = commands.iter().map(|command| format!("{command}\n"));
        Some(format!("\n# {}{tokens}\n{}", check.name(), lines.collect::<String>()))
    }

    /// The same as an error, if something is wrong with the database.
    pub fn error(&self) -> Option<Error> {
        if !self.finding.check.is_database() {
            return None;
        }
        let error = Error::database(self.why());
        Some(match self.commands().first() {
            Some(command) => error.hint(format!("run `{command}`")),
            None => error,
        })
    }

    fn ids(&self, separator: &str) -> String {
        self.finding.ids.iter().map(i64::to_string).collect::<Vec<_>>().join(separator)
    }

    fn why(&self) -> String {
        let text = match &self.finding.check {
            Check::FilePermissions => {
                "other accounts can read or write the file, which holds hashes, names and the \
                 policy"
            }
            Check::FolderPermissions => "other accounts can replace the database file",
            Check::HardLinks => {
                "the file has other names (hard links); its use under two names corrupts it, so \
                 delete the others"
            }
            Check::Integrity { first } => {
                return format!("the file is corrupt ({first}); restore a backup");
            }
            Check::ForeignKeys => "rows refer to rows that do not exist; restore a backup",
            Check::Schema { version } => {
                return format!(
                    "the schema differs from version {version}, so another program or a person changed \
                     it; undo that change"
                );
            }
            Check::Clock => {
                "rows are dated in the future, so the clock is or was wrong, and expiries may be \
                 wrong, too; set the clock, or check those rows"
            }
            Check::NoExpiry => "a leaked token that never expires stays valid until it is revoked",
            Check::Everything => "tokens with the scope * can do everything",
            Check::NeverUsed | Check::Unused if self.finding.fix == Fix::None => {
                "no use is recorded, but accounts that only read the database can use these tokens \
                 without a record"
            }
            Check::NeverUsed => {
                "tokens that were not used in their first 30 days may be unnecessary"
            }
            Check::Unused => "tokens that were not used for 90 days may be unnecessary",
            Check::BannedOwner => {
                "the tokens of a banned user become valid again when the ban is lifted"
            }
            Check::Expired => {
                "tokens that expired more than 30 days ago only take up space; run prune every night"
            }
            Check::Policy => "the settings do not allow new tokens like these",
        };
        text.to_string()
    }
}

fn chmod(mode: &str, path: &Path) -> Option<String> {
    let can_be_pasted = path.to_str().is_some_and(|path| !path.contains(is_unsafe));
    can_be_pasted.then(|| format!("chmod {mode} {}", quote_path(path)))
}

/// Whether a command line contains a path that had to be escaped: with [`is_unsafe`] characters, or
/// not in UTF-8.
fn is_escaped(tokctl: &str) -> bool {
    tokctl.contains("\\u{") || tokctl.contains(char::REPLACEMENT_CHARACTER)
}

impl Serialize for FindingView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            part: &'static str,
            check: &'static str,
            count: u64,
            why: String,
            commands: Vec<String>,
            ids: &'a [i64],
        }
        let Finding { check, count, ids, .. } = self.finding;
        // Scripts rely on these two words.
        let part = if check.is_database() { "database" } else { "estate" };
        let (check, count) = (check.name(), *count);
        Fields { part, check, count, why: self.why(), commands: self.commands(), ids }
            .serialize(serializer)
    }
}

impl Record for FindingView<'_> {
    const HEADINGS: &'static [Heading] = &[
        Heading::fixed("PART"),
        Heading::fixed("CHECK"),
        Heading::fixed("COUNT"),
        Heading::wrapped("WHY IT MATTERS"),
    ];
    const KEYS: &'static [&'static str] = &["part", "check", "count", "why", "commands", "ids"];

    fn row(&self, _now: Timestamp) -> Vec<Cell> {
        let Finding { check, count, .. } = self.finding;
        let (part, tone) =
            if check.is_database() { ("database", Tone::Bad) } else { ("tokens", Tone::Warning) };
        vec![
            Cell::text(part),
            Cell::text(check.name()).toned(tone),
            Cell::text(count.to_string()),
            Cell::text(self.why()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::{assert_keys, now};

    fn finding(check: Check, fix: Fix) -> Finding {
        Finding { check, count: 3, ids: vec![4, 5], fix }
    }

    #[track_caller]
    fn assert_commands(check: Check, fix: Fix, tokctl: &str, expected: &[&str]) {
        let finding = finding(check, fix);
        assert_eq!(FindingView { finding: &finding, tokctl }.commands(), expected);
    }

    #[test]
    fn keys_are_those_of_the_json() {
        assert_keys(&FindingView { finding: &finding(Check::Clock, Fix::None), tokctl: "tokctl" });
    }

    #[test]
    fn each_fix_has_its_command() {
        for (check, fix, expected) in [
            (Check::Clock, Fix::None, &[][..]),
            (
                Check::NeverUsed,
                Fix::Revoke { reason: "never used" },
                &["tokctl revoke 4 5 --reason 'never used'"][..],
            ),
            (Check::Expired, Fix::Prune, &["tokctl prune"]),
            (
                Check::FilePermissions,
                Fix::Chmod { mode: "o=", path: "-a b".into() },
                &["chmod o= './-a b'"],
            ),
        ] {
            assert_commands(check, fix, "tokctl", expected);
        }
    }

    #[test]
    fn a_list_of_ids_that_was_cut_says_so() {
        for (count, ids, expected) in [
            (1, vec![4], "\n# policy: token 4\n"),
            (2, vec![4, 5], "\n# policy: tokens 4, 5\n"),
            (110, vec![4, 5], "\n# policy: tokens 4, 5 (2 of 110)\n"),
        ] {
            let finding = Finding { check: Check::Policy, count, ids, fix: Fix::None };
            let view = FindingView { finding: &finding, tokctl: "tokctl" };
            assert_eq!(view.block().as_deref(), Some(expected));
        }
    }

    #[test]
    fn commands_name_the_database() {
        let tokctl = "tokctl --database 'my db'";
        let expected = "tokctl --database 'my db' prune";
        assert_commands(Check::Expired, Fix::Prune, tokctl, &[expected]);
    }

    #[test]
    fn no_command_has_a_path_that_cannot_be_pasted() {
        let chmod = Fix::Chmod { mode: "600", path: "a\u{1b}b".into() };
        assert_commands(Check::FilePermissions, chmod, "tokctl", &[]);
        for path in ["a\u{1b}b", "a\u{fffd}b"] {
            let tokctl = format!("tokctl --database {}", quote(path));
            assert_commands(Check::Expired, Fix::Prune, &tokctl, &[]);
        }
    }

    #[test]
    fn the_parts_of_the_json_are_fixed_words() {
        for (check, part, word) in
            [(Check::Clock, "database", "database"), (Check::Policy, "estate", "tokens")]
        {
            let finding = finding(check, Fix::None);
            let view = FindingView { finding: &finding, tokctl: "tokctl" };
            assert_eq!(serde_json::to_value(&view).unwrap()["part"], part);
            assert_eq!(view.row(now())[0].text, word);
        }
    }
}
