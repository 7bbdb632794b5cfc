//! Verdicts: a sentence for people, an introspection response (RFC 7662) for programs.

use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::verify::Verdict;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// `valid: CI (7), alice, scopes posts.manage, expires in 29 days`, or why the token is not
/// accepted.
pub fn sentence(verdict: &Verdict, now: Timestamp) -> String {
    match verdict {
        Verdict::Good(grant) => valid(&grant.token, now),
        Verdict::InsufficientScope(_, missing) => {
            format!("insufficient scope: needs {}", words(missing).join(" "))
        }
        Verdict::Malformed => "rejected: malformed".to_string(),
        Verdict::Unknown => "rejected: unknown".to_string(),
        Verdict::Revoked(grant) => {
            let Token { revoked_at, revoked_reason, .. } = &grant.token;
            format!("rejected: revoked{}{}", when(*revoked_at, now), because(revoked_reason))
        }
        Verdict::Banned(grant) => {
            format!("rejected: owner is banned{}", because(&grant.banned_reason))
        }
        Verdict::Expired(grant) => {
            format!("rejected: expired{}", when(grant.token.expires_at, now))
        }
        Verdict::Unused(grant) => {
            let last_used = when(grant.token.last_used_at, now);
            format!("rejected: unused for too long, last used{last_used}")
        }
    }
}

fn valid(token: &Token, now: Timestamp) -> String {
    let scopes = if token.scopes.is_empty() {
        "no scopes".to_string()
    } else {
        format!("scopes {}", token.scopes)
    };
    let expiry = match token.expires_at {
        Some(at) => format!("expires {}", at.relative_to(now)),
        None => "never expires".to_string(),
    };
    format!("valid: {} ({}), {}, {scopes}, {expiry}", token.name, token.id, token.user)
}

/// ` 3 days ago`.
fn when(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map(|at| format!(" {}", at.relative_to(now))).unwrap_or_default()
}

/// `: left the team`.
fn because(reason: &Option<String>) -> String {
    reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()
}

fn words(scopes: &[Scope]) -> Vec<&str> {
    scopes.iter().map(Scope::as_str).collect()
}

/// The introspection response of RFC 7662 §2.2 for a verdict, with `name`, `admin`, `reason` and
/// `missing` as extensions. About a token that was rejected it says nothing but why.
pub struct Introspection<'a>(pub &'a Verdict);

impl Serialize for Introspection<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Introspection(verdict) = self;
        let mut map = serializer.serialize_map(None)?;
        let Some(grant) = verdict.accepted() else {
            map.serialize_entry("active", &false)?;
            map.serialize_entry("reason", &verdict.reason())?;
            return map.end();
        };
        let token = &grant.token;
        let missing = match verdict {
            Verdict::InsufficientScope(_, missing) => words(missing),
            _ => Vec::new(),
        };
        map.serialize_entry("active", &true)?;
        map.serialize_entry("scope", &token.scopes.to_string())?;
        map.serialize_entry("username", &token.user)?;
        map.serialize_entry("token_type", "Bearer")?;
        map.serialize_entry("sub", &grant.user_id.to_string())?;
        map.serialize_entry("jti", &token.id.to_string())?;
        map.serialize_entry("name", &token.name)?;
        map.serialize_entry("iat", &token.created_at.seconds())?;
        map.serialize_entry("exp", &token.expires_at.map(Timestamp::seconds))?;
        map.serialize_entry("admin", &grant.admin)?;
        map.serialize_entry("reason", &verdict.reason())?;
        map.serialize_entry("missing", &missing)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::scope::Scopes;
    use crate::domain::time::Span;
    use crate::verify::Grant;
    use crate::view::testing::{now, token};

    fn grant(token: Token) -> Grant {
        Grant { token, user_id: 1, admin: true, banned_reason: None }
    }

    fn ago(days: i64) -> Option<Timestamp> {
        Some(now().minus(Span::days(days)))
    }

    fn scopes(names: &[&str]) -> Vec<Scope> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn json(verdict: &Verdict) -> String {
        serde_json::to_string(&Introspection(verdict)).unwrap()
    }

    #[test]
    fn a_good_token_is_described() {
        let expires_at = now().plus(Span::days(29));
        let good = Verdict::Good(grant(Token { expires_at, ..token() }));
        let expected = "valid: CI (7), alice, scopes posts.manage, expires in 29 days";
        assert_eq!(sentence(&good, now()), expected);
        let bare = Verdict::Good(grant(Token { scopes: Scopes::default(), ..token() }));
        assert_eq!(sentence(&bare, now()), "valid: CI (7), alice, no scopes, never expires");
    }

    #[test]
    fn every_other_verdict_says_why() {
        let revoked =
            Token { revoked_at: ago(3), revoked_reason: Some("left the team".into()), ..token() };
        let banned = Grant { banned_reason: Some("lost laptop".into()), ..grant(token()) };
        let expired = Token { expires_at: ago(3), ..token() };
        let unused = Token { last_used_at: ago(800), ..token() };
        for (verdict, expected) in [
            (
                Verdict::InsufficientScope(grant(token()), scopes(&["b", "c"])),
                "insufficient scope: needs b c",
            ),
            (Verdict::Malformed, "rejected: malformed"),
            (Verdict::Unknown, "rejected: unknown"),
            (
                Verdict::Revoked(Box::new(grant(revoked))),
                "rejected: revoked 3 days ago: left the team",
            ),
            (Verdict::Banned(Box::new(banned)), "rejected: owner is banned: lost laptop"),
            (Verdict::Banned(Box::new(grant(token()))), "rejected: owner is banned"),
            (Verdict::Expired(Box::new(grant(expired))), "rejected: expired 3 days ago"),
            (
                Verdict::Unused(Box::new(grant(unused))),
                "rejected: unused for too long, last used 2 years ago",
            ),
        ] {
            assert_eq!(sentence(&verdict, now()), expected);
        }
    }

    #[test]
    fn an_accepted_token_is_introspected_in_full() {
        let good = json(&Verdict::Good(grant(token())));
        let expected = r#"{"active":true,"scope":"posts.manage","username":"alice","token_type":"Bearer","sub":"1","jti":"7","name":"CI","iat":1800000000,"exp":null,"admin":true,"reason":null,"missing":[]}"#;
        assert_eq!(good, expected);
        let lacking = json(&Verdict::InsufficientScope(grant(token()), scopes(&["a"])));
        let expected = r#""reason":"insufficient_scope","missing":["a"]}"#;
        assert!(lacking.starts_with(r#"{"active":true,"#) && lacking.ends_with(expected));
    }

    #[test]
    fn nothing_is_revealed_about_a_rejected_token() {
        let expired = Verdict::Expired(Box::new(grant(token())));
        assert_eq!(json(&expired), r#"{"active":false,"reason":"expired"}"#);
        assert_eq!(json(&Verdict::Unknown), r#"{"active":false,"reason":"unknown"}"#);
    }
}
