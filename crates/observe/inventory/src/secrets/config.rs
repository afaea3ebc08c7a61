//! Secrets in an image's configuration: its environment and the steps of its history.
//!
//! Whoever pulls the image reads both, whatever later layers delete.

use super::{Scanner, file};
use vigie_model::secret::{Origin, Secret};

/// The longest variable or step that is looked at.
const TEXT_MAX: usize = 256 * 1024;

/// Secrets in an environment, given as `NAME=value`.
#[must_use]
pub fn environment<S: AsRef<str>>(scanner: &Scanner, variables: &[S]) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for variable in variables.iter().map(AsRef::as_ref).filter(|variable| variable.len() <= TEXT_MAX) {
        let name = variable.split('=').next().unwrap_or_default();
        for mut secret in file::whole(scanner, ".env", variable.as_bytes(), false) {
            name.clone_into(&mut secret.path);
            secret.origin = Origin::Environment;
            secrets.push(secret);
        }
    }
    secrets
}

/// Secrets in the steps of an image's history, from the base on.
#[must_use]
pub fn history<S: AsRef<str>>(scanner: &Scanner, steps: &[S]) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for (number, step) in
        (0_u32..).zip(steps).map(|(number, step)| (number, step.as_ref())).filter(|(_, step)| step.len() <= TEXT_MAX)
    {
        for mut secret in file::whole(scanner, "Dockerfile", step.as_bytes(), false) {
            secret.path.clear();
            secret.origin = Origin::ImageHistory(number);
            secrets.push(secret);
        }
    }
    secrets
}
