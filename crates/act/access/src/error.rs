//! Why somebody is not let in, or could not be served.

use crate::passphrase::Judgement;
use vigie_db::DbError;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::text;

/// Why something about accounts or sessions could not be done.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Name, passphrase or code are wrong; which one is not said.
    #[error("name, passphrase or code are wrong")]
    Wrong,
    /// Name and passphrase are right and a one-time code is needed too.
    #[error("a one-time code is needed")]
    CodeRequired,
    /// Too many failures.
    #[error("too many attempts: wait {wait_s} s")]
    Throttled {
        /// Seconds until the next attempt.
        wait_s: i64,
    },
    /// The set-up link was used, replaced or is too old.
    #[error("the set-up link is not valid")]
    SetUpLink,
    /// The first administrator exists.
    #[error("the set-up is done")]
    SetUpDone,
    /// The name is empty, too long or has control characters.
    #[error("the name cannot be used")]
    Name,
    /// The passphrase is not good enough.
    #[error("the passphrase cannot be used")]
    Passphrase(Judgement),
    /// There is no enrolment to confirm.
    #[error("no second factor is being enrolled")]
    NoEnrolment,
    /// There is no such session of this account.
    #[error("no such session")]
    NoSession,
    /// The token of a program is none of ours.
    #[error("the token is not known")]
    TokenUnknown,
    /// The token's time is over.
    #[error("the token has expired")]
    TokenExpired,
    /// Somebody took the token back.
    #[error("the token was revoked")]
    TokenRevoked,
    /// Another token in force has this name.
    #[error("a token of this name is in force")]
    TokenNameTaken,
    /// A token lives for a day at least, and not for longer than the longest.
    #[error("a token lives for 1 to {max} days")]
    TokenDays {
        /// The most days.
        max: u32,
    },
    /// A token must have permissions, which tokens may carry and its maker has.
    #[error("a token cannot have these permissions")]
    TokenPermissions,
    /// There is no such token in force.
    #[error("no such token")]
    NoToken,
    /// The stored second factor is damaged.
    #[error(transparent)]
    Damaged(#[from] crate::totp::DamagedSecret),
    /// Hashing failed.
    #[error(transparent)]
    Hash(#[from] crate::passphrase::HashError),
    /// No random bytes.
    #[error(transparent)]
    NoRandomness(#[from] crate::token::NoRandomness),
    /// The database failed.
    #[error("the accounts could not be read or written")]
    Db(#[from] DbError),
}

impl AccessError {
    /// A stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong_credentials",
            Self::CodeRequired => "totp_required",
            Self::Throttled { .. } => "throttled",
            Self::SetUpLink => "set_up_link",
            Self::SetUpDone => "set_up_done",
            Self::Name => "name",
            Self::Passphrase(_) => "passphrase",
            Self::NoEnrolment => "no_enrolment",
            Self::NoSession => "no_session",
            Self::TokenUnknown => "token_unknown",
            Self::TokenExpired => "token_expired",
            Self::TokenRevoked => "token_revoked",
            Self::TokenNameTaken => "token_name_taken",
            Self::TokenDays { .. } => "token_days",
            Self::TokenPermissions => "token_permissions",
            Self::NoToken => "no_token",
            Self::Damaged(_) | Self::Hash(_) | Self::NoRandomness(_) | Self::Db(_) => "internal",
        }
    }
}

impl Explain for AccessError {
    fn explain(self) -> Problem {
        let user = |said| Problem::new(Kind::User, said);
        match self {
            Self::Wrong => user(text!(
                en "Name, passphrase or code are wrong",
                fr "Le nom, la phrase de passe ou le code est incorrect",
                de "Name, Passphrase oder Code stimmen nicht",
            )),
            Self::CodeRequired => user(text!(
                en "A one-time code is needed",
                fr "Un code à usage unique est nécessaire",
                de "Ein Einmalcode wird benötigt",
            ))
            .hint(text!(
                en "open your authenticator, or use a recovery code",
                fr "ouvrez votre application d’authentification ou utilisez un code de secours",
                de "öffnen Sie Ihre Authentifizierungs-App oder nehmen Sie einen Wiederherstellungscode",
            )),
            Self::Throttled { wait_s } => user(text!(
                en "Too many attempts: try again in {wait_s} seconds",
                fr "Trop de tentatives : réessayez dans {wait_s} secondes",
                de "Zu viele Versuche: in {wait_s} Sekunden erneut versuchen",
            )),
            Self::SetUpLink => user(text!(
                en "The set-up link is not valid any more",
                fr "Le lien d’installation n’est plus valable",
                de "Der Einrichtungslink gilt nicht mehr",
            ))
            .hint(text!(
                en "start Vigie again: it prints a new link as long as nobody is set up",
                fr "redémarrez Vigie : un nouveau lien s’affiche tant que personne n’est inscrit",
                de "starten Sie Vigie neu: solange niemand eingerichtet ist, erscheint ein neuer Link",
            )),
            Self::SetUpDone => user(text!(
                en "The set-up is done: sign in",
                fr "L’installation est terminée : connectez-vous",
                de "Die Einrichtung ist abgeschlossen: melden Sie sich an",
            )),
            Self::Name => user(text!(
                en "Choose a name of 1 to 64 visible characters",
                fr "Choisissez un nom de 1 à 64 caractères visibles",
                de "Wählen Sie einen Namen mit 1 bis 64 sichtbaren Zeichen",
            )),
            Self::Passphrase(judgement) => user(judgement.said),
            Self::NoEnrolment => user(text!(
                en "No second factor is being enrolled",
                fr "Aucun second facteur n’est en cours d’enregistrement",
                de "Es wird gerade kein zweiter Faktor eingerichtet",
            )),
            Self::NoSession => user(text!(
                en "There is no such session",
                fr "Cette session n’existe pas",
                de "Diese Sitzung gibt es nicht",
            )),
            Self::TokenUnknown
            | Self::TokenExpired
            | Self::TokenRevoked
            | Self::TokenNameTaken
            | Self::TokenDays { .. }
            | Self::TokenPermissions
            | Self::NoToken => of_token(&self),
            Self::Db(error) => error.explain(),
            Self::Damaged(_) | Self::Hash(_) | Self::NoRandomness(_) => Problem::new(
                Kind::Internal,
                text!(
                    en "The sign-in could not be checked",
                    fr "La connexion n’a pas pu être vérifiée",
                    de "Die Anmeldung konnte nicht geprüft werden",
                ),
            )
            .because(self),
        }
    }
}

/// What is said of tokens of programs.
fn of_token(error: &AccessError) -> Problem {
    let another = text!(
        en "make a new one where the platform runs: `vigie token create NAME`",
        fr "créez-en un nouveau là où tourne la plateforme : `vigie token create NOM`",
        de "legen Sie dort, wo die Plattform läuft, ein neues an: `vigie token create NAME`",
    );
    let (said, hint) = match error {
        AccessError::TokenExpired => {
            (text!(en "The token has expired", fr "Le jeton a expiré", de "Das Token ist abgelaufen"), another)
        }
        AccessError::TokenRevoked => {
            (text!(en "The token was revoked", fr "Le jeton a été révoqué", de "Das Token wurde widerrufen"), another)
        }
        AccessError::TokenNameTaken => (
            text!(
                en "A token of this name is in force",
                fr "Un jeton de ce nom est en vigueur",
                de "Ein Token dieses Namens ist in Kraft",
            ),
            text!(
                en "choose another name, or revoke that one first",
                fr "choisissez un autre nom, ou révoquez d’abord celui-là",
                de "wählen Sie einen anderen Namen, oder widerrufen Sie zuerst jenes",
            ),
        ),
        AccessError::TokenDays { max } => (
            text!(
                en "A token lives for 1 to {max} days",
                fr "Un jeton vit de 1 à {max} jours",
                de "Ein Token gilt 1 bis {max} Tage",
            ),
            text!(
                en "the shorter, the better; a new one is made in a moment",
                fr "le plus court est le mieux ; un nouveau se crée en un instant",
                de "je kürzer, desto besser; ein neues ist schnell angelegt",
            ),
        ),
        AccessError::TokenPermissions => (
            text!(
                en "A token cannot have these permissions",
                fr "Un jeton ne peut pas avoir ces droits",
                de "Diese Rechte kann ein Token nicht haben",
            ),
            text!(
                en "give at least one that you have yourself; send_scans is what a pipeline needs, send_events what a shipper does",
                fr "donnez-en au moins un que vous avez vous-même ; send_scans suffit à un pipeline, send_events à un collecteur",
                de "geben Sie mindestens eines, das Sie selbst haben; eine Pipeline braucht send_scans, ein Log-Sammler send_events",
            ),
        ),
        AccessError::NoToken => (
            text!(
                en "There is no such token in force",
                fr "Aucun jeton de ce nom n’est en vigueur",
                de "Ein solches Token ist nicht in Kraft",
            ),
            text!(
                en "`vigie token list` shows them",
                fr "`vigie token list` les montre",
                de "`vigie token list` zeigt sie",
            ),
        ),
        _ => (
            text!(
                en "The token is not one of this platform",
                fr "Ce jeton n’est pas de cette plateforme",
                de "Das Token ist keines dieser Plattform",
            ),
            another,
        ),
    };
    Problem::new(Kind::User, said).hint(hint)
}
