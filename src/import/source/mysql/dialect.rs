//! The SQL of MySQL and MariaDB.

use crate::import::source::sql::{Dialect, Operand};
use crate::text::hex;
use std::collections::HashMap;

/// The character set and the collation of each text column, by table and column.
pub type Texts = HashMap<String, HashMap<String, Option<Text>>>;

/// What a text column is compared by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub character_set: String,
    pub collation: String,
}

pub struct MySqlDialect<'a> {
    pub texts: &'a Texts,
}

impl MySqlDialect<'_> {
    fn text_of(&self, operand: &Operand) -> Option<&Text> {
        self.texts.get(operand.table)?.get(operand.column)?.as_ref()
    }
}

/// A text as a literal, whatever the session's `sql_mode` says about backslashes.
pub fn literal(text: &str) -> String {
    format!("X'{}'", hex::encode(text.as_bytes()))
}

pub fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

impl Dialect for MySqlDialect<'_> {
    fn quote(&self, name: &str) -> String {
        quote(name)
    }

    fn placeholder(&self, _number: usize) -> String {
        // Never rendered, because every text is a literal.
        "?".into()
    }

    /// Prepared statements would answer in the binary protocol, which has no zero dates.
    fn literal(&self, text: &str) -> Option<String> {
        Some(literal(text))
    }

    /// The UTF-8 of a text, or the bytes of what is not text. Bytes are compared without regard to
    /// collations, and unlike text with the spaces at its end.
    fn exact(&self, value: &str) -> String {
        format!(
            "CAST(IF(CHARSET({value}) = 'binary', {value}, CONVERT({value} USING utf8mb4)) AS BINARY)"
        )
    }

    /// The first condition can use an index, and finds at least the rows of the second: a text is
    /// compared in its own collation, which would be an error with a text of another.
    fn equal(&self, one: &Operand, other: &Operand) -> String {
        let indexed = match (self.text_of(one), self.text_of(other)) {
            (None, None) => format!("{} = {}", one.sql, other.sql),
            (Some(text), Some(same)) if text == same => format!("{} = {}", one.sql, other.sql),
            (Some(text), _) => format!("{} = {}", one.sql, converted(&other.sql, text)),
            (None, Some(_)) => format!("{} = {}", one.sql, other.sql),
        };
        format!("({indexed} AND {} = {})", self.exact(&one.sql), self.exact(&other.sql))
    }

    /// `JSON_ARRAYAGG` cannot sort on MySQL. What is too long for `group_concat_max_len` is cut, and
    /// then it is no JSON any more.
    fn list(&self, value: &str, order: Option<&str>) -> String {
        let order = order.map_or(String::new(), |order| format!(" ORDER BY {order}"));
        let text = format!("JSON_QUOTE(CAST({value} AS CHAR CHARACTER SET utf8mb4))");
        format!(
            "CONCAT('[', COALESCE(GROUP_CONCAT(COALESCE({text}, 'null'){order} SEPARATOR ','), ''), ']')"
        )
    }
}

fn converted(value: &str, like: &Text) -> String {
    format!("CONVERT({value} USING {}) COLLATE {}", like.character_set, like.collation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_literal_without_backslashes_and_quotes() {
        assert_eq!(literal("a\\'b"), "X'615c2762'");
        assert_eq!(literal(""), "X''");
        assert_eq!(quote("a`b"), "`a``b`");
    }

    #[test]
    fn columns_of_two_collations_are_compared_in_the_one_with_the_index() {
        let text = |collation: &str| {
            Some(Text { character_set: "utf8mb4".into(), collation: collation.into() })
        };
        let columns = |column: &str, text: Option<Text>| HashMap::from([(column.into(), text)]);
        let texts = Texts::from([
            ("l".to_string(), columns("a", text("utf8mb4_bin"))),
            ("t".to_string(), columns("b", text("utf8mb4_general_ci"))),
            ("n".to_string(), columns("c", None)),
        ]);
        let dialect = MySqlDialect { texts: &texts };
        let operand = |table, column| Operand { table, column, sql: format!("{table}.{column}") };
        let equal = |one, other| {
            let sql = dialect.equal(&one, &other);
            sql.split(" AND ").next().unwrap().to_string()
        };
        assert_eq!(
            equal(operand("l", "a"), operand("t", "b")),
            "(l.a = CONVERT(t.b USING utf8mb4) COLLATE utf8mb4_bin"
        );
        assert_eq!(
            equal(operand("l", "a"), operand("n", "c")),
            "(l.a = CONVERT(n.c USING utf8mb4) COLLATE utf8mb4_bin"
        );
        assert_eq!(equal(operand("n", "c"), operand("l", "a")), "(n.c = l.a");
    }
}
