//! How values of the domain are stored.

use crate::domain::time::Timestamp;
use ::postgres::types::{FromSql, Type, accepts};
use std::error::Error;

type Result<T> = std::result::Result<T, Box<dyn Error + Sync + Send>>;

impl<'a> FromSql<'a> for Timestamp {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self> {
        let millis = i64::from_sql(kind, raw)?;
        Timestamp::from_millis(millis).ok_or_else(|| "a time is out of range".into())
    }

    accepts!(INT8);
}

/// Bytes of a certain length.
pub struct Bytes<const N: usize>(pub [u8; N]);

impl<'a, const N: usize> FromSql<'a> for Bytes<N> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self> {
        raw.try_into().map(Bytes).map_err(|_| "a hash has another length".into())
    }

    accepts!(BYTEA);
}

/// Whether a text can be in the database: none with a NUL character can, and the server would refuse to
/// look for one.
pub fn can_be_stored(text: &str) -> bool {
    !text.contains('\0')
}

/// A time as it is stored.
pub fn millis(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::millis)
}

/// A number of rows, which is never negative.
pub fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
