//! The systems that tokens can be imported from: a file with a declaration each, and a line here.

mod adonisjs;
mod adonisjs5;
mod sanctum;
mod shield;
mod strapi;
mod strapi_guide;
mod symfony;

use super::system::System;

/// Every system, in the order that help and errors list them.
pub static SYSTEMS: &[&System] = &[
    &shield::SHIELD,
    &adonisjs::ADONISJS,
    &adonisjs5::ADONISJS5,
    &sanctum::SANCTUM,
    &symfony::SYMFONY,
    &strapi_guide::STRAPI_GUIDE,
    &strapi::STRAPI,
];

#[cfg(test)]
mod tests {
    use super::super::plan::OF_OWNER;
    use super::super::source::{Cells, Dates, Problem, Row, Value, Zone};
    use super::super::system::{Columns, Related};
    use super::*;
    use std::collections::HashSet;

    struct Nulls;

    impl Cells for Nulls {
        fn value(&self, _position: usize) -> Option<Value<'_>> {
            Some(Value::Null)
        }
    }

    fn names(columns: &Columns, related: &[Related]) -> Vec<String> {
        let own = ["id"].into_iter().chain(columns.required.iter().copied());
        let own = own.chain(columns.optional.iter().copied());
        own.chain(related.iter().map(|related| related.name)).map(str::to_string).collect()
    }

    #[test]
    fn declarations_list_each_column_that_they_read_once() {
        let zone = Zone::default();
        let dates = Dates { zone: &zone, zero_is_none: false };
        for system in SYSTEMS {
            let (tokens, users) = (&system.tokens, &system.users);
            let mut token = names(&tokens.columns, tokens.related);
            token.extend(tokens.of_owner.map(|_| OF_OWNER.to_string()));
            let user = names(&users.columns, users.related);
            let read = (tokens.read)(&Row::new(&Nulls, &token, dates)).err();
            let read = read.or((users.read)(&Row::new(&Nulls, &user, dates)).err());
            let undeclared = read.filter(|error| error.problem == Problem::Undeclared);
            assert_eq!(undeclared, None, "{}", system.name);
            for names in [token, user] {
                let distinct: HashSet<_> = names.iter().collect();
                assert_eq!(distinct.len(), names.len(), "{}", system.name);
            }
        }
    }

    #[test]
    fn names_are_distinct() {
        let names: HashSet<_> = SYSTEMS.iter().map(|system| system.name).collect();
        assert_eq!(names.len(), SYSTEMS.len());
    }
}
