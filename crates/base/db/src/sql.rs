//! Statements that depend on what was asked: pieces of fixed text, and values as parameters.

use crate::value::{Param, Value};

/// A statement put together from fixed pieces; values get in as parameters only.
///
/// ```
/// use vigie_db::Sql;
/// let mut sql = Sql::new("SELECT id FROM finding WHERE severity >= ");
/// sql.bind(&3).push(" AND title LIKE ").bind("%ssh%");
/// assert_eq!(sql.text(), "SELECT id FROM finding WHERE severity >= $1 AND title LIKE $2");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// A statement that begins like this.
    #[must_use]
    pub fn new(piece: &'static str) -> Self {
        Self { text: piece.to_owned(), values: Vec::new() }
    }

    /// Goes on with a fixed piece.
    pub fn push(&mut self, piece: &'static str) -> &mut Self {
        self.text.push_str(piece);
        self
    }

    /// Goes on with the next parameter, of this value.
    pub fn bind(&mut self, value: &(impl Param + ?Sized)) -> &mut Self {
        self.values.push(value.value().into());
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
        self
    }

    /// Goes on with a parameter for each value, separated by commas; with `NULL` for none, which
    /// is in no list.
    pub fn bind_all<T: Param>(&mut self, values: impl IntoIterator<Item = T>) -> &mut Self {
        let before = self.values.len();
        for value in values {
            if self.values.len() > before {
                self.push(", ");
            }
            self.bind(&value);
        }
        if self.values.len() == before {
            self.push("NULL");
        }
        self
    }

    /// Goes on with another statement's text and values.
    pub fn append(&mut self, other: &Sql) -> &mut Self {
        let offset = self.values.len();
        let mut pieces = other.text.split('$');
        self.text.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let digits = piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len());
            let (number, rest) = piece.split_at(digits);
            self.text.push('$');
            match number.parse::<usize>() {
                Ok(number) => self.text.push_str(&(number + offset).to_string()),
                Err(_) => self.text.push_str(number),
            }
            self.text.push_str(rest);
        }
        self.values.extend(other.values.iter().cloned());
        self
    }

    /// The statement.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn values(&self) -> Vec<&dyn Param> {
        self.values.iter().map(|value| value as &dyn Param).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_on() {
        let mut sql = Sql::new("a IN (");
        sql.bind_all([1_i64, 2]).push(") OR b IN (").bind_all::<i64>([]).push(")");
        assert_eq!(sql.text(), "a IN ($1, $2) OR b IN (NULL)");
    }

    #[test]
    fn another_statement_is_appended_with_its_values() {
        let mut condition = Sql::new("x = ");
        condition.bind("one").push(" OR x = ").bind("two");
        let mut sql = Sql::new("y = ");
        sql.bind(&5).push(" AND (").append(&condition).push(")");
        assert_eq!(sql.text(), "y = $1 AND (x = $2 OR x = $3)");
        assert_eq!(sql.values.len(), 3);
    }
}
