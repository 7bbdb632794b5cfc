//! Columns by name at no cost: the position of a name is known when the program is built.

/// Names the columns of a SELECT in its order, as constants for `Row::get`. A test compares them
/// with the names that the statement gives.
macro_rules! columns {
    ($module:ident: $($column:ident),+ $(,)?) => {
        #[allow(non_upper_case_globals, dead_code)]
        mod $module {
            #[allow(non_camel_case_types)]
            enum Position { $($column),+ }
            $(pub const $column: usize = Position::$column as usize;)+
            #[cfg(test)]
            pub const NAMES: &[&str] = &[$(stringify!($column)),+];
        }
    };
}

pub(super) use columns;

/// Fails unless the statement's columns have these names.
#[cfg(test)]
pub fn check_names(sql: &str, names: &[&str]) {
    let connection = super::open::test_database();
    let statement = connection.prepare(sql).unwrap();
    assert_eq!(statement.column_names(), names, "{sql}");
}
