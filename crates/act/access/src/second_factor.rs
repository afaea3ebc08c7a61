//! Enrolling, using and removing the second factor. Each needs the passphrase or a session that
//! proved it; each change ends the account's other sessions' claim to have been asked for it.

use crate::accounts::Account;
use crate::totp::{self, Enrolment};
use crate::{Access, AccessError, accounts, audit, passphrase, token};
use vigie_db::params;
use vigie_model::ids::UserId;

const RECOVERY_CODES: usize = 10;

impl Access {
    /// Begins to enrol an authenticator: a new secret that waits for its first right code.
    ///
    /// # Errors
    /// [`AccessError::Wrong`] when the passphrase is wrong, [`AccessError::Throttled`].
    pub fn begin_totp(&self, account: &Account, passphrase: &str) -> Result<Enrolment, AccessError> {
        self.check_passphrase(account, passphrase)?;
        let secret = totp::new_secret()?;
        self.db
            .write(|writer| writer.execute("UPDATE account SET totp_pending = $1 WHERE id = $2", params![secret, account.id]))?;
        Ok(totp::enrolment(&secret, &account.name))
    }

    /// Confirms the enrolment with a first code; gives the recovery codes, shown once.
    ///
    /// # Errors
    /// [`AccessError::NoEnrolment`], [`AccessError::Wrong`].
    pub fn confirm_totp(&self, account: &Account, code: &str) -> Result<Vec<String>, AccessError> {
        let now = self.clock.now();
        let found = self.db.read(|reader| accounts::by_id(reader, account.id))?;
        let pending = found.and_then(|credentials| credentials.totp_pending).ok_or(AccessError::NoEnrolment)?;
        let step = totp::step_of(&pending, code, now)?.ok_or(AccessError::Wrong)?;
        let codes = (0..RECOVERY_CODES).map(|_| recovery_code()).collect::<Result<Vec<_>, _>>()?;
        let id = account.id;
        self.db.write(|writer| {
            writer.execute(
                "UPDATE account SET totp_secret = totp_pending, totp_pending = NULL, totp_step = $1 WHERE id = $2",
                params![step, id],
            )?;
            writer.execute("DELETE FROM recovery_code WHERE account = $1", params![id])?;
            for code in &codes {
                writer.execute("INSERT INTO recovery_code (account, hash) VALUES ($1, $2)", params![id, token::hash(code)])?;
            }
            audit::append(writer, now, &entry(account, "totp_enrolled"))
        })?;
        Ok(codes)
    }

    /// Removes the second factor and its recovery codes.
    ///
    /// # Errors
    /// [`AccessError::Wrong`] when the passphrase is wrong, [`AccessError::Throttled`].
    pub fn remove_totp(&self, account: &Account, passphrase: &str) -> Result<(), AccessError> {
        self.check_passphrase(account, passphrase)?;
        let now = self.clock.now();
        let id = account.id;
        self.db.write(|writer| {
            writer.execute("UPDATE account SET totp_secret = NULL, totp_pending = NULL WHERE id = $1", params![id])?;
            writer.execute("DELETE FROM recovery_code WHERE account = $1", params![id])?;
            audit::append(writer, now, &entry(account, "totp_removed"))
        })
    }

    fn check_passphrase(&self, account: &Account, given: &str) -> Result<(), AccessError> {
        let now = self.clock.now();
        let keys = [format!("name:{}", account.name)];
        let wait_s = self.throttle.wait_s(&keys, now);
        if wait_s > 0 {
            return Err(AccessError::Throttled { wait_s });
        }
        let credentials = self.db.read(|reader| accounts::by_id(reader, account.id))?.ok_or(AccessError::Wrong)?;
        if given.len() <= passphrase::BYTES_MAX && passphrase::verify(given, &credentials.passphrase_hash)? {
            return Ok(());
        }
        self.throttle.failed(&keys, now);
        Err(AccessError::Wrong)
    }
}

/// Accepts a one-time code whose step was not used before, or a recovery code, which is then gone.
pub(crate) fn use_code(access: &Access, account: &Account, secret: &str, code: &str) -> Result<(), AccessError> {
    let now = access.clock.now();
    let id = account.id;
    let used = match totp::step_of(secret, code, now)? {
        // The comparison is in the statement: of two requests with one code, one wins.
        Some(step) => access.db.write(|writer| {
            writer.execute("UPDATE account SET totp_step = $1 WHERE id = $2 AND totp_step < $1", params![step, id])
        })?,
        None => use_recovery_code(access, account.id, code)?,
    };
    if used == 1 { Ok(()) } else { Err(AccessError::Wrong) }
}

fn use_recovery_code(access: &Access, account: UserId, code: &str) -> Result<usize, AccessError> {
    let written: String = code.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    Ok(access.db.write(|writer| {
        writer.execute("DELETE FROM recovery_code WHERE account = $1 AND hash = $2", params![account, token::hash(&written)])
    })?)
}

/// 80 random bits in four groups that can be read aloud.
fn recovery_code() -> Result<String, AccessError> {
    let bytes = token::random_bytes::<10>()?;
    let hex: Vec<String> = bytes.chunks(5).map(|half| half.iter().map(|byte| format!("{byte:02x}")).collect()).collect();
    Ok(hex.join("-"))
}

fn entry(account: &Account, what: &str) -> audit::Entry {
    audit::Entry { who: account.name.clone(), what: what.to_owned(), on: account.id.to_string(), detail: "{}".to_owned() }
}
