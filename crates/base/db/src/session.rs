//! What happens inside a transaction: queries, statements, rows.

use crate::DbError;
use crate::connection::Access;
use crate::sql::Sql;
use crate::value::{FromValue, Param, ValueRef, get};
use rusqlite::{Connection, Statement, types};
use std::ops::{ControlFlow, Deref};

/// Reads within a transaction.
#[derive(Debug)]
pub struct Reader<'c> {
    connection: &'c Connection,
}

/// Writes within a transaction; reads as well, and sees what it wrote.
#[derive(Debug)]
pub struct Writer<'c>(Reader<'c>);

/// One row of an answer.
#[derive(Debug)]
pub struct Row<'r>(&'r rusqlite::Row<'r>);

impl Reader<'_> {
    /// All rows, each as the closure reads it.
    ///
    /// # Errors
    /// The closure's, or what the database says.
    pub fn query<T>(
        &self,
        sql: &'static str,
        params: &[&dyn Param],
        row: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        self.collect(sql, params, row)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// The closure's, or what the database says.
    pub fn query_opt<T>(
        &self,
        sql: &'static str,
        params: &[&dyn Param],
        row: impl FnOnce(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        self.first(sql, params, row)
    }

    /// The first row.
    ///
    /// # Errors
    /// [`DbError::NoRow`], the closure's, or what the database says.
    pub fn query_one<T>(
        &self,
        sql: &'static str,
        params: &[&dyn Param],
        row: impl FnOnce(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.first(sql, params, row)?.ok_or(DbError::NoRow)
    }

    /// As [`Reader::query`], of a built statement.
    ///
    /// # Errors
    /// The closure's, or what the database says.
    pub fn query_built<T>(&self, sql: &Sql, row: impl FnMut(&Row<'_>) -> Result<T, DbError>) -> Result<Vec<T>, DbError> {
        self.collect(sql.text(), &sql.values(), row)
    }

    /// As [`Reader::query_one`], of a built statement.
    ///
    /// # Errors
    /// [`DbError::NoRow`], the closure's, or what the database says.
    pub fn query_one_built<T>(&self, sql: &Sql, row: impl FnOnce(&Row<'_>) -> Result<T, DbError>) -> Result<T, DbError> {
        self.first(sql.text(), &sql.values(), row)?.ok_or(DbError::NoRow)
    }

    /// Hands the rows over one by one, until there are no more or the closure breaks.
    ///
    /// # Errors
    /// The closure's, or what the database says.
    pub fn each(&self, sql: &Sql, mut row: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, DbError>) -> Result<(), DbError> {
        self.visit(sql.text(), &sql.values(), |found| row(found))
    }

    fn collect<T>(
        &self,
        sql: &str,
        params: &[&dyn Param],
        mut row: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut found = Vec::new();
        self.visit(sql, params, |next| {
            found.push(row(next)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    fn first<T>(
        &self,
        sql: &str,
        params: &[&dyn Param],
        row: impl FnOnce(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut row = Some(row);
        let mut found = None;
        self.visit(sql, params, |next| {
            if let Some(row) = row.take() {
                found = Some(row(next)?);
            }
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    fn visit(
        &self,
        sql: &str,
        params: &[&dyn Param],
        mut row: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, DbError>,
    ) -> Result<(), DbError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|source| DbError::of(source, sql))?;
        bind(&mut statement, sql, params)?;
        let mut rows = statement.raw_query();
        while let Some(next) = rows.next().map_err(|source| DbError::of(source, sql))? {
            if row(&Row(next))?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl Writer<'_> {
    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// What the database says.
    pub fn execute(&self, sql: &'static str, params: &[&dyn Param]) -> Result<usize, DbError> {
        self.run(sql, params)
    }

    /// As [`Writer::execute`], of a built statement.
    ///
    /// # Errors
    /// What the database says.
    pub fn execute_built(&self, sql: &Sql) -> Result<usize, DbError> {
        self.run(sql.text(), &sql.values())
    }

    /// Runs several statements without parameters: a migration.
    pub(crate) fn execute_batch(&self, sql: &'static str) -> Result<(), DbError> {
        self.connection.execute_batch(sql).map_err(|source| DbError::of(source, sql))
    }

    fn run(&self, sql: &str, params: &[&dyn Param]) -> Result<usize, DbError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|source| DbError::of(source, sql))?;
        bind(&mut statement, sql, params)?;
        statement.raw_execute().map_err(|source| DbError::of(source, sql))
    }
}

impl<'c> Deref for Writer<'c> {
    type Target = Reader<'c>;

    fn deref(&self) -> &Reader<'c> {
        &self.0
    }
}

impl Row<'_> {
    /// The value of a column, counted from 0.
    ///
    /// # Errors
    /// [`DbError::Column`] when it holds something else.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T, DbError> {
        get(column, self.value(column)?)
    }

    /// The text of a column, borrowed.
    ///
    /// # Errors
    /// [`DbError::Column`] when it holds something else.
    pub fn text(&self, column: usize) -> Result<&str, DbError> {
        match self.value(column)? {
            ValueRef::Text(text) => Ok(text),
            _ => Err(DbError::Column { column, wanted: "text" }),
        }
    }

    /// Reads a column and translates it; a value that has no translation is an error.
    ///
    /// # Errors
    /// [`DbError::Column`] with `wanted` when the closure gives nothing.
    pub fn map<T: FromValue, U>(
        &self,
        column: usize,
        wanted: &'static str,
        translate: impl FnOnce(T) -> Option<U>,
    ) -> Result<U, DbError> {
        translate(self.get(column)?).ok_or(DbError::Column { column, wanted })
    }

    fn value(&self, column: usize) -> Result<ValueRef<'_>, DbError> {
        let wanted = |wanted| DbError::Column { column, wanted };
        match self.0.get_ref(column).map_err(|_| wanted("anything: there is no such column"))? {
            types::ValueRef::Null => Ok(ValueRef::Null),
            types::ValueRef::Integer(number) => Ok(ValueRef::Int(number)),
            types::ValueRef::Real(number) => Ok(ValueRef::Real(number)),
            types::ValueRef::Text(bytes) => std::str::from_utf8(bytes).map(ValueRef::Text).map_err(|_| wanted("UTF-8 text")),
            types::ValueRef::Blob(bytes) => Ok(ValueRef::Bytes(bytes)),
        }
    }
}

/// Binds `$n` to the value with that number. SQLite itself takes `$1` for a name and numbers names
/// by their first appearance, so `$2 … $1` would come out swapped.
fn bind(statement: &mut Statement<'_>, sql: &str, params: &[&dyn Param]) -> Result<(), DbError> {
    let mut highest = 0;
    for index in 1..=statement.parameter_count() {
        let number =
            statement.parameter_name(index).and_then(|name| name.strip_prefix('$')).and_then(|digits| digits.parse().ok());
        let value = number.and_then(|number: usize| params.get(number.checked_sub(1)?));
        let (Some(number), Some(param)) = (number, value) else { return Err(DbError::parameters(params.len(), sql)) };
        highest = highest.max(number);
        let bound = match param.value() {
            ValueRef::Null => statement.raw_bind_parameter(index, types::Null),
            ValueRef::Int(number) => statement.raw_bind_parameter(index, number),
            ValueRef::Real(number) => statement.raw_bind_parameter(index, number),
            ValueRef::Text(text) => statement.raw_bind_parameter(index, text),
            ValueRef::Bytes(bytes) => statement.raw_bind_parameter(index, bytes),
        };
        bound.map_err(|source| DbError::of(source, sql))?;
    }
    if highest == params.len() { Ok(()) } else { Err(DbError::parameters(params.len(), sql)) }
}

/// A transaction that is rolled back unless it is committed.
pub(crate) struct Transaction<'c> {
    writer: Writer<'c>,
}

impl<'c> Transaction<'c> {
    pub(crate) fn begin(connection: &'c Connection, access: Access) -> Result<Self, DbError> {
        let sql = match access {
            Access::Read => "BEGIN DEFERRED",
            // Begun deferred, a transaction that reads first and writes later may find that another
            // process wrote in between, and no waiting helps it then.
            Access::Write => "BEGIN IMMEDIATE",
        };
        connection.execute_batch(sql).map_err(|source| DbError::of(source, sql))?;
        Ok(Self { writer: Writer(Reader { connection }) })
    }

    pub(crate) fn reader(&self) -> &Reader<'c> {
        &self.writer
    }

    pub(crate) fn writer(&self) -> &Writer<'c> {
        &self.writer
    }

    pub(crate) fn commit(self) -> Result<(), DbError> {
        // A failed commit leaves the transaction open; the drop below then rolls it back.
        self.writer.connection.execute_batch("COMMIT").map_err(|source| DbError::of(source, "COMMIT"))
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // Some errors (disk full) have rolled back already.
        if !self.writer.connection.is_autocommit()
            && let Err(error) = self.writer.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }
}
