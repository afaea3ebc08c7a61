//! The first administrator: made once, through a link that only the terminal shows.

use crate::permission::Role;
use crate::sessions::{Client, SignedIn};
use crate::token::{self, Token};
use crate::{Access, AccessError, accounts, audit, passphrase};
use vigie_db::params;
use vigie_model::ids::UserId;
use vigie_model::lang::Lang;

/// How long a printed link works. Each start prints a new one.
const LINK_VALID_S: i64 = 24 * 3600;

impl Access {
    /// Whether nobody is set up yet.
    ///
    /// # Errors
    /// [`AccessError`] when the database cannot be read.
    pub fn needs_set_up(&self) -> Result<bool, AccessError> {
        self.db.read(|reader| Ok(reader.query_opt("SELECT 1 FROM account LIMIT 1", params![], |_| Ok(()))?.is_none()))
    }

    /// A new one-time token for the set-up link; the one before stops working.
    ///
    /// # Errors
    /// [`AccessError::SetUpDone`] when somebody is set up.
    pub fn new_set_up_token(&self) -> Result<Token, AccessError> {
        if !self.needs_set_up()? {
            return Err(AccessError::SetUpDone);
        }
        let token = Token::random()?;
        self.db.write(|writer| {
            writer.execute(
                "INSERT INTO set_up_token (only_one, token_hash, created_at) VALUES (1, $1, $2)
                 ON CONFLICT (only_one) DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at",
                params![token::hash(token.reveal()), self.clock.now()],
            )?;
            Ok::<_, AccessError>(())
        })?;
        Ok(token)
    }

    /// Makes the first administrator and signs them in.
    ///
    /// # Errors
    /// [`AccessError::SetUpLink`], [`AccessError::SetUpDone`], [`AccessError::Name`],
    /// [`AccessError::Passphrase`].
    pub fn set_up(
        &self,
        token: &str,
        name: &str,
        passphrase: &str,
        language: Lang,
        client: &Client,
    ) -> Result<SignedIn, AccessError> {
        let name = accounts::checked_name(name)?;
        let judgement = passphrase::judge(&name, passphrase);
        if !judgement.acceptable {
            return Err(AccessError::Passphrase(judgement));
        }
        let now = self.clock.now();
        let passphrase_hash = passphrase::hash(passphrase)?;
        let id = UserId::of(&[&name, &now.to_string()]);
        self.db.write(|writer| {
            let valid = writer.query_opt(
                "DELETE FROM set_up_token WHERE token_hash = $1 AND created_at > $2 RETURNING 1",
                params![token::hash(token), now.plus_seconds(-LINK_VALID_S)],
                |_| Ok(()),
            )?;
            if writer.query_opt("SELECT 1 FROM account LIMIT 1", params![], |_| Ok(()))?.is_some() {
                return Err(AccessError::SetUpDone);
            }
            if valid.is_none() {
                return Err(AccessError::SetUpLink);
            }
            writer.execute(
                "INSERT INTO account (id, name, role, language, passphrase_hash, totp_step, created_at)
                 VALUES ($1, $2, $3, $4, $5, 0, $6)",
                params![id, name, Role::Administrator.word(), language.code(), passphrase_hash, now],
            )?;
            let entry = audit::Entry { who: name.clone(), what: "set_up".into(), on: id.to_string(), detail: client.as_detail() };
            audit::append(writer, now, &entry)
        })?;
        self.begin_session(id, client)
    }
}
