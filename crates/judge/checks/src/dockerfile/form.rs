//! Checks of how instructions are written: what a builder or an engine does with them surprises.

use super::view::{Command, Instruction, Recipe, none, of_all, shortened};
use crate::piece::Tally;
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::verdict::Verdict;

/// Of several `CMD`, `ENTRYPOINT` or `HEALTHCHECK` in one stage only the last one counts.
pub(crate) fn start_given_twice(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for stage in &recipe.stages {
        for op in ["CMD", "ENTRYPOINT", "HEALTHCHECK"] {
            let same: Vec<_> =
                stage.instructions.iter().filter(|instruction| instruction.op == op && !instruction.later).collect();
            there |= !same.is_empty();
            if let Some((_, idle)) = same.split_last().filter(|(_, idle)| !idle.is_empty()) {
                let lines: Vec<String> = idle.iter().map(|instruction| piece.line_of(&instruction.pointer).to_string()).collect();
                tally.bad(
                    &idle[0].pointer,
                    idle[0].locator(&recipe, ""),
                    format!("{op} × {} ({})", same.len(), lines.join(", ")),
                    "",
                );
            }
        }
    }
    if there { tally.verdict() } else { none("CMD") }
}

/// `ENTRYPOINT` or `CMD` through a shell, which does not pass signals on.
pub(crate) fn start_by_shell(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    let entry = recipe.shipped_all("ENTRYPOINT").pop();
    let by_entry = entry.is_some_and(|entry| entry.text("form") == "exec");
    for op in ["ENTRYPOINT", "CMD"] {
        let Some(start) = recipe.shipped_all(op).pop() else { continue };
        there = true;
        // A shell of the kind that becomes the program it starts is fine.
        let commands = start.commands();
        let replaced = commands.last().is_some_and(|command| command.by.contains(&"exec"));
        let idle = commands.is_empty() && start.text("text").is_empty();
        let arguments = op == "CMD" && by_entry;
        if start.text("form") == "shell" && !replaced && !idle && !arguments {
            tally.bad(
                &start.pointer,
                format!("/{op}"),
                format!("{op} {}", shortened(start.text("text"))),
                format!("{op} [\"…\"]"),
            );
        }
    }
    if there { tally.verdict() } else { none("ENTRYPOINT") }
}

/// `CMD` in the form of a shell behind an `ENTRYPOINT` in the form of a list gives it `/bin/sh -c` as arguments.
pub(crate) fn arguments_by_shell(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let (Some(entry), Some(cmd)) = (recipe.shipped_all("ENTRYPOINT").pop(), recipe.shipped_all("CMD").pop()) else {
        return none("ENTRYPOINT + CMD");
    };
    // A start script that runs what it is given takes a shell's command well.
    let script = entry.texts("words").last().is_some_and(|word| {
        [".sh", "entrypoint", "--", "-c", "tini", "dumb-init", "gosu", "su-exec"].iter().any(|end| word.ends_with(end))
    });
    if cmd.text("form") == "shell" && entry.text("form") == "exec" && !entry.texts("words").is_empty() && !script {
        tally.bad(&cmd.pointer, "/CMD", format!("CMD {}", shortened(cmd.text("text"))), "CMD [\"…\"]");
    }
    tally.verdict()
}

/// Something is started, and nothing says how to ask whether it is well.
pub(crate) fn health_check_missing(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let serves = !recipe.shipped_all("EXPOSE").is_empty();
    let starts = !recipe.shipped_all("CMD").is_empty() || !recipe.shipped_all("ENTRYPOINT").is_empty();
    if !serves || !starts {
        return none("EXPOSE");
    }
    if recipe.shipped_all("HEALTHCHECK").is_empty() {
        let last = recipe.stages.last().map(|stage| stage.pointer.clone()).unwrap_or_default();
        tally.bad(&last, "/HEALTHCHECK", "", "HEALTHCHECK …");
    }
    tally.verdict()
}

/// A pipe of which only the last program's failure is seen.
pub(crate) fn pipe_hides_failure(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for run in recipe.all("RUN").filter(|run| run.text("form") == "shell") {
        let commands = run.commands();
        let with_pipe = |words: &[&str]| words.contains(&"pipefail");
        let set = with_pipe(&run.texts("shell"))
            || commands.iter().any(|command| command.program == "set" && with_pipe(&command.words));
        for (at, command) in commands.iter().enumerate().filter(|(_, command)| command.after == "|" && !command.inner) {
            let Some(left) = commands.iter().take(at).rfind(|left| !left.inner) else { continue };
            there = true;
            if !set && matters(left) && !complains(command) {
                let locator = run.locator(&recipe, &format!("{} | {}", left.program, command.program));
                tally.bad(
                    &left.pointer,
                    locator,
                    shortened(&format!("{} | {}", left.shown(), command.shown())),
                    "set -o pipefail",
                );
            }
        }
    }
    if there { tally.verdict() } else { none("|") }
}

/// Whether the failure of the program before a pipe would be missed: it fetches, or makes what others need.
fn matters(left: &Command<'_>) -> bool {
    matches!(
        left.program,
        "curl" | "wget" | "gpg" | "openssl" | "git" | "aws" | "gsutil" | "tar" | "unzip" | "base64" | "xz" | "gunzip" | "zstd"
    )
}

/// Whether the program behind a pipe fails by itself when nothing, or half of it, comes.
fn complains(right: &Command<'_>) -> bool {
    matches!(
        right.program,
        "tar" | "bsdtar" | "gpg" | "apt-key" | "gunzip" | "xz" | "unzip" | "grep" | "dpkg" | "sha256sum" | "cpio" | "zstd"
    )
}

/// `MAINTAINER`, which nothing reads any more.
pub(crate) fn maintainer_outdated(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    for line in recipe.all("MAINTAINER") {
        tally.bad(&line.pointer, line.locator(&recipe, ""), "MAINTAINER", "LABEL org.opencontainers.image.authors=…");
    }
    tally.verdict()
}

/// Instructions that run later, in somebody else's build.
pub(crate) fn onbuild_used(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    for line in recipe.instructions().filter(|instruction| instruction.later) {
        tally.bad(&line.pointer, format!("{} ONBUILD", line.locator(&recipe, "")), format!("ONBUILD {}", line.op), "");
    }
    tally.verdict()
}

/// Ports of remote access: a container is entered through its engine.
pub(crate) fn port_of_remote_access(piece: &Piece, _: &[Piece]) -> Verdict {
    of_ports(piece, |port| matches!(port, 22 | 23 | 2375 | 3389 | 5900))
}

/// Ports that do not exist.
pub(crate) fn port_out_of_range(piece: &Piece, _: &[Piece]) -> Verdict {
    of_ports(piece, |port| port == 0 || port > 65_535)
}

fn of_ports(piece: &Piece, bad: impl Fn(u64) -> bool) -> Verdict {
    of_all(piece, "EXPOSE", |recipe: &Recipe<'_>, expose: &Instruction<'_>, tally: &mut Tally<'_>| {
        for port in expose.values("ports") {
            match port {
                Look::Known(port) => {
                    let port = port.as_str().unwrap_or_default();
                    let range = port.split('/').next().unwrap_or_default();
                    let mut ends = range.split('-').filter_map(|end| end.parse::<u64>().ok());
                    if ends.any(&bad) {
                        tally.bad(&expose.pointer, expose.locator(recipe, port), format!("EXPOSE {port}"), "");
                    }
                }
                Look::Unknown(expression) => tally.unknown(expression),
                Look::Absent => {}
            }
        }
    })
}

/// A variable that is used in the instruction that sets it: it still has its old value there.
pub(crate) fn variable_used_too_early(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for env in recipe.all("ENV") {
        there = true;
        let texts = env.body.get("pairs").and_then(Value::as_array).into_iter().flatten();
        let pairs: Vec<(&str, &str)> =
            texts.filter_map(|pair| Some((pair.get("name")?.as_str()?, pair.get("text")?.as_str()?))).collect();
        for (at, (name, text)) in pairs.iter().enumerate() {
            let known_before = |earlier: &str| recipe.has_env_before(env, earlier);
            let used =
                pairs.iter().take(at).map(|(earlier, _)| *earlier).find(|earlier| uses(text, earlier) && !known_before(earlier));
            if let Some(earlier) = used {
                tally.bad(
                    &env.pointer,
                    env.locator(&recipe, name),
                    format!("{name}={}", shortened(text)),
                    format!("ENV {earlier}=… ⏎ ENV {name}=…"),
                );
            }
        }
    }
    if there { tally.verdict() } else { none("ENV") }
}

/// Whether a text refers to a variable outside single quotes.
fn uses(text: &str, name: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|char: char| char.is_ascii_alphanumeric() || char == '_');
    let plain =
        text.match_indices('$').any(|(at, _)| text.get(at + 1..).and_then(|rest| rest.strip_prefix(name)).is_some_and(ends));
    let braced =
        text.match_indices("${").any(|(at, _)| text.get(at + 2..).and_then(|rest| rest.strip_prefix(name)).is_some_and(ends));
    !text.starts_with('\'') && (plain || braced)
}
