//! Queries as SQL.

use super::query::{Expression, Filter, Lookup, Query};

/// What differs between database engines.
pub trait Dialect {
    /// A name of a column as an identifier, whatever it contains.
    fn quote(&self, name: &str) -> String;

    /// A table of the source; `name` is not quoted.
    fn table(&self, name: &str) -> String {
        self.quote(name)
    }

    /// The place of a bound text, numbered from 1.
    fn placeholder(&self, number: usize) -> String;

    /// A text as a part of the SQL, if texts are not bound.
    fn literal(&self, _text: &str) -> Option<String> {
        None
    }

    /// A value as text that is compared byte by byte; `value` is SQL.
    fn exact(&self, value: &str) -> String;

    /// Whether two columns are equal. Texts count as equal byte by byte, whatever the collations and
    /// the types of the columns.
    fn equal(&self, one: &Operand, other: &Operand) -> String {
        format!("{} = {}", one.sql, other.sql)
    }

    /// A value of a result, which has this position in it; `value` is SQL.
    fn output(&self, _position: usize, value: String) -> String {
        value
    }

    /// The aggregate that makes one JSON list of texts; `value` and `order` are SQL.
    fn list(&self, value: &str, order: Option<&str>) -> String;
}

/// A column in a comparison.
#[cfg_attr(not(any(feature = "import-mysql", feature = "import-postgres")), allow(dead_code))]
pub struct Operand<'a> {
    /// Its table; not quoted.
    pub table: &'a str,
    /// Its name; not quoted.
    pub column: &'a str,
    /// What it is called in the statement.
    pub sql: String,
}

/// An SQL statement with the texts to bind.
#[derive(Debug, PartialEq)]
pub struct Statement {
    /// The SQL.
    pub sql: String,
    /// The texts.
    pub parameters: Vec<String>,
}

/// Renders a query in a dialect.
pub fn render(query: &Query, dialect: &dyn Dialect) -> Statement {
    let mut renderer = Renderer { dialect, table: &query.table, parameters: Vec::new() };
    let sql = renderer.query(query);
    Statement { sql, parameters: renderer.parameters }
}

struct Renderer<'a> {
    dialect: &'a dyn Dialect,
    /// The table whose rows are read.
    table: &'a str,
    parameters: Vec<String>,
}

impl Renderer<'_> {
    /// The table whose rows are read is `t`.
    fn query(&mut self, query: &Query) -> String {
        let values: Vec<_> = query.columns.iter().map(|column| self.expression(column)).collect();
        let values: Vec<_> = match query.is_count {
            true => values.iter().map(|value| self.dialect.exact(value)).collect(),
            false => values,
        };
        let mut output: Vec<_> = (0..)
            .zip(values.clone())
            .map(|(position, value)| self.dialect.output(position, value))
            .collect();
        if query.is_count {
            output.push(self.dialect.output(output.len(), "COUNT(*)".into()));
        }
        let mut sql = format!("SELECT {} FROM {} t", output.join(", "), self.table(&query.table));
        let filters: Vec<_> = query.filters.iter().map(|filter| self.filter(filter)).collect();
        if !filters.is_empty() {
            sql += &format!(" WHERE {}", filters.join(" AND "));
        }
        if query.is_count && !values.is_empty() {
            sql += &format!(" GROUP BY {}", values.join(", "));
        }
        if let Some(column) = &query.order {
            sql += &format!(" ORDER BY t.{}", self.quote(column));
        }
        sql
    }

    fn filter(&mut self, filter: &Filter) -> String {
        match filter {
            Filter::OneOf { column, texts } => self.one_of("t", column, texts),
            Filter::NamedBy { column, table, by, texts: (filtered, texts) } => {
                let column = self.dialect.exact(&format!("t.{}", self.quote(column)));
                let by = self.dialect.exact(&format!("n.{}", self.quote(by)));
                let table = self.table(table);
                let condition = self.one_of("n", filtered, texts);
                format!("{column} IN (SELECT {by} FROM {table} n WHERE {condition})")
            }
        }
    }

    fn one_of(&mut self, alias: &str, column: &str, texts: &[String]) -> String {
        let column = self.dialect.exact(&format!("{alias}.{}", self.quote(column)));
        let texts: Vec<_> = texts.iter().map(|text| self.bind(text)).collect();
        format!("{column} IN ({})", texts.join(", "))
    }

    fn expression(&mut self, expression: &Expression) -> String {
        match expression {
            Expression::Null => "NULL".to_string(),
            Expression::Column(column) => format!("t.{}", self.quote(column)),
            Expression::First(lookup) => {
                let (value, rows, order) = self.lookup(lookup);
                let order = order.map_or(String::new(), |order| format!(" ORDER BY {order}"));
                format!("(SELECT {value} {rows}{order} LIMIT 1)")
            }
            Expression::Exists(lookup) => {
                let (_, rows, _) = self.lookup(lookup);
                format!("EXISTS (SELECT 1 {rows})")
            }
            Expression::List(lookup) => {
                let (value, rows, order) = self.lookup(lookup);
                format!("(SELECT {} {rows})", self.dialect.list(&value, order.as_deref()))
            }
        }
    }

    /// The value, the FROM and WHERE clauses, and what to order by. The look-up's table is `l`, a
    /// third one is `v`.
    fn lookup(&mut self, lookup: &Lookup) -> (String, String, Option<String>) {
        let mut rows = format!("FROM {} l", self.table(&lookup.table));
        if let Some(through) = &lookup.through {
            let equal = self.equal(
                ("v", &through.table, &through.key),
                ("l", &lookup.table, &through.named_by),
            );
            rows += &format!(" JOIN {} v ON {equal}", self.table(&through.table));
        }
        let mut conditions = Vec::new();
        if let Some((column, row)) = &lookup.refers_to {
            conditions.push(self.equal(("l", &lookup.table, column), ("t", self.table, row)));
        }
        if let Some((column, texts)) = &lookup.filter {
            conditions.push(self.one_of("l", column, texts));
        }
        if !conditions.is_empty() {
            rows += &format!(" WHERE {}", conditions.join(" AND "));
        }
        let alias = if lookup.through.is_some() { 'v' } else { 'l' };
        let value = format!("{alias}.{}", self.quote(&lookup.value));
        let order = lookup.order.as_ref().map(|column| format!("l.{}", self.quote(column)));
        (value, rows, order)
    }

    /// Whether two columns are equal; each is an alias, a table and a name.
    fn equal(&self, one: (&str, &str, &str), other: (&str, &str, &str)) -> String {
        let [one, other] = [one, other].map(|(alias, table, column)| Operand {
            table,
            column,
            sql: format!("{alias}.{}", self.quote(column)),
        });
        self.dialect.equal(&one, &other)
    }

    fn table(&self, name: &str) -> String {
        self.dialect.table(name)
    }

    fn quote(&self, name: &str) -> String {
        self.dialect.quote(name)
    }

    fn bind(&mut self, text: &str) -> String {
        if let Some(literal) = self.dialect.literal(text) {
            return literal;
        }
        self.parameters.push(text.to_string());
        self.dialect.placeholder(self.parameters.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::Through;
    use super::*;

    struct Brackets;

    impl Dialect for Brackets {
        fn quote(&self, name: &str) -> String {
            format!("[{name}]")
        }

        fn table(&self, name: &str) -> String {
            format!("schema.[{name}]")
        }

        fn placeholder(&self, number: usize) -> String {
            format!("${number}")
        }

        fn exact(&self, value: &str) -> String {
            format!("exact({value})")
        }

        fn output(&self, position: usize, value: String) -> String {
            format!("{value} AS c{position}")
        }

        fn list(&self, value: &str, order: Option<&str>) -> String {
            format!("list({value} by {})", order.unwrap_or("nothing"))
        }
    }

    fn emails() -> Lookup {
        Lookup {
            table: "identities".into(),
            refers_to: Some(("user_id".into(), "id".into())),
            filter: Some(("type".into(), vec!["email".into(), "mail".into()])),
            through: None,
            value: "secret".into(),
            order: Some("id".into()),
        }
    }

    #[test]
    fn names_are_quoted_and_texts_bound_in_the_dialect() {
        let query = Query {
            columns: vec![
                Expression::Column("id".into()),
                Expression::Null,
                Expression::First(emails()),
            ],
            filters: vec![Filter::OneOf { column: "type".into(), texts: vec!["token".into()] }],
            order: Some("id".into()),
            ..Query::of("tokens")
        };
        let statement = render(&query, &Brackets);
        assert_eq!(
            statement.sql,
            "SELECT t.[id] AS c0, NULL AS c1, (SELECT l.[secret] FROM schema.[identities] l \
             WHERE l.[user_id] = t.[id] AND exact(l.[type]) IN ($1, $2) ORDER BY l.[id] LIMIT 1) \
             AS c2 FROM schema.[tokens] t WHERE exact(t.[type]) IN ($3) ORDER BY t.[id]"
        );
        assert_eq!(statement.parameters, ["email", "mail", "token"]);
    }

    #[test]
    fn lists_come_through_a_third_table() {
        let list = Expression::List(Lookup {
            through: Some(Through {
                table: "permissions".into(),
                key: "id".into(),
                named_by: "permission_id".into(),
            }),
            filter: None,
            value: "action".into(),
            ..emails()
        });
        let exists = Expression::Exists(Lookup { refers_to: None, filter: None, ..emails() });
        let query = Query { columns: vec![list, exists], ..Query::of("tokens") };
        assert_eq!(
            render(&query, &Brackets).sql,
            "SELECT (SELECT list(v.[action] by l.[id]) FROM schema.[identities] l \
             JOIN schema.[permissions] v ON v.[id] = l.[permission_id] \
             WHERE l.[user_id] = t.[id]) AS c0, \
             EXISTS (SELECT 1 FROM schema.[identities] l) AS c1 FROM schema.[tokens] t"
        );
    }

    #[test]
    fn equal_values_are_counted() {
        let query = Query {
            columns: vec![Expression::Column("type".into())],
            is_count: true,
            ..Query::of("tokens")
        };
        assert_eq!(
            render(&query, &Brackets).sql,
            "SELECT exact(t.[type]) AS c0, COUNT(*) AS c1 FROM schema.[tokens] t \
             GROUP BY exact(t.[type])"
        );
        let all = Query { is_count: true, ..Query::of("tokens") };
        assert_eq!(render(&all, &Brackets).sql, "SELECT COUNT(*) AS c0 FROM schema.[tokens] t");
    }

    #[test]
    fn rows_that_others_name_are_found_by_text() {
        let query = Query {
            columns: vec![Expression::Column("id".into())],
            filters: vec![Filter::NamedBy {
                column: "id".into(),
                table: "tokens".into(),
                by: "owner_id".into(),
                texts: ("owner_type".into(), vec!["Team".into()]),
            }],
            ..Query::of("teams")
        };
        assert_eq!(
            render(&query, &Brackets).sql,
            "SELECT t.[id] AS c0 FROM schema.[teams] t WHERE exact(t.[id]) IN \
             (SELECT exact(n.[owner_id]) FROM schema.[tokens] n WHERE exact(n.[owner_type]) IN ($1))"
        );
    }
}
