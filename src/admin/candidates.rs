//! What completion offers while a command line is typed: tokens, users and scopes of a database
//! that begin with the same characters.

use crate::domain::name::lookup_key;
use crate::domain::scope::Scope;
use crate::domain::token::StoredToken;
use crate::store::{Result, Sort, Store, TokenQuery};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// How many of the newest tokens are read for names and scopes, and how many users. A shell waits
/// for the answer.
const MAX_READ: usize = 10_000;

/// A token as a person recognizes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCandidate {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The name of its owner.
    pub owner: String,
}

/// A user as a person recognizes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCandidate {
    /// The name.
    pub name: String,
    /// The full name.
    pub full_name: Option<String>,
}

/// The newest tokens that `is_offered` and whose ids begin with `typed`, at most `limit`.
///
/// # Errors
///
/// When the database cannot be read.
pub fn token_ids(
    store: &Store,
    typed: &str,
    is_offered: impl Fn(&StoredToken) -> bool,
    limit: usize,
) -> Result<Vec<TokenCandidate>> {
    let mut found = Vec::new();
    if limit == 0 || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(found);
    }
    newest_first(store, |token| {
        if is_offered(&token) && token.id.to_string().starts_with(typed) {
            let StoredToken { id, name, owner, .. } = token;
            found.push(TokenCandidate { id, name, owner: owner.name });
        }
        if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(found)
}

/// The names of the newest tokens that begin with `typed`, sorted, at most `limit`.
///
/// # Errors
///
/// When the database cannot be read.
pub fn token_names(store: &Store, typed: &str, limit: usize) -> Result<Vec<String>> {
    let mut names = BTreeSet::new();
    each_of_the_newest(store, |token| {
        if token.name.starts_with(typed) {
            names.insert(token.name);
        }
    })?;
    Ok(names.into_iter().take(limit).collect())
}

/// The users whose names begin with `typed` without regard to case, at most `limit`.
///
/// # Errors
///
/// When the database cannot be read.
pub fn users(store: &Store, typed: &str, limit: usize) -> Result<Vec<UserCandidate>> {
    let key = lookup_key(typed);
    let users = store.read(|rows| rows.user_names(MAX_READ))?;
    let matching = users.into_iter().filter(|(name, _)| lookup_key(name).starts_with(&key));
    let candidates = matching.map(|(name, full_name)| UserCandidate { name, full_name });
    Ok(candidates.take(limit).collect())
}

/// The scopes of the newest tokens that begin with `typed`, sorted, at most `limit`.
///
/// # Errors
///
/// When the database cannot be read.
pub fn scopes(store: &Store, typed: &str, limit: usize) -> Result<Vec<String>> {
    let mut scopes = BTreeSet::new();
    each_of_the_newest(store, |token| {
        let matching = token.scopes.iter().map(Scope::as_str);
        scopes.extend(matching.filter(|scope| scope.starts_with(typed)).map(str::to_string));
    })?;
    Ok(scopes.into_iter().take(limit).collect())
}

/// Reads the newest [`MAX_READ`] tokens.
fn each_of_the_newest(store: &Store, mut each: impl FnMut(StoredToken)) -> Result<()> {
    let mut count = 0;
    newest_first(store, |token| {
        each(token);
        count += 1;
        if count < MAX_READ { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
}

/// Reads tokens, the newest first, until `each` breaks off.
fn newest_first(store: &Store, mut each: impl FnMut(StoredToken) -> ControlFlow<()>) -> Result<()> {
    let query = TokenQuery { sort: Sort::Id, reverse: true, ..TokenQuery::default() };
    store.read(|rows| rows.tokens(&query, &mut each))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::scope::Scopes;
    use crate::domain::time::Timestamp;
    use crate::domain::token::{NewToken, Revocation};
    use crate::store::{Error, NewUserRow};

    /// Tokens 1 to 12 of Alice, with the names and scopes `odd.N` and `even.N`, of which 10 is
    /// revoked; and the users alfred and bob.
    fn store() -> Store {
        let store = Store::in_memory().unwrap();
        store
            .write(|rows| {
                let alice = rows.insert_user(&user("Alice", Some("Alice Example")))?;
                rows.insert_user(&user("alfred", None))?;
                rows.insert_user(&user("bob", None))?;
                for number in 1..=12 {
                    rows.insert_token(&token(alice, number))?;
                }
                let revocation = Revocation { at: Timestamp::now(), reason: None };
                rows.set_revocation(10, Some(&revocation))?;
                Ok::<_, Error>(())
            })
            .unwrap();
        store
    }

    fn user<'a>(name: &'a str, full_name: Option<&'a str>) -> NewUserRow<'a> {
        let created_at = Timestamp::now();
        NewUserRow {
            name,
            email: None,
            full_name,
            email_verified: false,
            admin: false,
            ban: None,
            created_at,
        }
    }

    fn token(user_id: i64, number: u8) -> NewToken {
        let name = format!("{}.{number}", if number.is_multiple_of(2) { "even" } else { "odd" });
        NewToken {
            hash: [number; 32],
            foreign: None,
            hint: "tok_aaaa".into(),
            scopes: Scopes::from_stored(&name),
            name,
            user_id,
            source: "tokctl".into(),
            created_at: Timestamp::now(),
            expires_at: None,
            last_used_at: None,
            revocation: None,
            replaces: None,
        }
    }

    fn ids(typed: &str, limit: usize) -> Vec<i64> {
        let found = token_ids(&store(), typed, |_| true, limit).unwrap();
        found.into_iter().map(|token| token.id).collect()
    }

    #[test]
    fn ids_are_offered_from_the_newest_on_up_to_the_limit() {
        assert_eq!(ids("1", 99), [12, 11, 10, 1]);
        assert_eq!(ids("1", 2), [12, 11]);
        assert_eq!(ids("", 3), [12, 11, 10]);
        assert!(ids("1", 0).is_empty());
        assert!(ids("x", 99).is_empty());
    }

    #[test]
    fn only_wanted_tokens_are_offered() {
        let is_revoked = |token: &StoredToken| token.revoked_at.is_some();
        let found = token_ids(&store(), "1", is_revoked, 99).unwrap();
        assert_eq!(found.iter().map(|token| token.id).collect::<Vec<_>>(), [10]);
    }

    #[test]
    fn tokens_are_described_by_name_and_owner() {
        let found = token_ids(&store(), "7", |_| true, 1).unwrap();
        let expected = TokenCandidate { id: 7, name: "odd.7".into(), owner: "Alice".into() };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn names_and_scopes_are_sorted_and_limited() {
        let store = store();
        assert_eq!(token_names(&store, "odd", 3).unwrap(), ["odd.1", "odd.11", "odd.3"]);
        assert_eq!(scopes(&store, "even", 3).unwrap(), ["even.10", "even.12", "even.2"]);
        assert!(scopes(&store, "Even", 3).unwrap().is_empty());
    }

    #[test]
    fn users_are_offered_regardless_of_case() {
        let found = users(&store(), "AL", 99).unwrap();
        let names: Vec<_> = found.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(names, ["alfred", "Alice"]);
        assert_eq!(found[1].full_name.as_deref(), Some("Alice Example"));
    }
}
