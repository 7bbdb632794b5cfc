//! What `doctor` finds, why it matters, and the commands that fix it.

use super::record::{Cell, Heading, Record, Tone};
use crate::admin::{Check, Finding, Fix, PlannedRotation};
use crate::domain::time::Timestamp;
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
    /// would need a path or a name that cannot be pasted.
    pub fn commands(&self) -> Vec<String> {
        match &self.finding.fix {
            Fix::Chmod { mode, path } => chmod(mode, path).into_iter().collect(),
            // A path that is escaped in it no longer names the database.
            _ if is_escaped(self.tokctl) => Vec::new(),
            Fix::None => Vec::new(),
            Fix::Revoke { ids, .. } if ids.is_empty() => Vec::new(),
            Fix::Revoke { ids, reason } => vec![self.revoke(ids, reason)],
            Fix::RevokeUnused { days } => {
                vec![self.command(&format!("revoke-all --everyone --unused-for {days}d --yes"))]
            }
            Fix::RevokeAllOf { users } => {
                let users = users.iter().filter(|user| !user.contains(is_unsafe));
                users.map(|user| self.revoke_all_of(user)).collect()
            }
            Fix::Rotate(rotations) => rotations.iter().map(|each| self.rotate(each)).collect(),
            Fix::Prune => vec![self.command("prune --grace 0s")],
        }
    }

    fn command(&self, arguments: &str) -> String {
        format!("{} {arguments}", self.tokctl)
    }

    fn revoke(&self, ids: &[i64], reason: &str) -> String {
        let ids: Vec<_> = ids.iter().map(i64::to_string).collect();
        self.command(&format!("revoke {} --reason {}", ids.join(" "), quote(reason)))
    }

    fn revoke_all_of(&self, user: &str) -> String {
        // With `=` a name that starts with a hyphen is not taken for an option.
        self.command(&format!("revoke-all --user={} --yes", quote(user)))
    }

    fn rotate(&self, rotation: &PlannedRotation) -> String {
        if rotation.or_revoke {
            return self.revoke(&[rotation.id], self.revocation_reason());
        }
        let expires = rotation.expires.map(|span| format!(" --expires {span}")).unwrap_or_default();
        self.command(&format!("rotate {}{expires} --overlap 7d", rotation.id))
    }

    /// Why a token that cannot be rotated is revoked.
    fn revocation_reason(&self) -> &'static str {
        match self.finding.check {
            Check::NoExpiry => "never expires",
            _ => "violates the policy",
        }
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
                return format!("the schema differs from version {version}; restore a backup");
            }
            Check::Clock => {
                "rows are dated in the future, so the clock is or was wrong, and expiries may be \
                 wrong, too; set the clock, or check those rows"
            }
            Check::NoExpiry => "a leaked token that never expires stays valid until it is revoked",
            Check::Everything => "tokens with the scope * can do everything",
            Check::NeverUsed => {
                "tokens that were never used may be unnecessary, unless they are new"
            }
            Check::Unused => match self.finding.fix {
                Fix::RevokeUnused { days } => {
                    return format!("tokens not used for {days} days are probably unnecessary");
                }
                _ => "tokens not used for a long time are probably unnecessary",
            },
            Check::BannedOwner => {
                "the tokens of a banned user become valid again when the ban is lifted"
            }
            Check::Expired => "expired tokens that are not pruned only take up space",
            Check::Policy => "the settings do not allow new tokens like these",
            Check::SameName => {
                "several active tokens have the same name; a name should identify one token"
            }
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
        struct Fields {
            part: &'static str,
            check: &'static str,
            count: u64,
            why: String,
            commands: Vec<String>,
        }
        let Finding { check, count, .. } = self.finding;
        // Scripts rely on these two words.
        let part = if check.is_database() { "database" } else { "estate" };
        let (check, count) = (check.name(), *count);
        Fields { part, check, count, why: self.why(), commands: self.commands() }
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
    const KEYS: &'static [&'static str] = &["part", "check", "count", "why", "commands"];

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
    use crate::domain::time::Span;
    use crate::view::testing::{assert_keys, now};

    fn finding(check: Check, fix: Fix) -> Finding {
        Finding { check, count: 1, fix }
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
    fn each_fix_has_its_commands() {
        let revoke = |ids| Fix::Revoke { ids, reason: "never used" };
        let rotations = |expires, or_revoke| {
            Fix::Rotate(vec![
                PlannedRotation { id: 1, expires, or_revoke: false },
                PlannedRotation { id: 2, expires, or_revoke },
            ])
        };
        let users = || vec!["O'Brien".to_string(), "-x".to_string()];
        for (check, fix, expected) in [
            (Check::Clock, Fix::None, &[][..]),
            (
                Check::NeverUsed,
                revoke(vec![3, 4]),
                &["tokctl revoke 3 4 --reason 'never used'"][..],
            ),
            (Check::NeverUsed, revoke(vec![]), &[]),
            (
                Check::Unused,
                Fix::RevokeUnused { days: 90 },
                &["tokctl revoke-all --everyone --unused-for 90d --yes"],
            ),
            (
                Check::BannedOwner,
                Fix::RevokeAllOf { users: users() },
                &[
                    r"tokctl revoke-all --user='O'\''Brien' --yes",
                    "tokctl revoke-all --user=-x --yes",
                ],
            ),
            (
                Check::NoExpiry,
                rotations(Some(Span::days(90)), true),
                &[
                    "tokctl rotate 1 --expires 90d --overlap 7d",
                    "tokctl revoke 2 --reason 'never expires'",
                ],
            ),
            (
                Check::Policy,
                rotations(None, true),
                &["tokctl rotate 1 --overlap 7d", "tokctl revoke 2 --reason 'violates the policy'"],
            ),
            (Check::Expired, Fix::Prune, &["tokctl prune --grace 0s"]),
            (
                Check::FilePermissions,
                Fix::Chmod { mode: "600", path: "-a b".into() },
                &["chmod 600 './-a b'"],
            ),
        ] {
            assert_commands(check, fix, "tokctl", expected);
        }
    }

    #[test]
    fn commands_name_the_database() {
        let tokctl = "tokctl --database 'my db'";
        let expected = "tokctl --database 'my db' prune --grace 0s";
        assert_commands(Check::Expired, Fix::Prune, tokctl, &[expected]);
    }

    #[test]
    fn no_command_has_a_path_or_a_name_that_cannot_be_pasted() {
        let chmod = Fix::Chmod { mode: "600", path: "a\u{1b}b".into() };
        assert_commands(Check::FilePermissions, chmod, "tokctl", &[]);
        for path in ["a\u{1b}b", "a\u{fffd}b"] {
            let tokctl = format!("tokctl --database {}", quote(path));
            assert_commands(Check::Expired, Fix::Prune, &tokctl, &[]);
        }
        let users = Fix::RevokeAllOf { users: vec!["a\u{202e}b".into()] };
        assert_commands(Check::BannedOwner, users, "tokctl", &[]);
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
