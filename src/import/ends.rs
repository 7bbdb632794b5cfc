//! Columns that say when or whether a token or a user ends, under every name that applications give
//! them. A missing expiry means "never", and a missing mark means "good": an import must not miss
//! one because of its spelling.

use super::options::Options;

/// What a column says about the end of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The time at which it ends.
    Expiry,
    /// The time at which it ended or will end, or whether it has.
    Expired,
    /// It has ended if this is set: a time, or true. The word says how.
    Mark(&'static str),
    /// It has not begun, which is an end, too, unless this is set: a time, or true.
    Begun,
    /// It has ended unless this is true.
    Active,
    /// It has ended unless this is a word for "active".
    Status,
    /// The name sounds like an end, but not clearly enough.
    Unclear,
}

/// What a row of a table is: a name such as `token_status` speaks of its own row only in one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// A token.
    Token,
    /// A user or another owner.
    Owner,
}

/// What the names of the columns of a table say about the ends of its rows. Columns that say nothing
/// are left out.
pub fn ends_in<'a>(columns: &[&'a str], kind: RowKind) -> Vec<(&'a str, End)> {
    let meanings: Vec<_> =
        columns.iter().filter_map(|column| Some((*column, end_of(column, kind)?))).collect();
    let understood: Vec<_> = meanings
        .iter()
        .filter(|(_, end)| *end != End::Unclear)
        .filter_map(|(column, _)| words(column).iter().find_map(|word| stem_of(word)))
        .collect();
    // Who revoked a token, and why, only describes an end that another column tells.
    let is_description = |column: &str| {
        let words = words(column);
        let describes = words.last().is_some_and(|last| DESCRIPTIONS.contains(&last.as_str()));
        let stem = words.iter().find_map(|word| stem_of(word));
        describes && stem.is_some_and(|stem| understood.contains(&stem))
    };
    let is_kept = |(column, end): &(&str, End)| *end != End::Unclear || !is_description(column);
    meanings.into_iter().filter(is_kept).collect()
}

/// Whether a column of a table of users tells that the e-mail address was verified: a time, or true.
/// Other names, such as `verified`, are a badge in many applications: they only count for a system
/// that has them in `also`.
pub fn says_verified(column: &str, also: &[&str]) -> bool {
    VERIFIED.contains(&words(column).concat().as_str())
        || also.iter().any(|name| is_same_name(name, column))
}

/// Whether the name of a column of tokens speaks of a limit to what a token may do.
pub fn says_limit(column: &str) -> bool {
    const LIMITS: &[&str] = &[
        "scope",
        "scopes",
        "ability",
        "abilities",
        "permission",
        "permissions",
        "role",
        "roles",
        "privilege",
        "privileges",
        "grants",
        "capability",
        "capabilities",
        "allowed",
        "restricted",
        "restrictions",
    ];
    let words = words(column);
    words.iter().any(|word| LIMITS.contains(&word.as_str())) || words.concat().contains("readonly")
}

/// Whether two names are the same but for upper and lower case, underscores and the like.
pub fn is_same_name(one: &str, other: &str) -> bool {
    words(one).concat() == words(other).concat()
}

/// Whether the operator says that a column is no end.
pub fn is_ignored(options: &Options, table: &str, column: &str) -> bool {
    options.ignore_columns.iter().any(|ignored| is_name_of(ignored, table, column))
}

/// Whether `COLUMN` or `TABLE.COLUMN` names a column.
pub fn is_name_of(name: &str, table: &str, column: &str) -> bool {
    match name.split_once('.') {
        Some((of, name)) => of == table && is_same_name(name, column),
        None => is_same_name(name, column),
    }
}

const VERIFIED: &[&str] = &[
    "emailverifiedat",
    "emailverified",
    "emailverifiedon",
    "isemailverified",
    "emailconfirmedat",
    "emailconfirmed",
    "emailconfirmedon",
    "isemailconfirmed",
];

/// Names of an expiry, in one word.
const EXPIRIES: &[&str] = &[
    "exp",
    "expat",
    "expdate",
    "exptime",
    "expires",
    "expiresat",
    "expireson",
    "expire",
    "expireat",
    "expireon",
    "expiretime",
    "expiredate",
    "expiredat",
    "expiredon",
    "expiry",
    "expiryat",
    "expirydate",
    "expirytime",
    "expiration",
    "expirationat",
    "expirationdate",
    "expirationtime",
    "dateexpires",
    "dateexpired",
    "dateexpiration",
    "validuntil",
    "validto",
    "validtill",
    "validthru",
    "validthrough",
    "activeuntil",
    "usableuntil",
    "until",
    "endsat",
    "endat",
    "enddate",
    "notafter",
];

/// Words that mark an end.
const MARKS: &[&str] = &[
    "revoked",
    "deleted",
    "disabled",
    "blocked",
    "banned",
    "suspended",
    "deactivated",
    "inactivated",
    "inactive",
    "invalidated",
    "invalid",
    "terminated",
    "locked",
    "trashed",
    "removed",
    "withdrawn",
    "cancelled",
    "canceled",
    "closed",
    "blacklisted",
    "archived",
    "frozen",
    "retired",
    "destroyed",
    "erased",
    "expired",
    "discarded",
    "voided",
    "purged",
    "compromised",
];

/// Words that say that a row has not ended.
const ACTIVE: &[&str] = &["active", "enabled", "valid", "usable"];

/// Names, in one word, that say the same of an account.
const MAY_LOG_IN: &[&str] = &["canlogin", "loginenabled"];

/// Words that say that a row has begun.
const BEGUN: &[&str] = &["activated", "approved"];

/// Names, in one word, that speak of a beginning, of a life, or of the opposite of one of the others.
const UNCLEAR: &[&str] = &[
    "notbefore",
    "nbf",
    "startsat",
    "startat",
    "startdate",
    "starttime",
    "validfrom",
    "activefrom",
    "maxage",
    "timetolive",
    "endtime",
];

/// What speaks of an end wherever in a name it is: `accountnonlocked`, `dtexpires`.
const STRONG: &[&str] = &[
    "expir",
    "revok",
    "revoc",
    "delet",
    "disabl",
    "banned",
    "suspend",
    "deactiv",
    "inactiv",
    "terminat",
    "blacklist",
    "discard",
    "purg",
    "compromis",
    "locked",
    "nonactive",
    "archiv",
    "cancel",
    "trash",
    "until",
    "lifetime",
    "lifespan",
    "validity",
    "endsat",
    "status",
];

/// The beginnings of words that may say that a row has ended.
const STEMS: &[&str] = &[
    "expir",
    "revo",
    "delet",
    "disabl",
    "block",
    "bann",
    "suspen",
    "deactiv",
    "inactiv",
    "invalid",
    "terminat",
    "lock",
    "trash",
    "remov",
    "withdraw",
    "cancel",
    "close",
    "blacklist",
    "archiv",
    "frozen",
    "freeze",
    "retire",
    "destroy",
    "erase",
    "kill",
    "obsolete",
    "discard",
    "void",
    "purg",
    "compromis",
];

/// Whole words that may say that a row has ended.
const WORDS: &[&str] = &[
    "ban", "until", "till", "ends", "end", "ended", "ttl", "lifetime", "lifespan", "validity",
    "active", "enabled", "valid", "usable", "status",
];

/// What speaks of a time at which something ends, and not of an end that has been.
const TIMES: &[&str] =
    &["expir", "until", "till", "ends", "endsat", "end", "ttl", "lifetime", "lifespan", "validity"];

/// Last words of columns that describe something and mark nothing by themselves.
const DESCRIPTIONS: &[&str] = &["by", "reason", "message", "note", "notes", "comment", "ip", "id"];

/// First words of columns of users that speak of something else than the row: of one's password, or
/// of a code that was sent.
const OTHER_THINGS: &[&str] = &[
    "password",
    "reset",
    "remember",
    "otp",
    "totp",
    "mfa",
    "two",
    "verification",
    "verify",
    "confirmation",
    "activation",
    "session",
    "code",
    "pin",
    "last",
    "email",
    "phone",
];

fn end_of(column: &str, kind: RowKind) -> Option<End> {
    let all = words(column);
    let own: &[&str] = match kind {
        RowKind::Token => &["token", "api", "access", "key"],
        RowKind::Owner => &["user", "account", "member", "admin"],
    };
    let about = all.iter().position(|word| !own.contains(&word.as_str())).unwrap_or(0);
    let words = &all[about..];
    let name = words.concat();
    let understood = without(own, &name).into_iter().find_map(meaning_of);
    understood.or_else(|| is_unclear(words, kind).then_some(End::Unclear))
}

/// A name, and what is left of it without one after another of these nouns before it, and without an
/// `is` before those: PostgreSQL makes `isuseractive` of `isUserActive`.
fn without<'a>(nouns: &[&str], name: &'a str) -> Vec<&'a str> {
    let mut names = vec![name];
    let mut rest = name.strip_prefix("is").unwrap_or(name);
    if !nouns.iter().any(|noun| rest.starts_with(noun)) {
        rest = name;
    }
    while let Some(shorter) = nouns.iter().find_map(|noun| rest.strip_prefix(noun)) {
        names.push(shorter);
        rest = shorter;
    }
    names
}

/// What a name in one word says.
fn meaning_of(name: &str) -> Option<End> {
    if EXPIRIES.contains(&name) {
        return Some(End::Expiry);
    }
    if name == "expired" {
        return Some(End::Expired);
    }
    if let Some(mark) = MARKS.iter().find(|mark| is_form_of(name, mark)) {
        return Some(End::Mark(mark));
    }
    if is_form_of(name, "del") {
        return Some(End::Mark("deleted"));
    }
    let is_active = |word: &&str| name == *word || name.strip_prefix("is") == Some(word);
    if ACTIVE.iter().any(is_active) || MAY_LOG_IN.contains(&name) {
        return Some(End::Active);
    }
    if BEGUN.iter().any(|word| is_form_of(name, word)) {
        return Some(End::Begun);
    }
    if ["status", "state"].contains(&name) {
        return Some(End::Status);
    }
    UNCLEAR.contains(&name).then_some(End::Unclear)
}

/// `revoked`, `is_revoked`, `revoked_at`, `revoked_on`, `revoked_date`, `revoked_flag`,
/// `date_revoked`, `soft_deleted`.
fn is_form_of(name: &str, mark: &str) -> bool {
    let suffix = name.strip_prefix(mark);
    let prefix = name.strip_suffix(mark);
    suffix.is_some_and(|suffix| ["", "at", "on", "date", "time", "flag"].contains(&suffix))
        || prefix.is_some_and(|prefix| ["is", "was", "soft", "date", "has"].contains(&prefix))
}

/// Whether a name that is not understood speaks of an end, or of a state.
fn is_unclear(words: &[String], kind: RowKind) -> bool {
    let name = words.concat();
    let last = words.last().map_or("", String::as_str);
    let is_state = last == "state" && words.len() > 1;
    let mut said: Vec<_> = words.iter().filter_map(|word| stem_of(word)).collect();
    said.extend(STRONG.iter().filter(|stem| name.contains(*stem)));
    if said.is_empty() {
        return is_state;
    }
    let is_positive = |stem: &&str| ACTIVE.contains(stem);
    // `active_team_id`, `enabled_by`: nothing is said to end. A `lock_version` counts changes.
    let describes_life = DESCRIPTIONS.contains(&last) && said.iter().all(is_positive);
    let is_of_other_thing = match kind {
        RowKind::Owner => {
            is_of_other_thing(words)
                && said.iter().all(|stem| is_positive(stem) || TIMES.contains(stem))
        }
        RowKind::Token => {
            words.first().is_some_and(|first| first == "last") && said.iter().all(is_positive)
        }
    };
    is_state || !is_of_other_thing && !describes_life && name != "lockversion"
}

/// Whether a name begins with a word for something else than the row, also where the words are not
/// told apart.
fn is_of_other_thing(words: &[String]) -> bool {
    let is_long = |other: &&&str| other.len() > 4;
    match words {
        [name] => OTHER_THINGS.iter().filter(is_long).any(|other| name.starts_with(other)),
        [first, ..] => OTHER_THINGS.contains(&first.as_str()),
        [] => false,
    }
}

/// What a word says about an end, so that two words can be compared.
fn stem_of(word: &str) -> Option<&'static str> {
    let stem = STEMS.iter().find(|stem| word.starts_with(*stem));
    // "revo" is of revoke and revocation.
    let stem = stem.or_else(|| WORDS.iter().find(|whole| word == **whole)).copied();
    stem.map(|stem| if stem == "ban" { "bann" } else { stem })
}

/// The words of a name in lower case: `expiresAt`, `EXPIRES_AT` and `expires-at` have the same. A
/// byte order mark, which the first column of a table made from a CSV file can begin with, is none.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = ' ';
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        if c.is_alphanumeric() {
            let next_is_lower = characters.peek().is_some_and(|next| next.is_lowercase());
            let starts_word = c.is_uppercase() && (!previous.is_uppercase() || next_is_lower)
                || !previous.is_alphanumeric();
            if starts_word {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        previous = c;
    }
    words
}

/// What a status says; `None`: the word is not known.
pub fn is_active_status(status: &str) -> Option<bool> {
    const GOOD: &[&str] =
        &["active", "activated", "enabled", "valid", "ok", "approved", "confirmed", "verified"];
    let status = status.trim().to_lowercase();
    let is_end = || {
        let ends = MARKS.iter().chain(&["pending", "rejected", "denied", "dead", "off"]);
        ends.into_iter().any(|word| *word == status)
    };
    if GOOD.contains(&status.as_str()) {
        Some(true)
    } else if is_end() {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(column: &str, kind: RowKind) -> Option<End> {
        ends_in(&[column], kind).first().map(|(_, end)| *end)
    }

    #[test]
    fn names_are_compared_without_case_and_underscores() {
        for name in
            ["expires_at", "expiresAt", "ExpiresAt", "EXPIRES_AT", "expires-at", "expiresat"]
        {
            assert!(is_same_name(name, "expires_at"), "{name}");
            assert_eq!(end(name, RowKind::Token), Some(End::Expiry), "{name}");
        }
        assert_eq!(words("IDUsuario"), ["id", "usuario"]);
        assert_eq!(words("\u{feff}id"), ["id"]);
        assert_eq!(words("isAPIKeyRevoked"), ["is", "api", "key", "revoked"]);
        assert!(!is_same_name("expires_at", "expired_at"));
    }

    #[test]
    fn ends_are_known_under_many_names() {
        for column in
            ["expired_at", "expire_at", "valid_until", "token_expires", "validTo", "expiry"]
        {
            assert_eq!(end(column, RowKind::Token), Some(End::Expiry), "{column}");
        }
        for (column, word) in [
            ("deleted_at", "deleted"),
            ("deletedAt", "deleted"),
            ("is_deleted", "deleted"),
            ("soft_deleted", "deleted"),
            ("revoked", "revoked"),
            ("revokedOn", "revoked"),
            ("date_revoked", "revoked"),
            ("isDisabled", "disabled"),
            ("is_expired", "expired"),
            ("token_revoked", "revoked"),
        ] {
            assert_eq!(end(column, RowKind::Token), Some(End::Mark(word)), "{column}");
        }
        for column in ["active", "isActive", "is_enabled", "enabled", "is_valid"] {
            assert_eq!(end(column, RowKind::Owner), Some(End::Active), "{column}");
        }
        for column in ["activated", "is_activated", "activatedAt", "account_activated"] {
            assert_eq!(end(column, RowKind::Owner), Some(End::Begun), "{column}");
        }
        for column in ["status", "state", "account_status", "userState"] {
            assert_eq!(end(column, RowKind::Owner), Some(End::Status), "{column}");
        }
    }

    #[test]
    fn what_may_be_an_end_is_not_passed_over() {
        for column in [
            "expires_in",
            "revocation",
            "lifetime",
            "ttl",
            "locked_until",
            "ban",
            "is_not_revoked",
            "kill_date",
            "trial_ends_at",
            "deletion_requested_at",
            "revoked_by",
            "ban_reason",
            "active_flag",
            "refresh_token_expires_at",
            "ended",
        ] {
            assert_eq!(end(column, RowKind::Token), Some(End::Unclear), "{column}");
        }
        assert_eq!(end("api_token_expires_at", RowKind::Owner), Some(End::Unclear));
    }

    #[test]
    fn words_that_are_not_told_apart_are_found() {
        let deleted = End::Mark("deleted");
        for (column, rows, expected) in [
            ("tokenexpiresat", RowKind::Token, End::Expiry),
            ("apitokenexpiresat", RowKind::Token, End::Expiry),
            ("exp", RowKind::Token, End::Expiry),
            ("token_exp_at", RowKind::Token, End::Expiry),
            ("tokenrevoked", RowKind::Token, End::Mark("revoked")),
            ("accessrevoked", RowKind::Token, End::Mark("revoked")),
            ("userstatus", RowKind::Owner, End::Status),
            ("accountstatus", RowKind::Owner, End::Status),
            ("accountlocked", RowKind::Owner, End::Mark("locked")),
            ("userdisabled", RowKind::Owner, End::Mark("disabled")),
            ("useractive", RowKind::Owner, End::Active),
            ("isuseractive", RowKind::Owner, End::Active),
            ("is_account_locked", RowKind::Owner, End::Mark("locked")),
            ("isTokenRevoked", RowKind::Token, End::Mark("revoked")),
            ("is_del", RowKind::Owner, deleted),
            ("del", RowKind::Owner, deleted),
            ("delFlag", RowKind::Owner, deleted),
            ("deleted_flag", RowKind::Owner, deleted),
            ("discarded_at", RowKind::Token, End::Mark("discarded")),
            ("is_usable", RowKind::Token, End::Active),
            ("can_login", RowKind::Owner, End::Active),
            ("approved_at", RowKind::Owner, End::Begun),
        ] {
            assert_eq!(end(column, rows), Some(expected), "{column}");
        }
    }

    #[test]
    fn states_and_beginnings_are_unclear() {
        for column in [
            "status_code",
            "status_id",
            "record_status",
            "employeestatus",
            "payment_status",
            "home_state",
            "not_before",
            "starts_at",
            "start_date",
            "valid_from",
            "max_age",
            "time_to_live",
            "endtime",
            "end_time",
            "nonactive",
            "accountnonlocked",
            "dtexpires",
            "banuntil",
            "trialendsat",
            "isAPIKeyNotRevoked",
            "email_blocked",
            "phone_banned",
            "session_blocked",
            "code_disabled",
        ] {
            for rows in [RowKind::Token, RowKind::Owner] {
                assert_eq!(end(column, rows), Some(End::Unclear), "{column}, {rows:?}");
            }
        }
        for column in ["session_expires_at", "email_enabled"] {
            assert_eq!(end(column, RowKind::Token), Some(End::Unclear), "{column}");
        }
        assert_eq!(ends_in(&["status", "status_message"], RowKind::Owner).len(), 1);
    }

    #[test]
    fn other_columns_say_nothing_about_an_end() {
        for column in [
            "id",
            "name",
            "token",
            "created_at",
            "last_used_at",
            "last_active",
            "last_active_at",
            "lastactive",
            "two_factor_enabled",
            "email_notifications_enabled",
            "reset_password_expires",
            "passwordexpiresat",
            "unlock_token",
            "estate",
            "password_expires_at",
            "reset_token_expires_at",
            "resetPasswordExpires",
            "bank_account",
            "two_factor_expires_at",
            "active_team_id",
            "lock_version",
            "email_verified_at",
            "blog",
            "abilities",
            "extension",
            "friends",
            "gender",
            "calendar",
            "used",
            "confirmed",
        ] {
            assert_eq!(end(column, RowKind::Owner), None, "{column}");
        }
    }

    #[test]
    fn a_description_of_an_end_needs_the_end() {
        let ends = ends_in(&["revoked_at", "revoked_by", "revocation_reason"], RowKind::Token);
        assert_eq!(ends, [("revoked_at", End::Mark("revoked"))]);
        let ends = ends_in(&["banned", "ban_reason", "deleted_by"], RowKind::Owner);
        assert_eq!(ends, [("banned", End::Mark("banned")), ("deleted_by", End::Unclear)]);
    }

    #[test]
    fn addresses_are_verified_under_many_names() {
        for column in ["email_verified_at", "isEmailVerified", "email_confirmed"] {
            assert!(says_verified(column, &[]), "{column}");
        }
        for column in ["email", "verification_code", "verified", "isVerified", "confirmed_at"] {
            assert!(!says_verified(column, &[]), "{column}");
        }
        assert!(says_verified("isVerified", &["is_verified"]));
    }
}
