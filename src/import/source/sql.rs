//! Queries as SQL.

use super::query::{Column, Expression, Lookup, Query};

/// What differs between database engines.
pub trait Dialect {
    /// A name as an identifier, whatever it contains.
    fn quote(&self, name: &str) -> String;

    /// The place of a bound text, numbered from 1.
    fn placeholder(&self, number: usize) -> String;

    /// The aggregate that makes one JSON list of texts; `value` and `order` are SQL.
    fn list(&self, value: &str, order: Option<&str>) -> String;
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
    let mut renderer = Renderer { dialect, parameters: Vec::new() };
    let sql = renderer.query(query);
    Statement { sql, parameters: renderer.parameters }
}

struct Renderer<'a> {
    dialect: &'a dyn Dialect,
    parameters: Vec<String>,
}

impl Renderer<'_> {
    /// The table whose rows are read is `t0`, the joined ones are `t1`, `t2` …
    fn query(&mut self, query: &Query) -> String {
        let distinct = if query.distinct { "DISTINCT " } else { "" };
        let columns: Vec<_> = query.columns.iter().map(|column| self.expression(column)).collect();
        let columns = columns.join(", ");
        let mut sql = format!("SELECT {distinct}{columns} FROM {} t0", self.quote(&query.table));
        for (i, join) in query.joins.iter().enumerate() {
            let (table, key) = (self.quote(&join.table), self.quote(&join.key));
            let equals = self.expression(&join.equals);
            let alias = i + 1;
            sql += &format!(" LEFT JOIN {table} t{alias} ON t{alias}.{key} = {equals}");
        }
        if let Some((column, text)) = &query.filter {
            sql += &format!(" WHERE t0.{} = {}", self.quote(column), self.bind(text));
        }
        if let Some(column) = &query.order {
            sql += &format!(" ORDER BY t0.{}", self.quote(column));
        }
        sql
    }

    fn expression(&mut self, expression: &Expression) -> String {
        match expression {
            Expression::Null => "NULL".to_string(),
            Expression::Column(column) => self.column(column),
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
        let mut rows = format!("FROM {} l", self.quote(&lookup.table));
        if let Some(through) = &lookup.through {
            let (table, key) = (self.quote(&through.table), self.quote(&through.key));
            rows += &format!(" JOIN {table} v ON v.{key} = l.{}", self.quote(&through.named_by));
        }
        let mut conditions = Vec::new();
        if let Some((column, row)) = &lookup.refers_to {
            conditions.push(format!("l.{} = {}", self.quote(column), self.column(row)));
        }
        if let Some((column, texts)) = &lookup.filter {
            let texts: Vec<_> = texts.iter().map(|text| self.bind(text)).collect();
            conditions.push(format!("l.{} IN ({})", self.quote(column), texts.join(", ")));
        }
        if !conditions.is_empty() {
            rows += &format!(" WHERE {}", conditions.join(" AND "));
        }
        let alias = if lookup.through.is_some() { 'v' } else { 'l' };
        let value = format!("{alias}.{}", self.quote(&lookup.value));
        let order = lookup.order.as_ref().map(|column| format!("l.{}", self.quote(column)));
        (value, rows, order)
    }

    fn column(&self, column: &Column) -> String {
        format!("t{}.{}", column.table, self.quote(&column.name))
    }

    fn quote(&self, name: &str) -> String {
        self.dialect.quote(name)
    }

    fn bind(&mut self, text: &str) -> String {
        self.parameters.push(text.to_string());
        self.dialect.placeholder(self.parameters.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::{Join, Through};
    use super::*;

    struct Brackets;

    impl Dialect for Brackets {
        fn quote(&self, name: &str) -> String {
            format!("[{name}]")
        }

        fn placeholder(&self, number: usize) -> String {
            format!("${number}")
        }

        fn list(&self, value: &str, order: Option<&str>) -> String {
            format!("list({value} by {})", order.unwrap_or("nothing"))
        }
    }

    fn column(table: usize, name: &str) -> Column {
        Column { table, name: name.into() }
    }

    fn emails(of: usize) -> Lookup {
        Lookup {
            table: "identities".into(),
            refers_to: Some(("user_id".into(), column(of, "id"))),
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
                Expression::Column(column(0, "id")),
                Expression::Null,
                Expression::First(emails(1)),
            ],
            joins: vec![Join {
                table: "users".into(),
                key: "id".into(),
                equals: Expression::Column(column(0, "user_id")),
            }],
            filter: Some(("type".into(), "access_token".into())),
            order: Some("id".into()),
            ..Query::of("tokens")
        };
        let statement = render(&query, &Brackets);
        assert_eq!(
            statement.sql,
            "SELECT t0.[id], NULL, (SELECT l.[secret] FROM [identities] l \
             WHERE l.[user_id] = t1.[id] AND l.[type] IN ($1, $2) ORDER BY l.[id] LIMIT 1) \
             FROM [tokens] t0 LEFT JOIN [users] t1 ON t1.[id] = t0.[user_id] \
             WHERE t0.[type] = $3 ORDER BY t0.[id]"
        );
        assert_eq!(statement.parameters, ["email", "mail", "access_token"]);
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
            ..emails(0)
        });
        let exists = Expression::Exists(Lookup { refers_to: None, filter: None, ..emails(0) });
        let query = Query { columns: vec![list, exists], distinct: true, ..Query::of("tokens") };
        assert_eq!(
            render(&query, &Brackets).sql,
            "SELECT DISTINCT (SELECT list(v.[action] by l.[id]) FROM [identities] l \
             JOIN [permissions] v ON v.[id] = l.[permission_id] WHERE l.[user_id] = t0.[id]), \
             EXISTS (SELECT 1 FROM [identities] l) FROM [tokens] t0"
        );
    }
}
