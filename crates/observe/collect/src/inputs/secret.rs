//! Secrets of inputs: read from the environment or a file, never shown.

use super::{Environment, wrong};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use vigie_kit::files;
use vigie_kit::problem::{Kind, Problem};
use vigie_model::text;

/// Bytes of a file with a secret.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// A text that is not shown: not by `Debug`, and nothing else shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(Arc<str>);

impl Hidden {
    /// Hides a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text, for whoever must say it to a peer.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

/// Where a table says that a secret stands.
pub(super) struct Place<'a> {
    pub(super) table: &'a str,
    /// The keys, such as `password_env` and `password_file`, without their ends.
    pub(super) key: &'a str,
    pub(super) variable: Option<&'a str>,
    pub(super) file: Option<&'a Path>,
}

impl Place<'_> {
    /// The secret, where one is named.
    pub(super) fn read(&self, environment: Environment<'_>) -> Result<Option<Hidden>, Problem> {
        match (self.variable, self.file) {
            (None, None) => Ok(None),
            (Some(variable), None) => match environment(variable) {
                Some(text) if !text.trim().is_empty() => Ok(Some(Hidden::new(text.trim()))),
                _ => Err(Problem::new(
                    Kind::Settings,
                    text!(
                        en "The variable {variable} is not set, which should hold a secret",
                        fr "La variable {variable}, qui devrait contenir un secret, n’est pas définie",
                        de "Die Variable {variable}, die ein Geheimnis enthalten soll, ist nicht gesetzt",
                    ),
                )),
            },
            (None, Some(path)) => {
                let bytes = files::read_bounded(path, SECRET_BYTES_MAX).map_err(|error| unreadable(path, error))?;
                let text = String::from_utf8_lossy(&bytes);
                if text.trim().is_empty() {
                    let path = path.display();
                    return Err(Problem::new(
                        Kind::Settings,
                        text!(
                            en "There is no secret in {path}",
                            fr "Il n’y a pas de secret dans {path}",
                            de "In {path} steht kein Geheimnis",
                        ),
                    ));
                }
                Ok(Some(Hidden::new(text.trim())))
            }
            (Some(_), Some(_)) => {
                let key = self.key;
                Err(wrong(
                    self.table,
                    &format!("{key}_env"),
                    text!(
                        en "`{key}_env` or `{key}_file`, not both",
                        fr "`{key}_env` ou `{key}_file`, pas les deux",
                        de "`{key}_env` oder `{key}_file`, nicht beides",
                    ),
                ))
            }
        }
    }

    /// The secret that must be there for a user.
    pub(super) fn of_user(&self, user: &str, environment: Environment<'_>) -> Result<Hidden, Problem> {
        if let Some(secret) = self.read(environment)? {
            return Ok(secret);
        }
        let (table, key) = (self.table, self.key);
        let said = text!(
            en "There is no {key} for {user} in {table} of the settings",
            fr "Il n’y a pas de {key} pour {user} dans {table} des réglages",
            de "In {table} der Einstellungen fehlt {key} für {user}",
        );
        Err(Problem::new(Kind::Settings, said).hint(text!(
            en "say where it stands: `{key}_file` or `{key}_env`",
            fr "dites où il se trouve : `{key}_file` ou `{key}_env`",
            de "sagen Sie, wo es steht: `{key}_file` oder `{key}_env`",
        )))
    }
}

/// A file that the settings name cannot be read.
pub(super) fn unreadable(path: &Path, error: impl Into<vigie_kit::problem::Source>) -> Problem {
    let path = path.display();
    let said = text!(
        en "{path} cannot be read, which the settings name",
        fr "{path}, que nomment les réglages, ne peut pas être lu",
        de "{path} aus den Einstellungen lässt sich nicht lesen",
    );
    Problem::new(Kind::Settings, said).because(error)
}
