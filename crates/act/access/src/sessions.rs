//! Sign-in and sessions.
//!
//! A session is an opaque random token, kept as a hash, that ends after [`IDLE_S`] without use and
//! after [`ABSOLUTE_S`] at the latest, and that its owner can see and end. Each sign-in makes a new
//! one (OWASP ASVS 5.0 §7).

use crate::accounts::{self, Account, Credentials};
use crate::token::{self, Token};
use crate::{Access, AccessError, audit, passphrase, second_factor};
use std::sync::OnceLock;
use vigie_db::{DbError, Reader, Row, params};
use vigie_model::ids::UserId;
use vigie_model::time::Timestamp;

/// Seconds without use after which a session ends.
pub(crate) const IDLE_S: i64 = 8 * 3600;
/// Seconds after sign-in at which a session ends, used or not.
pub(crate) const ABSOLUTE_S: i64 = 7 * 24 * 3600;
/// The time of last use is written at most this often.
const TOUCH_S: i64 = 60;
const AGENT_CHARACTERS_MAX: usize = 200;

macro_rules! session_where {
    ($condition:literal) => {
        concat!(
            "SELECT s.id, s.created_at, s.seen_at, s.address, s.agent, a.id, a.name, a.role, a.language, a.totp_secret
             FROM session s JOIN account a ON a.id = s.account WHERE ",
            $condition
        )
    };
}

/// Where a request comes from, for the list of sessions and the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Peer address.
    pub address: String,
    /// The browser's own name for itself.
    pub agent: String,
}

/// A session in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its public id, which opens nothing.
    pub id: String,
    /// Whose it is.
    pub account: Account,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// Where it began.
    pub client: Client,
}

/// A fresh session with the token that opens it.
pub struct SignedIn {
    /// The token, to be handed to the browser once.
    pub token: Token,
    /// The session.
    pub session: Session,
}

impl Client {
    pub(crate) fn as_detail(&self) -> String {
        serde_json::json!({ "address": self.address, "agent": self.bounded_agent() }).to_string()
    }

    fn bounded_agent(&self) -> String {
        self.agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARACTERS_MAX).collect()
    }
}

impl Access {
    /// Checks name, passphrase and, where enrolled, the one-time or recovery code.
    ///
    /// # Errors
    /// [`AccessError::Wrong`], [`AccessError::CodeRequired`], [`AccessError::Throttled`].
    pub fn sign_in(&self, name: &str, passphrase: &str, code: Option<&str>, client: &Client) -> Result<SignedIn, AccessError> {
        let now = self.clock.now();
        let name_key = format!("name:{}", name.trim());
        let keys = [name_key.clone(), format!("address:{}", client.address)];
        let wait_s = self.throttle.wait_s(&keys, now);
        if wait_s > 0 {
            return Err(AccessError::Throttled { wait_s });
        }
        let checked = self.checked(name.trim(), passphrase, code);
        match checked {
            Ok(account) => {
                self.throttle.succeeded(&name_key);
                self.note(&entry(&account.name, "sign_in", client))?;
                self.begin_session(account.id, client)
            }
            Err(AccessError::Wrong) => {
                self.throttle.failed(&keys, now);
                self.note(&entry(name.trim(), "sign_in_refused", client))?;
                Err(AccessError::Wrong)
            }
            Err(other) => Err(other),
        }
    }

    /// The session that a token opens, if it is still in force.
    ///
    /// # Errors
    /// [`AccessError`] when the database cannot be read.
    pub fn session(&self, token: &str) -> Result<Option<Session>, AccessError> {
        let now = self.clock.now();
        let hash = token::hash(token);
        let session = self.db.read(|reader| reader.query_opt(session_where!("s.token_hash = $1"), params![hash], session))?;
        let Some(mut session) = session.filter(|session| session.in_force(now)) else { return Ok(None) };
        if now.since(session.seen_at) >= TOUCH_S * 1_000_000 {
            session.seen_at = now;
            self.db
                .write(|writer| writer.execute("UPDATE session SET seen_at = $1 WHERE token_hash = $2", params![now, hash]))?;
        }
        Ok(Some(session))
    }

    /// The sessions of an account that are in force, last used first.
    ///
    /// # Errors
    /// [`AccessError`] when the database cannot be read.
    pub fn sessions(&self, account: UserId) -> Result<Vec<Session>, AccessError> {
        let now = self.clock.now();
        let all = self.db.read(|reader: &Reader<'_>| {
            reader.query(session_where!("s.account = $1 ORDER BY s.seen_at DESC"), params![account], session)
        })?;
        Ok(all.into_iter().filter(|session| session.in_force(now)).collect())
    }

    /// Ends one session of an account.
    ///
    /// # Errors
    /// [`AccessError::NoSession`] when the account has no such session.
    pub fn end_session(&self, account: &Account, id: &str) -> Result<(), AccessError> {
        let now = self.clock.now();
        self.db.write(|writer| {
            let ended = writer
                .execute("DELETE FROM session WHERE id = $1 AND account = $2", params![id.as_bytes().to_vec(), account.id])?;
            if ended == 0 {
                return Err(AccessError::NoSession);
            }
            let entry =
                audit::Entry { who: account.name.clone(), what: "sign_out".into(), on: id.to_owned(), detail: "{}".into() };
            audit::append(writer, now, &entry)
        })
    }

    /// Removes sessions that have ended; call it now and then.
    ///
    /// # Errors
    /// [`AccessError`] when the database refuses.
    pub fn forget_ended_sessions(&self) -> Result<usize, AccessError> {
        let now = self.clock.now();
        Ok(self.db.write(|writer| {
            writer.execute(
                "DELETE FROM session WHERE seen_at <= $1 OR created_at <= $2",
                params![now.plus_seconds(-IDLE_S), now.plus_seconds(-ABSOLUTE_S)],
            )
        })?)
    }

    pub(crate) fn begin_session(&self, account: UserId, client: &Client) -> Result<SignedIn, AccessError> {
        let now = self.clock.now();
        let token = Token::random()?;
        let id: String = token::random_bytes::<8>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let hash = token::hash(token.reveal());
        let session = self.db.write(|writer| {
            writer.execute(
                "INSERT INTO session (id, token_hash, account, created_at, seen_at, address, agent)
                 VALUES ($1, $2, $3, $4, $4, $5, $6)",
                params![id.as_bytes().to_vec(), hash, account, now, client.address, client.bounded_agent()],
            )?;
            writer.query_opt(session_where!("s.token_hash = $1"), params![hash], session)?.ok_or(AccessError::NoSession)
        })?;
        Ok(SignedIn { token, session })
    }

    /// Whether name, passphrase and code fit. An unknown name costs as much time as a wrong
    /// passphrase, so that names cannot be told apart.
    fn checked(&self, name: &str, passphrase: &str, code: Option<&str>) -> Result<Account, AccessError> {
        let found = self.db.read(|reader| accounts::by_name(reader, name))?;
        let Some(credentials) = found else {
            let _same_time = passphrase::verify(passphrase, decoy()?)?;
            return Err(AccessError::Wrong);
        };
        let long = passphrase.len() > passphrase::BYTES_MAX;
        if long || !passphrase::verify(passphrase, &credentials.passphrase_hash)? {
            return Err(AccessError::Wrong);
        }
        self.check_code(&credentials, code)?;
        Ok(credentials.account)
    }

    fn check_code(&self, credentials: &Credentials, code: Option<&str>) -> Result<(), AccessError> {
        let Some(secret) = &credentials.totp_secret else { return Ok(()) };
        let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
            return Err(AccessError::CodeRequired);
        };
        second_factor::use_code(self, &credentials.account, secret, code)
    }
}

impl Session {
    fn in_force(&self, now: Timestamp) -> bool {
        now.since(self.seen_at) < IDLE_S * 1_000_000 && now.since(self.created_at) < ABSOLUTE_S * 1_000_000
    }
}

/// A hash that no passphrase of ours has, for names that do not exist.
fn decoy() -> Result<&'static str, AccessError> {
    static DECOY: OnceLock<String> = OnceLock::new();
    if let Some(decoy) = DECOY.get() {
        return Ok(decoy);
    }
    let hash = passphrase::hash(Token::random()?.reveal())?;
    Ok(DECOY.get_or_init(|| hash))
}

fn entry(who: &str, what: &str, client: &Client) -> audit::Entry {
    audit::Entry { who: who.to_owned(), what: what.to_owned(), on: String::new(), detail: client.as_detail() }
}

fn session(row: &Row<'_>) -> Result<Session, DbError> {
    Ok(Session {
        id: String::from_utf8_lossy(&row.get::<Vec<u8>>(0)?).into_owned(),
        created_at: row.get(1)?,
        seen_at: row.get(2)?,
        client: Client { address: row.get(3)?, agent: row.get(4)? },
        account: Account {
            id: row.get(5)?,
            name: row.get(6)?,
            role: crate::permission::Role::from_word(&row.get::<String>(7)?).unwrap_or(crate::permission::Role::Viewer),
            language: vigie_model::lang::Lang::from_tag(&row.get::<String>(8)?).unwrap_or_default(),
            totp: row.get::<Option<String>>(9)?.is_some(),
        },
    })
}
