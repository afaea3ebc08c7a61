//! Checks of secrets that a recipe itself carries. Values are never shown.

use super::view::{Recipe, none};
use crate::piece::Tally;
use crate::secretish::{MASK, has_url_password, is_name, is_pair, is_value};
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::verdict::Verdict;

/// `ENV` with a secret in plain text.
pub(crate) fn secret_in_env(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for env in recipe.instructions().filter(|instruction| instruction.op == "ENV") {
        there = true;
        for (name, value) in env.pairs() {
            if value.known().and_then(Value::as_str).is_some_and(|value| is_pair(name, value)) {
                tally.bad(&env.pointer, env.locator(&recipe, name), format!("ENV {name}={MASK}"), "");
            }
        }
    }
    if there { tally.verdict() } else { none("ENV") }
}

/// A build argument that is meant for a secret: it stays in the image's history.
pub(crate) fn secret_in_argument(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    let shipped = recipe.shipped();
    for arg in recipe.all("ARG") {
        there = true;
        for (name, value) in arg.pairs() {
            let value = match value {
                Look::Known(value) => value.as_str().filter(|value| !value.is_empty()),
                Look::Absent | Look::Unknown(_) => None,
            };
            let default = value.is_some_and(|value| is_pair(name, value));
            let filled = is_name(name) && value.is_none() && shipped.contains(&arg.stage);
            if default || filled {
                let shown = if value.is_some() { format!("ARG {name}={MASK}") } else { format!("ARG {name}") };
                tally.bad(&arg.pointer, arg.locator(&recipe, name), shown, "RUN --mount=type=secret");
            }
        }
    }
    if there { tally.verdict() } else { none("ARG") }
}

/// A password or token in a command.
pub(crate) fn secret_in_command(piece: &Piece, _: &[Piece]) -> Verdict {
    const OPTIONS: [&str; 9] = [
        "--password",
        "--token",
        "--secret",
        "--api-key",
        "--http-password",
        "--auth-token",
        "--access-token",
        "--registry-token",
        "--license-key",
    ];
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for run in recipe.all("RUN") {
        for command in run.commands() {
            there = true;
            let literal = |value: &str| is_value(value) && !value.contains(['$', '`', '/']);
            let option = command.words.iter().enumerate().find_map(|(at, word)| {
                let (name, value) =
                    word.split_once('=').unwrap_or((word, command.words.get(at + 1).copied().unwrap_or_default()));
                (OPTIONS.contains(&name) && literal(value) && !value.starts_with('-')).then_some(name)
            });
            let basic = || {
                let user = command.words.iter().skip_while(|word| !matches!(**word, "-u" | "--user")).nth(1);
                let given = user.and_then(|user| user.split_once(':')).is_some_and(|(_, password)| literal(password));
                (matches!(command.program, "curl" | "wget") && given).then_some("-u")
            };
            let set = || command.env.iter().find(|(name, value)| is_name(name) && literal(value)).map(|(name, _)| *name);
            let exported = || {
                let pairs = command.words.iter().filter_map(|word| word.split_once('='));
                let mut pairs = pairs.filter(|(name, value)| is_name(name) && literal(value));
                if command.program == "export" { pairs.next().map(|(name, _)| name) } else { None }
            };
            let address = || command.words.iter().any(|word| has_url_password(word)).then_some("://");
            if let Some(what) = option.or_else(basic).or_else(set).or_else(exported).or_else(address) {
                let locator = run.locator(&recipe, &format!("{} {what}", command.program));
                tally.bad(&command.pointer, locator, format!("{} {what} {MASK}", command.program), "RUN --mount=type=secret");
            }
        }
    }
    if there { tally.verdict() } else { none("RUN") }
}

/// A label that carries a secret.
pub(crate) fn secret_in_label(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for label in recipe.all("LABEL") {
        there = true;
        for (name, value) in label.pairs() {
            let last = name.rsplit('.').next().unwrap_or(name);
            if value.known().and_then(Value::as_str).is_some_and(|value| is_pair(last, value)) {
                tally.bad(&label.pointer, label.locator(&recipe, name), format!("LABEL {name}={MASK}"), "");
            }
        }
    }
    if there { tally.verdict() } else { none("LABEL") }
}
