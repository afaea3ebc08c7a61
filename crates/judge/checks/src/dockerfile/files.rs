//! Checks of files: what is copied, from where, with which rights.

use super::view::{Instruction, Recipe, none, of_all, of_commands};
use crate::piece::Tally;
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::verdict::Verdict;

/// `ADD` where `COPY` does the same and nothing else.
pub(crate) fn add_for_copy(piece: &Piece, _: &[Piece]) -> Verdict {
    const UNPACKED: [&str; 9] = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".gz"];
    of_all(piece, "ADD", |recipe: &Recipe<'_>, add: &Instruction<'_>, tally: &mut Tally<'_>| {
        for source in add.values("sources").filter_map(Look::known).filter_map(Value::as_str) {
            let remote = source.contains("://") || source.starts_with("git@");
            let small = source.to_ascii_lowercase();
            let unpacked = UNPACKED.iter().any(|end| small.ends_with(end)) || small.contains(".tar.");
            if !remote && !unpacked {
                tally.bad(&add.pointer, add.locator(recipe, source), format!("ADD {source}"), format!("COPY {source}"));
            }
        }
    })
}

/// Files that hold secrets by their very name.
pub(crate) fn copied_secret(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for op in ["COPY", "ADD"] {
        for copy in recipe.shipped_all(op) {
            there = true;
            for source in copy.texts("sources").into_iter().filter(|source| is_secret_file(source)) {
                tally.bad(&copy.pointer, copy.locator(&recipe, source), format!("{op} {source}"), "RUN --mount=type=secret");
            }
        }
    }
    if there { tally.verdict() } else { none("COPY") }
}

fn is_secret_file(path: &str) -> bool {
    const NAMES: [&str; 25] = [
        ".env",
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        ".npmrc",
        ".pypirc",
        ".netrc",
        ".git-credentials",
        ".aws",
        ".ssh",
        ".kube",
        "kubeconfig",
        ".vault-token",
        ".pgpass",
        "terraform.tfstate",
        ".gnupg",
        "secrets.yml",
        "secrets.yaml",
        "secrets.json",
        "credentials.json",
        ".dockercfg",
        "master.key",
        ".my.cnf",
        ".s3cfg",
    ];
    const ENDS: [&str; 6] = [".p12", ".pfx", ".jks", ".keystore", ".ppk", ".kdbx"];
    const SAMPLES: [&str; 7] = ["example", "sample", "template", "dist", "defaults", "schema", "test"];
    let path = path.trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or(path);
    let sample = name.split(['.', '-', '_']).any(|part| SAMPLES.contains(&part));
    let env = name.starts_with(".env.") && !name.ends_with(".js");
    !sample
        && (NAMES.contains(&name)
            || env
            || ENDS.iter().any(|end| name.ends_with(end))
            || path.ends_with(".aws/credentials")
            || path.ends_with(".docker/config.json"))
}

/// `COPY --from` a stage that is not there yet, or itself.
pub(crate) fn copy_from_nowhere(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for copy in recipe.all("COPY") {
        for from in copy.flag("from") {
            there = true;
            match from {
                Look::Known(from) => {
                    let from = from.as_str().unwrap_or_default();
                    let named =
                        recipe.stages.iter().position(|stage| !stage.name.is_empty() && stage.name.eq_ignore_ascii_case(from));
                    let number = from.parse::<usize>().ok();
                    if number.or(named).is_some_and(|stage| stage >= copy.stage) {
                        tally.bad(&copy.pointer, copy.locator(&recipe, &format!("--from={from}")), format!("--from={from}"), "");
                    }
                }
                Look::Unknown(expression) => tally.unknown(expression),
                Look::Absent => {}
            }
        }
    }
    if there { tally.verdict() } else { none("--from") }
}

/// The rights that `chmod` gives, in so far as a check asks.
struct Mode {
    others_write: bool,
    sticky: bool,
    set_user: bool,
}

impl Mode {
    fn of(text: &str) -> Option<Self> {
        if let Ok(bits) = u32::from_str_radix(text, 8) {
            return Some(Self { others_write: bits & 0o002 != 0, sticky: bits & 0o1000 != 0, set_user: bits & 0o4000 != 0 });
        }
        let mut mode = Self { others_write: false, sticky: false, set_user: false };
        let symbolic = |char: char| "ugoarwxXst+-=,".contains(char);
        if text.is_empty() || !text.chars().all(symbolic) || !text.contains(['+', '=']) {
            return None;
        }
        for part in text.split(',') {
            let Some((who, what)) = part.split_once(['+', '=']) else { continue };
            mode.others_write |= what.contains('w') && who.contains(['o', 'a']);
            mode.sticky |= what.contains('t');
            mode.set_user |= what.contains('s') && (who.is_empty() || who.contains(['u', 'a']));
        }
        Some(mode)
    }
}

/// Judges every mode that a recipe gives to files.
fn of_modes(piece: &Piece, bad: impl Fn(&Mode) -> bool) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for op in ["COPY", "ADD"] {
        for copy in recipe.all(op) {
            for mode in copy.flag("chmod").into_iter().filter_map(Look::known).filter_map(Value::as_str) {
                there = true;
                if Mode::of(mode).is_some_and(|mode| bad(&mode)) {
                    let target = copy.look("target").known().and_then(Value::as_str).unwrap_or_default();
                    tally.bad(&copy.pointer, copy.locator(&recipe, target), format!("--chmod={mode} {target}"), "");
                }
            }
        }
    }
    for run in recipe.all("RUN") {
        for command in run.commands().iter().filter(|command| command.program == "chmod") {
            there = true;
            let mode = command.words.iter().find_map(|word| Mode::of(word));
            if mode.is_some_and(|mode| bad(&mode)) {
                let target = command.words.last().copied().unwrap_or_default();
                tally.bad(&command.pointer, run.locator(&recipe, &format!("chmod {target}")), command.shown(), "");
            }
        }
    }
    if there { tally.verdict() } else { none("chmod") }
}

/// Files that everybody may change.
pub(crate) fn mode_open_to_all(piece: &Piece, _: &[Piece]) -> Verdict {
    of_modes(piece, |mode| mode.others_write && !mode.sticky)
}

/// Programs that run as their owner, whoever starts them.
pub(crate) fn mode_setuid(piece: &Piece, _: &[Piece]) -> Verdict {
    of_modes(piece, |mode| mode.set_user)
}

/// `WORKDIR` below wherever the base happens to be.
pub(crate) fn workdir_relative(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    // Whether an absolute one came before, in the stage or below it.
    let mut anchored: Vec<bool> = Vec::new();
    for stage in &recipe.stages {
        let mut absolute = stage.base.and_then(|base| anchored.get(base).copied()).unwrap_or_default();
        for workdir in stage.instructions.iter().filter(|instruction| instruction.op == "WORKDIR") {
            there = true;
            let path = match workdir.look("path") {
                Look::Known(path) => path.as_str().unwrap_or_default(),
                Look::Unknown(expression) => {
                    if !absolute && !is_absolute(expression) {
                        tally.unknown(expression);
                    }
                    absolute = true;
                    continue;
                }
                Look::Absent => continue,
            };
            if is_absolute(path) {
                absolute = true;
            } else if !absolute {
                tally.bad(
                    &workdir.pointer,
                    workdir.locator(&recipe, path),
                    format!("WORKDIR {path}"),
                    format!("WORKDIR /{path}"),
                );
            }
        }
        anchored.push(absolute);
    }
    if there { tally.verdict() } else { none("WORKDIR") }
}

fn is_absolute(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    path.starts_with(['/', '\\']) || drive
}

/// `cd` as the last command of a `RUN`: the next one starts where this one did.
pub(crate) fn cd_without_effect(piece: &Piece, _: &[Piece]) -> Verdict {
    let cds = |run: &Instruction<'_>| run.commands().iter().any(|command| command.program == "cd");
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for run in recipe.all("RUN").filter(|run| cds(run)) {
        there = true;
        let commands = run.commands();
        if let Some(last) = commands.last().filter(|last| last.program == "cd" && !last.inner) {
            tally.bad(&last.pointer, run.locator(&recipe, &last.shown()), last.shown(), format!("WORKDIR {}", last.verb()));
        }
    }
    if there { tally.verdict() } else { none("cd") }
}

/// A folder of the engine or the kernel as a volume.
pub(crate) fn volume_of_system(piece: &Piece, _: &[Piece]) -> Verdict {
    of_all(piece, "VOLUME", |recipe: &Recipe<'_>, volume: &Instruction<'_>, tally: &mut Tally<'_>| {
        for path in volume.texts("paths") {
            if crate::sensitive::is_system_volume(path) {
                tally.bad(&volume.pointer, volume.locator(recipe, path), format!("VOLUME {path}"), "");
            }
        }
    })
}

/// A secret of the build that a command writes into the image.
pub(crate) fn secret_mount_kept(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for run in recipe.all("RUN") {
        let mounts = run.flag("mount");
        let secrets = mounts.iter().filter_map(|mount| mount.known()?.as_str()).filter(|mount| mount.contains("type=secret"));
        for mount in secrets {
            there = true;
            let field = |name: &str| {
                mount.split(',').find_map(|part| part.split_once('=').filter(|(key, _)| *key == name)).map(|(_, value)| value)
            };
            let id = field("id").unwrap_or_default();
            let path = field("target").or_else(|| field("dst")).map_or_else(|| format!("/run/secrets/{id}"), str::to_owned);
            let commands = run.commands();
            for command in &commands {
                let names = command.words.iter().any(|word| word.contains(&path))
                    || command.to.iter().any(|(sign, file)| *sign == "<" && *file == path);
                let file = match command.program {
                    "cp" | "mv" | "install" | "ln" => command.words.last().copied().filter(|last| !last.contains(&path)),
                    "cat" | "base64" | "sed" | "tr" | "tee" => {
                        command.to.iter().find(|(sign, _)| sign.starts_with('>')).map(|(_, file)| *file)
                    }
                    _ => None,
                };
                let Some(file) = file.filter(|file| names && !file.starts_with("/dev/") && !file.starts_with("/proc/")) else {
                    continue;
                };
                let removed = commands.iter().any(|command| command.program == "rm" && command.words.contains(&file));
                if !removed {
                    tally.bad(&command.pointer, run.locator(&recipe, file), command.shown(), "");
                }
            }
        }
    }
    if there { tally.verdict() } else { none("--mount=type=secret") }
}

/// `RUN --security=insecure`, `--network=host`.
pub(crate) fn build_privileges(piece: &Piece, _: &[Piece]) -> Verdict {
    of_all(piece, "RUN", |recipe: &Recipe<'_>, run: &Instruction<'_>, tally: &mut Tally<'_>| {
        for (flag, bad) in [("security", "insecure"), ("network", "host")] {
            for given in run.flag(flag) {
                match given {
                    Look::Known(value) if value == bad => {
                        tally.bad(&run.pointer, run.locator(recipe, &format!("--{flag}")), format!("--{flag}={bad}"), "");
                    }
                    Look::Unknown(expression) => tally.unknown(expression),
                    Look::Known(_) | Look::Absent => {}
                }
            }
        }
    })
}

/// A command that somebody put in by hand and that has no use within a container.
pub(crate) fn idle_command(piece: &Piece, _: &[Piece]) -> Verdict {
    const IDLE: [&str; 8] = ["shutdown", "reboot", "service", "systemctl", "mount", "modprobe", "ufw", "init"];
    let wanted = |command: &super::view::Command<'_>| IDLE.contains(&command.program);
    of_commands(piece, "service", wanted, |recipe, run, command, tally| {
        // Enabling a unit only makes a link.
        let links =
            command.program == "systemctl" && command.has(&["enable", "disable", "mask", "set-default", "preset", "preset-all"]);
        if !links && !command.inner {
            tally.bad(&command.pointer, run.locator(recipe, command.program), command.shown(), "");
        }
    })
}
