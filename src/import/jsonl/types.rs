//! The types of lines that `tokctl export` writes, each with exactly its keys.

use crate::store::ExportRow;

/// A type of line that an export has.
struct TypeOfLine {
    name: &'static str,
    /// Its keys besides `type`.
    keys: &'static [&'static str],
    /// The keys that older exports do not have.
    later: &'static [&'static str],
}

const TYPES: [TypeOfLine; 8] = [
    TypeOfLine { name: "export", keys: &["format"], later: &[] },
    TypeOfLine { name: "relation", keys: &["system", "database", "name"], later: &[] },
    TypeOfLine {
        name: "user",
        keys: &[
            "id",
            "name",
            "email",
            "full_name",
            "admin",
            "banned_at",
            "banned_reason",
            "created_at",
        ],
        later: &["email_verified"],
    },
    TypeOfLine {
        name: "token",
        keys: &[
            "id",
            "user_id",
            "name",
            "hash",
            "hint",
            "scopes",
            "source",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
            "revoked_reason",
            "scheme",
            "foreign_id",
        ],
        later: &["relation", "replaces", "replaced_by"],
    },
    TypeOfLine {
        name: "deleted",
        keys: &["hash", "scheme", "foreign_id", "relation", "revoked"],
        later: &[],
    },
    TypeOfLine { name: "origin", keys: &["origin", "user_id", "refused"], later: &[] },
    TypeOfLine { name: "setting", keys: &["key", "value"], later: &[] },
    TypeOfLine { name: "end", keys: &["last_user_id", "last_token_id"], later: &[] },
];

impl TypeOfLine {
    /// Whether a line has exactly these keys, and its type.
    fn has(&self, keys: &[String]) -> bool {
        let has = |name: &&str| keys.iter().any(|key| key == name);
        let all = 1 + self.keys.len();
        let has_all = has(&"type") && self.keys.iter().all(has);
        let is_older = keys.len() == all;
        has_all && (is_older || keys.len() == all + self.later.len() && self.later.iter().all(has))
    }
}

/// The row of an export in a line with these keys; `None` if it is of another kind. A line with some
/// of the keys was made by somebody else, who must not make administrators by it.
pub fn exported_row(text: &[u8], keys: &[String]) -> Option<ExportRow> {
    let is_one = TYPES.iter().any(|line_type| line_type.has(keys));
    if is_one { serde_json::from_slice(text).ok() } else { None }
}

/// The type of this name, if only an export has such lines.
pub fn export_only(name: &str) -> Option<&'static str> {
    let is_any = ["user", "token"].contains(&name);
    TYPES.iter().map(|line_type| line_type.name).find(|known| *known == name && !is_any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::*;

    fn rows() -> Vec<ExportRow> {
        let scheme =
            || ExportedScheme { kind: "sha256".into(), prefix: "".into(), salt: "".into() };
        vec![
            ExportRow::Export(ExportStart { format: 1 }),
            ExportRow::Relation(ExportedRelation {
                system: "sanctum".into(),
                database: "/srv/app.db".into(),
                name: "tokens".into(),
            }),
            ExportRow::User(ExportedUser {
                id: 1,
                name: "ada".into(),
                email: None,
                email_verified: true,
                full_name: None,
                admin: true,
                banned_at: None,
                banned_reason: None,
                created_at: 5,
            }),
            ExportRow::Token(ExportedToken {
                id: 1,
                user_id: 1,
                name: "CI".into(),
                hash: "00".repeat(32),
                hint: "tok_".into(),
                scopes: "*".into(),
                source: "tokctl".into(),
                created_at: 5,
                expires_at: None,
                last_used_at: None,
                revoked_at: None,
                revoked_reason: None,
                scheme: None,
                foreign_id: None,
                relation: None,
                replaces: None,
                replaced_by: None,
            }),
            ExportRow::Deleted(ExportedDeletion {
                hash: "00".repeat(32),
                scheme: scheme(),
                foreign_id: "7".into(),
                relation: None,
                revoked: true,
            }),
            ExportRow::Origin(ExportedOrigin {
                origin: "00".repeat(32),
                user_id: Some(1),
                refused: false,
            }),
            ExportRow::Setting(ExportedSetting { key: "prefix".into(), value: "tok".into() }),
            ExportRow::End(LastIds { last_user_id: 1, last_token_id: 1 }),
        ]
    }

    #[test]
    fn the_keys_are_those_of_an_export() {
        assert_eq!(rows().len(), TYPES.len());
        for row in rows() {
            let text = serde_json::to_vec(&row).unwrap();
            let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
            let mut keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
            assert!(exported_row(&text, &keys).is_some(), "{keys:?}");
            keys.pop();
            assert!(exported_row(&text, &keys).is_none(), "{keys:?}");
        }
    }

    #[test]
    fn lines_of_older_exports_are_known() {
        for line in [
            r#"{"type":"user","id":1,"name":"ada","email":"a@example.com","full_name":null,
                "admin":true,"banned_at":null,"banned_reason":null,"created_at":5}"#,
            r#"{"type":"token","id":1,"user_id":1,"name":"CI","hash":"00","hint":"tok_",
                "scopes":"*","source":"tokctl","created_at":5,"expires_at":null,
                "last_used_at":null,"revoked_at":null,"revoked_reason":null,"scheme":null,
                "foreign_id":null}"#,
        ] {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
            match exported_row(line.as_bytes(), &keys) {
                // An address of which nothing is known is not verified.
                Some(ExportRow::User(user)) => assert!(!user.email_verified),
                Some(ExportRow::Token(token)) => assert_eq!(token.relation, None),
                other => panic!("{other:?}"),
            }
        }
    }
}
