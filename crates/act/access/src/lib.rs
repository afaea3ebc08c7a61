//! Who may do what: identities, sign-in, second factor, sessions, roles, tokens of programs, the audit trail.
//!
//! [`Access`] is the door: first set-up by a one-time link, sign-in by passphrase and, where
//! enrolled, a one-time code, sessions with an idle and an absolute end. What a role may do is in
//! [`permission`]. Deliberately absent: HTTP, cookies and routes, which belong to the server; and
//! any default account. Secrets are kept as hashes; the second factor's secret is kept as it is,
//! since it must be computed with, in a database that only this program's user can read.

mod accounts;
mod api_tokens;
pub mod audit;
pub mod bearer;
mod error;
pub mod passphrase;
pub mod permission;
mod second_factor;
mod sessions;
mod setup;
mod throttle;
pub mod token;
pub mod totp;

pub use accounts::Account;
pub use api_tokens::{ApiToken, DAYS_DEFAULT, DAYS_MAX, NewApiToken};
pub use error::AccessError;
pub use sessions::{Client, Session, SignedIn};

use std::sync::Arc;
use vigie_db::{Db, Migration};
use vigie_kit::clock::Clock;

/// The door.
#[derive(Clone)]
pub struct Access {
    db: Db,
    clock: Arc<dyn Clock>,
    throttle: Arc<throttle::Throttle>,
}

const MIGRATIONS: &[Migration] = &[
    Migration { name: "accounts, sessions, audit trail", sql: include_str!("schema.sql") },
    Migration { name: "tokens of programs", sql: include_str!("api_tokens.sql") },
];

impl Access {
    /// Opens the door on a database.
    ///
    /// # Errors
    /// [`AccessError`] when the tables cannot be made.
    pub fn open(db: Db, clock: Arc<dyn Clock>) -> Result<Self, AccessError> {
        db.migrate("access", MIGRATIONS)?;
        Ok(Self { db, clock, throttle: Arc::default() })
    }

    /// Notes something in the audit trail on its own, where no change of ours goes with it.
    ///
    /// # Errors
    /// [`AccessError`] when the database refuses.
    pub fn note(&self, entry: &audit::Entry) -> Result<(), AccessError> {
        self.db.write(|writer| audit::append(writer, self.clock.now(), entry))
    }

    /// Walks the audit trail; see [`audit::verify`].
    ///
    /// # Errors
    /// [`AccessError`] when the database cannot be read.
    pub fn verify_audit(&self) -> Result<audit::Verified, AccessError> {
        audit::verify(&self.db)
    }
}

#[cfg(test)]
mod tests;
