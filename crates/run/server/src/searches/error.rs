//! Why a search is not kept, found or changed.

use vigie_access::AccessError;
use vigie_db::DbError;
use vigie_lake::QueryError;
use vigie_model::lang::Text;

/// Why something about saved searches did not work. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SearchesError {
    /// There is none of this id or name that the caller may see.
    #[error("there is no such saved search")]
    NotFound,
    /// Another one has the name.
    #[error("a search of this name is saved already")]
    NameTaken,
    /// It is everybody's, and the caller may not change these.
    #[error("shared searches are not this caller's to change")]
    Forbidden,
    /// The question cannot be understood.
    #[error("the query cannot be understood")]
    Query(#[source] QueryError),
    /// It is out of the limits.
    #[error("not a search: {}", .0.en)]
    Invalid(Text),
    /// The audit trail refuses, or there is no randomness for an id.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The database refuses.
    #[error(transparent)]
    Db(#[from] DbError),
}
