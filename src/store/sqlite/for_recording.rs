//! A store that only records, in the connection of a token cache.

use super::token_cache::TokenCache;
use super::transaction::SqliteTransaction;
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use crate::store::backend::{
    Backend, Connection, ReadTransaction, RecordTransaction, WriteTransaction,
};
use crate::store::error::{Error, Result};
use crate::store::records::{LookUp, Problem};
use std::path::Path;
use std::time::Duration;

/// The database of a cache, only to record.
#[derive(Clone)]
pub struct ForRecording(pub TokenCache);

impl Backend for ForRecording {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        Ok(Box::new(self.clone()))
    }
}

impl Connection for ForRecording {
    fn is_current(&mut self, _age: Duration) -> bool {
        true
    }

    fn look_up(&mut self, _hashes: &[Hash]) -> Result<LookUp> {
        Err(ONLY_RECORDS)
    }

    fn read(&mut self) -> Result<Box<dyn ReadTransaction + '_>> {
        Err(ONLY_RECORDS)
    }

    fn write(&mut self) -> Result<Box<dyn WriteTransaction + '_>> {
        Err(ONLY_RECORDS)
    }

    fn record(&mut self) -> Result<Box<dyn RecordTransaction + '_>> {
        Ok(Box::new(SqliteTransaction::record(self.0.record()?)))
    }

    fn problems(&mut self, _latest: Timestamp) -> Result<Vec<Problem>> {
        Err(ONLY_RECORDS)
    }

    fn has_readers(&mut self) -> bool {
        true
    }

    fn back_up(&mut self, _: &Path, _: bool, _: &mut dyn FnMut(u64, u64)) -> Result<()> {
        Err(ONLY_RECORDS)
    }
}

const ONLY_RECORDS: Error = Error::Unsupported("anything but recording");
