//! Tokens of programs: a pipeline that sends scans, a script that reads findings.
//!
//! A token has a name, the permissions it was made with and an end; it is shown once and kept as a hash. It can never
//! do more than whoever made it could, never manages accounts or tokens, and is dead from the moment it is revoked.
//! Holds: who guesses is slowed down by address, as at the sign-in; a text that is not [well
//! formed](crate::bearer::is_well_formed) costs no look into the database.

use crate::bearer::{self, Bearer};
use crate::permission::{Permission, Role};
use crate::sessions::Client;
use crate::token;
use crate::{Access, AccessError, accounts, audit};
use std::collections::BTreeSet;
use vigie_db::{DbError, Row, params};
use vigie_model::time::Timestamp;

/// Days that a token lives when nobody says otherwise.
pub const DAYS_DEFAULT: u32 = 90;
/// Days that a token lives at most.
pub const DAYS_MAX: u32 = 365;
/// Days after its end until a token is forgotten: so long its use is told from a guess.
const KEPT_DAYS: i64 = 90;
/// The time of last use is written at most this often.
const TOUCH_S: i64 = 60;
/// The use of a token after its end is noted at most this often.
const NOTE_REFUSED_S: i64 = 3600;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiToken {
    /// What to call it, for the list and the audit trail.
    pub name: String,
    /// What it may do.
    pub permissions: BTreeSet<Permission>,
    /// How many days it lives.
    pub days: u32,
}

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Its public id, which opens nothing.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub permissions: BTreeSet<Permission>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When its use after its end was last noted.
    refused_at: Option<Timestamp>,
}

macro_rules! token_where {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, permissions, created_by, created_at, expires_at, used_at, revoked_at, refused_at FROM api_token ",
            $rest
        )
    };
}

impl ApiToken {
    /// Why it opens nothing now; none while it is in force.
    #[must_use]
    pub fn ended(&self, now: Timestamp) -> Option<AccessError> {
        match self.revoked_at {
            Some(_) => Some(AccessError::TokenRevoked),
            None if self.expires_at <= now => Some(AccessError::TokenExpired),
            None => None,
        }
    }
}

impl Access {
    /// Makes a token for somebody of this name and role.
    ///
    /// # Errors
    /// [`AccessError::Name`], [`AccessError::TokenNameTaken`], [`AccessError::TokenDays`],
    /// [`AccessError::TokenPermissions`].
    pub fn create_api_token(&self, new: &NewApiToken, by: &str, role: Role) -> Result<(Bearer, ApiToken), AccessError> {
        let name = accounts::checked_name(&new.name)?;
        if !(1..=DAYS_MAX).contains(&new.days) {
            return Err(AccessError::TokenDays { max: DAYS_MAX });
        }
        if new.permissions.is_empty() || !new.permissions.iter().all(|it| it.is_for_tokens() && role.may(*it)) {
            return Err(AccessError::TokenPermissions);
        }
        let now = self.clock.now();
        let bearer = Bearer::random()?;
        let created = ApiToken {
            id: token::random_bytes::<8>()?.iter().map(|byte| format!("{byte:02x}")).collect(),
            name,
            permissions: new.permissions.clone(),
            created_by: by.to_owned(),
            created_at: now,
            expires_at: now.plus_seconds(i64::from(new.days) * 86_400),
            used_at: None,
            revoked_at: None,
            refused_at: None,
        };
        self.db.write(|writer| {
            let in_force = "SELECT 1 FROM api_token WHERE name = $1 AND revoked_at IS NULL AND expires_at > $2";
            if writer.query_opt(in_force, params![created.name, now], |_| Ok(()))?.is_some() {
                return Err(AccessError::TokenNameTaken);
            }
            writer.execute(
                "INSERT INTO api_token (id, name, token_hash, permissions, created_by, created_at, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                params![
                    created.id,
                    created.name,
                    token::hash(bearer.reveal()),
                    words(&created.permissions),
                    by,
                    now,
                    created.expires_at
                ],
            )?;
            audit::append(writer, now, &entry(by, "create_token", &created))
        })?;
        Ok((bearer, created))
    }

    /// All tokens that are kept, newest first: also those that have ended lately.
    ///
    /// # Errors
    /// [`AccessError`] when the database cannot be read.
    pub fn api_tokens(&self) -> Result<Vec<ApiToken>, AccessError> {
        Ok(self.db.read(|reader| reader.query(token_where!("ORDER BY created_at DESC, id"), params![], stored))?)
    }

    /// Revokes a token in force, by its id or its name. It opens nothing from now on.
    ///
    /// # Errors
    /// [`AccessError::NoToken`].
    pub fn revoke_api_token(&self, which: &str, by: &str) -> Result<ApiToken, AccessError> {
        let now = self.clock.now();
        self.db.write(|writer| {
            let sql = token_where!("WHERE (id = $1 OR name = $1) AND revoked_at IS NULL ORDER BY expires_at DESC LIMIT 1");
            let mut found = writer.query_opt(sql, params![which], stored)?.ok_or(AccessError::NoToken)?;
            writer.execute("UPDATE api_token SET revoked_at = $1, revoked_by = $2 WHERE id = $3", params![now, by, found.id])?;
            audit::append(writer, now, &entry(by, "revoke_token", &found))?;
            found.revoked_at = Some(now);
            Ok(found)
        })
    }

    /// The token in force that a text is.
    ///
    /// # Errors
    /// [`AccessError::TokenUnknown`], [`AccessError::TokenExpired`], [`AccessError::TokenRevoked`],
    /// [`AccessError::Throttled`].
    pub fn api_token(&self, text: &str, client: &Client) -> Result<ApiToken, AccessError> {
        if !bearer::is_well_formed(text) {
            return Err(AccessError::TokenUnknown);
        }
        let now = self.clock.now();
        let keys = [format!("token:{}", client.address)];
        let wait_s = self.throttle.wait_s(&keys, now);
        if wait_s > 0 {
            return Err(AccessError::Throttled { wait_s });
        }
        let hash = token::hash(text);
        let found = self.db.read(|reader| reader.query_opt(token_where!("WHERE token_hash = $1"), params![hash], stored))?;
        let Some(found) = found else {
            self.throttle.failed(&keys, now);
            self.note(&audit::Entry {
                who: String::new(),
                what: "token_refused".into(),
                on: String::new(),
                detail: client.as_detail(),
            })?;
            return Err(AccessError::TokenUnknown);
        };
        match found.ended(now) {
            Some(ended) => {
                self.note_late_use(&found, now, client)?;
                Err(ended)
            }
            None => self.touched(found, now),
        }
    }

    /// Forgets tokens that ended long ago; call it now and then.
    ///
    /// # Errors
    /// [`AccessError`] when the database refuses.
    pub fn forget_ended_api_tokens(&self) -> Result<usize, AccessError> {
        let long_ago = self.clock.now().plus_seconds(-KEPT_DAYS * 86_400);
        let sql = "DELETE FROM api_token WHERE expires_at <= $1 OR revoked_at <= $1";
        Ok(self.db.write(|writer| writer.execute(sql, params![long_ago]))?)
    }

    fn touched(&self, mut found: ApiToken, now: Timestamp) -> Result<ApiToken, AccessError> {
        if found.used_at.is_none_or(|used| now.since(used) >= TOUCH_S * 1_000_000) {
            self.db.write(|writer| writer.execute("UPDATE api_token SET used_at = $1 WHERE id = $2", params![now, found.id]))?;
            found.used_at = Some(now);
        }
        Ok(found)
    }

    /// Whoever uses a token after its end has an old one, or a stolen one: the audit trail says so, not at each try.
    fn note_late_use(&self, found: &ApiToken, now: Timestamp, client: &Client) -> Result<(), AccessError> {
        if found.refused_at.is_some_and(|at| now.since(at) < NOTE_REFUSED_S * 1_000_000) {
            return Ok(());
        }
        self.db.write(|writer| {
            writer.execute("UPDATE api_token SET refused_at = $1 WHERE id = $2", params![now, found.id])?;
            let (what, on) = ("token_refused".to_owned(), found.id.clone());
            audit::append(
                writer,
                now,
                &audit::Entry { who: format!("token:{}", found.name), what, on, detail: client.as_detail() },
            )
        })
    }
}

fn words(permissions: &BTreeSet<Permission>) -> String {
    permissions.iter().map(|it| it.word()).collect::<Vec<_>>().join(" ")
}

fn entry(by: &str, what: &str, token: &ApiToken) -> audit::Entry {
    let detail =
        serde_json::json!({ "name": token.name, "permissions": words(&token.permissions), "expires_at": token.expires_at });
    audit::Entry { who: by.to_owned(), what: what.to_owned(), on: token.id.clone(), detail: detail.to_string() }
}

fn stored(row: &Row<'_>) -> Result<ApiToken, DbError> {
    Ok(ApiToken {
        id: row.get(0)?,
        name: row.get(1)?,
        // A word of a newer version allows nothing here.
        permissions: row.get::<String>(2)?.split(' ').filter_map(Permission::from_word).collect(),
        created_by: row.get(3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        used_at: row.get(6)?,
        revoked_at: row.get(7)?,
        refused_at: row.get(8)?,
    })
}
