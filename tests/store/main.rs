//! What every backend must do, and what the SQLite backend does with its file. These tests use the
//! public library alone.
//!
//! Each file holds the behaviours of one topic: a function that takes a [`support::Database`], or a
//! [`support::Place`] where there is no database yet. `conformance!` makes each of them a test of
//! every backend: `cargo test --test store users::sqlite`. Most of their time is spent waiting for the
//! disk: `TMPDIR=/dev/shm` makes them several times faster.
//!
//! To add a backend, write a function in `support.rs` that returns a place where nothing is, and
//! add one line to `conformance!`. Without the feature `postgres`, or without PostgreSQL, its tests are
//! skipped.

/// Makes tests of behaviours, for every backend.
macro_rules! conformance {
    ($($behaviour:ident),+ $(,)?) => {
        tests_of!(sqlite: $($behaviour),+);
        tests_of!(postgres: $($behaviour),+);
    };
}

/// Makes tests of behaviours, for one backend.
macro_rules! tests_of {
    ($backend:ident: $($behaviour:ident),+) => {
        mod $backend {
            $(
                #[test]
                fn $behaviour() {
                    if let Some(place) = Option::<crate::support::Place>::from(crate::support::$backend()) {
                        super::$behaviour(place.into());
                    }
                }
            )+
        }
    };
}

/// Asserts that a result is an error that matches a pattern.
macro_rules! assert_error {
    ($result:expr, $error:pat) => {
        let error = $result.err();
        assert!(matches!(error, Some($error)), "{error:?}");
    };
}

mod create;
mod export;
mod health;
mod imports;
mod listing;
mod log;
mod lookup;
mod moving;
mod prune;
mod sets;
mod settings;
mod sqlite_only;
mod support;
mod tokens;
mod transactions;
mod users;
