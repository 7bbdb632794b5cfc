//! Long reads in short ones.
//!
//! While rows are read, the database is locked against writers, and a writer that waits locks out new
//! readers. So no read that can be long holds its snapshot until the end: it reads a page of rows,
//! lets go of the database, hands the rows over, however long that takes, and goes on behind them.

use crate::store::error::{Error, Result};
use rusqlite::{Connection, TransactionState};

/// How many rows are read at once: some milliseconds.
pub const PAGE: usize = 1000;

/// Lets go of the database until the next statement. A transaction that writes keeps everything, and
/// nobody waits for more than that.
pub fn let_go(connection: &Connection) -> Result<()> {
    if connection.transaction_state(None::<&str>)? != TransactionState::Write {
        connection.execute_batch("COMMIT; BEGIN")?;
    }
    Ok(())
}

/// The id behind which the next page begins: the last one of this page.
///
/// # Errors
///
/// When it does not lie behind `place`, as in a damaged database, because then reading never ends.
pub fn advance(place: i64, last: i64, reverse: bool) -> Result<i64> {
    if if reverse { last < place } else { last > place } {
        Ok(last)
    } else {
        Err(Error::Corrupt("ids are out of order".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_out_of_order_end_a_read() {
        assert!(matches!(advance(5, 6, false), Ok(6)));
        assert!(matches!(advance(5, 4, true), Ok(4)));
        for (last, reverse) in [(5, false), (4, false), (5, true), (6, true)] {
            assert!(matches!(advance(5, last, reverse), Err(Error::Corrupt(_))));
        }
    }
}
