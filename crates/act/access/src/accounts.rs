//! Accounts as stored.

use crate::AccessError;
use crate::permission::Role;
use vigie_db::{DbError, Reader, Row, params};
use vigie_model::ids::UserId;
use vigie_model::lang::Lang;

const NAME_CHARACTERS_MAX: usize = 64;

/// Somebody who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Who.
    pub id: UserId,
    /// What they are called and sign in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The language they chose.
    pub language: Lang,
    /// Whether a second factor is enrolled.
    pub totp: bool,
}

/// What sign-in needs beside the account. Has no `Debug`: it holds secrets.
pub(crate) struct Credentials {
    pub(crate) account: Account,
    pub(crate) passphrase_hash: String,
    pub(crate) totp_secret: Option<String>,
    pub(crate) totp_pending: Option<String>,
}

macro_rules! account_where {
    ($condition:literal) => {
        concat!("SELECT id, name, role, language, passphrase_hash, totp_secret, totp_pending FROM account WHERE ", $condition)
    };
}

pub(crate) fn by_name(reader: &Reader<'_>, name: &str) -> Result<Option<Credentials>, DbError> {
    reader.query_opt(account_where!("name = $1"), params![name], credentials)
}

pub(crate) fn by_id(reader: &Reader<'_>, id: UserId) -> Result<Option<Credentials>, DbError> {
    reader.query_opt(account_where!("id = $1"), params![id], credentials)
}

/// A name as it is stored: trimmed, visible, not too long.
pub(crate) fn checked_name(name: &str) -> Result<String, AccessError> {
    let name = name.trim();
    let fits = !name.is_empty() && name.chars().count() <= NAME_CHARACTERS_MAX && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(AccessError::Name) }
}

fn credentials(row: &Row<'_>) -> Result<Credentials, DbError> {
    let totp_secret: Option<String> = row.get(5)?;
    Ok(Credentials {
        account: Account {
            id: row.get(0)?,
            name: row.get(1)?,
            // An unknown role, written by a newer version, may do the least.
            role: Role::from_word(&row.get::<String>(2)?).unwrap_or(Role::Viewer),
            language: Lang::from_tag(&row.get::<String>(3)?).unwrap_or_default(),
            totp: totp_secret.is_some(),
        },
        passphrase_hash: row.get(4)?,
        totp_secret,
        totp_pending: row.get(6)?,
    })
}
