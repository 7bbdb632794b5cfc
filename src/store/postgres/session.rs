//! A connection with what it knows: statements that are prepared, and how far its transaction is.

use super::error::interference;
use crate::store::backend::Interference;
use crate::store::error::{Error, Result};
use ::postgres::binary_copy::BinaryCopyInWriter;
use ::postgres::types::{ToSql, Type};
use ::postgres::{Client, Row, Statement};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

/// How many rows a cursor reads at once.
const PAGE: usize = 1000;

/// The values of a statement.
pub type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection to a server.
pub struct Session {
    client: Client,
    statements: HashMap<String, Statement>,
    max_staleness: Option<Duration>,
    /// Whether another transaction got in the way of this one.
    interference: Interference,
    /// Whether a statement of this transaction has failed. The server then answers COMMIT with a success,
    /// and rolls back.
    has_failed: bool,
}

impl Session {
    pub fn new(client: Client, max_staleness: Option<Duration>) -> Self {
        let (statements, interference) = (HashMap::new(), Interference::None);
        Session { client, statements, max_staleness, interference, has_failed: false }
    }

    /// How old the answer to a look-up may be; `None`: of any age.
    pub fn max_staleness(&self) -> Option<Duration> {
        self.max_staleness
    }

    /// Whether the server or the network has ended the connection, as far as is known.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs statements without values in one round trip.
    pub fn run(&mut self, statements: &str) -> Result<()> {
        let result = self.client.batch_execute(statements);
        self.noted(result)
    }

    /// The rows of a statement, which stays prepared.
    pub fn query(&mut self, sql: &str, values: Values) -> Result<Vec<Row>> {
        let statement = self.prepared(sql)?;
        let result = self.client.query(&statement, values);
        self.noted(result)
    }

    /// The only row of a statement, if there is one.
    pub fn query_opt(&mut self, sql: &str, values: Values) -> Result<Option<Row>> {
        Ok(self.query(sql, values)?.into_iter().next())
    }

    /// The first row of a statement that always has one.
    pub fn query_one(&mut self, sql: &str, values: Values) -> Result<Row> {
        let row = self.query_opt(sql, values)?;
        row.ok_or_else(|| Error::Other("the server returned no row".into()))
    }

    /// Runs a COPY … FROM STDIN (FORMAT binary), whose columns have these types. `write` writes the rows.
    pub fn copy(
        &mut self,
        sql: &str,
        types: &[Type],
        write: impl FnOnce(&mut BinaryCopyInWriter) -> std::result::Result<(), ::postgres::Error>,
    ) -> Result<()> {
        let statement = self.prepared(sql)?;
        let copied = self.client.copy_in(&statement).and_then(|copy| {
            let mut rows = BinaryCopyInWriter::new(copy, types);
            write(&mut rows)?;
            rows.finish()
        });
        self.noted(copied).map(drop)
    }

    /// Runs a statement, which stays prepared, and returns how many rows it changed.
    pub fn execute(&mut self, sql: &str, values: Values) -> Result<u64> {
        let statement = self.prepared(sql)?;
        let result = self.client.execute(&statement, values);
        self.noted(result)
    }

    /// The rows of a statement in one round trip, without preparing it: for the first statement of a
    /// process, which is often its only one.
    pub fn query_at_once(
        &mut self,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>> {
        let result = self.client.query_typed(sql, values);
        self.noted(result)
    }

    /// Calls back for each row of a statement, which is read by a cursor: its rows are neither all in
    /// memory nor all on their way. The session must be in a transaction.
    pub fn each(
        &mut self,
        sql: &str,
        values: Values,
        mut each: impl FnMut(&Row) -> Result<ControlFlow<()>>,
    ) -> Result<ControlFlow<()>> {
        let declared = self.client.execute(&format!("DECLARE rows CURSOR FOR {sql}"), values);
        self.noted(declared)?;
        let fetch = format!("FETCH {PAGE} FROM rows");
        let mut flow = ControlFlow::Continue(());
        while flow.is_continue() {
            // A prepared FETCH would expect the columns of the cursor that it was prepared for.
            let page = self.query_at_once(&fetch, &[])?;
            for row in &page {
                flow = each(row)?;
                if flow.is_break() {
                    break;
                }
            }
            if page.len() < PAGE {
                break;
            }
        }
        self.run("CLOSE rows")?;
        Ok(flow)
    }

    /// Has this transaction use indexes, whatever size its tables have: one that fills an empty table has
    /// statements planned while it is empty, also those that check references, and they would go on reading
    /// the whole table, row by row, when it has grown. Where there is no index, such a plan looks so
    /// expensive that the server would compile it, which takes longer than running it.
    pub fn plan_for_growth(&mut self) -> Result<()> {
        // A server that is only compatible may not have these parameters, which is no error.
        const SET: &str = "SELECT set_config(name, 'off', true) FROM pg_settings
             WHERE name IN ('enable_seqscan', 'jit')";
        self.query_at_once(SET, &[]).map(drop)
    }

    /// Begins a transaction with these statements.
    pub fn begin(&mut self, statements: &str) -> Result<()> {
        (self.interference, self.has_failed) = (Interference::None, false);
        self.run(statements)
    }

    /// Ends a transaction with these statements, and keeps what it wrote.
    ///
    /// # Errors
    ///
    /// Also if one of its statements has failed, whatever became of that error: then nothing is kept.
    pub fn commit(&mut self, statements: &str) -> Result<()> {
        if self.has_failed {
            return Err(Error::Other("a part of the change failed, so nothing was changed".into()));
        }
        self.run(statements)
    }

    /// Whether another transaction got in the way since the last time.
    pub fn take_interference(&mut self) -> Interference {
        std::mem::take(&mut self.interference)
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let result = self.client.prepare(sql);
        let statement = self.noted(result)?;
        self.statements.insert(sql.to_string(), statement.clone());
        Ok(statement)
    }

    fn noted<T>(&mut self, result: std::result::Result<T, ::postgres::Error>) -> Result<T> {
        result.map_err(|error| {
            self.interference = self.interference.max(interference(&error));
            self.has_failed |= error.as_db_error().is_some();
            error.into()
        })
    }
}
