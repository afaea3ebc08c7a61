//! An image's configuration without the secrets in it, so that it may be shown and kept.
//!
//! What a rule finds is taken out, sure or not; and of a variable whose name says that it holds one,
//! the whole value: here a value too much hidden costs little.

use super::Scanner;
use super::file::{self, TAKEN_OUT};
use regex::Regex;
use std::sync::LazyLock;
use vigie_model::image::{ImageConfig, ImageFacts};

/// Parts of names whose values are secrets, in capitals.
const NAMES: [&str; 11] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "API_KEY",
    "APIKEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "CREDENTIAL",
    "_PWD",
];

/// A setting in a command or an instruction whose name is such a one.
static SETTINGS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = NAMES.join("|");
    Regex::new(&format!(r#"(?i)\b(\w*(?:{names})\w*)=("[^"]*"|'[^']*'|\S+)"#)).ok()
});

/// Takes secrets out of everything that an image says of itself.
pub fn redact(scanner: &Scanner, facts: &mut ImageFacts) {
    let ImageConfig { env, entrypoint, cmd, labels, health_check, on_build, history, .. } = &mut facts.config;
    env.iter_mut().for_each(|variable| redact_variable(scanner, variable));
    let words = entrypoint.iter_mut().chain(cmd).chain(on_build);
    let tests = health_check.iter_mut().flat_map(|check| &mut check.test);
    let steps = history.iter_mut().flat_map(|step| [&mut step.created_by, &mut step.comment]);
    let layers = facts.layers.iter_mut().map(|layer| &mut layer.created_by);
    words.chain(tests).chain(steps).chain(layers).for_each(|text| redact_text(scanner, "Dockerfile", text));
    for (name, value) in labels.iter_mut().chain(&mut facts.annotations) {
        redact_value(scanner, name, value);
    }
}

fn redact_text(scanner: &Scanner, path: &str, text: &mut String) {
    if let Some(without) = file::without(scanner, path, text) {
        *text = without;
    }
    if let Some(settings) = SETTINGS.as_ref().filter(|settings| settings.is_match(text)) {
        *text = settings.replace_all(text, format!("$1={TAKEN_OUT}")).into_owned();
    }
}

fn redact_variable(scanner: &Scanner, variable: &mut String) {
    if let Some((name, value)) = variable.split_once('=') {
        let (name, mut value) = (name.to_owned(), value.to_owned());
        redact_value(scanner, &name, &mut value);
        *variable = format!("{name}={value}");
    }
}

/// A value under its name: some are secrets only by the name they have.
fn redact_value(scanner: &Scanner, name: &str, value: &mut String) {
    let capitals = name.to_ascii_uppercase();
    if !value.is_empty() && NAMES.iter().any(|part| capitals.contains(part)) {
        TAKEN_OUT.clone_into(value);
        return;
    }
    if let Some(without) = file::without(scanner, ".env", &format!("{name}={value}")) {
        *value = without.split_once('=').map_or_else(|| TAKEN_OUT.to_owned(), |(_, value)| value.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::FingerprintKey;
    use vigie_model::image::{HistoryStep, ImageLayer};

    #[test]
    fn an_image_s_words_are_kept_without_its_secrets() {
        let token = vigie_catalogue::by_id("SEC-0001").unwrap().samples().0.remove(0).text;
        let mut facts = ImageFacts::default();
        facts.config.env =
            vec!["PATH=/usr/bin:/bin".into(), "DB_PASSWORD=weak".into(), format!("OTHER={token}"), "EMPTY_TOKEN=".into()];
        facts.config.cmd = vec!["serve".into(), "--auth".into(), token.clone()];
        facts.config.labels = [("note".to_owned(), format!("é {token} é"))].into();
        facts.config.history =
            vec![HistoryStep { created_by: format!("ENV DB_PASSWORD=\"we ak\" A=b RUN curl {token}"), ..HistoryStep::default() }];
        facts.layers = vec![ImageLayer { created_by: format!("RUN curl {token}"), ..ImageLayer::default() }];
        redact(&Scanner::with_all_rules(FingerprintKey::new(&[1; 32])), &mut facts);
        let said = serde_json::to_string(&facts).unwrap();
        let secret = token.split(['=', ' ', '"']).max_by_key(|part| part.len()).unwrap();
        assert!(!said.contains(secret) && !said.contains("weak") && !said.contains("we ak"), "{said}");
        assert_eq!(facts.config.env[..2], ["PATH=/usr/bin:/bin", "DB_PASSWORD=****"]);
        assert_eq!(facts.config.env[3], "EMPTY_TOKEN=");
        assert_eq!(facts.config.cmd[..2], ["serve", "--auth"]);
        assert!(said.contains("ENV DB_PASSWORD=**** A=b RUN curl "), "{said}");
    }
}
