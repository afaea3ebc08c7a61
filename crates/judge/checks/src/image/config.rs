//! Checks of what an image says of itself: its configuration and its history.

use super::facts::{name_of, proof};
use crate::reference::Reference;
use crate::secretish::{MASK, is_name, is_pair, is_value, masked};
use crate::sensitive::is_system_volume;
use vigie_model::image::{HealthCheck, ImageFacts};
use vigie_model::text;
use vigie_model::verdict::{Evidence, Verdict};

/// More layers than anybody can review, on the way to the limit of 127 that overlay file systems have.
const LAYERS_MAX: usize = 60;

fn no_history() -> Verdict {
    Verdict::unknown(text!(
        en "the image has no history",
        fr "l’image n’a pas d’historique",
        de "das Image hat keine Historie"
    ))
}

/// It runs as root.
pub(crate) fn user_root(facts: &ImageFacts) -> Verdict {
    let user = facts.config.user.split(':').next().unwrap_or_default();
    // A name is root where the accounts say so; without accounts only `root` is.
    let named = facts.accounts.iter().flatten().any(|account| account.name == user && account.uid == 0);
    let root = user.is_empty() || user == "root" || named || user.bytes().all(|byte| byte == b'0');
    let found = || proof("user", "config.User", format!("User {:?}", facts.config.user));
    Verdict::from_evidence(if root { vec![found()] } else { Vec::new() })
}

/// A service without a health check.
pub(crate) fn health_check_missing(facts: &ImageFacts) -> Verdict {
    if facts.config.ports.is_empty() {
        return Verdict::not_applicable(text!(
            en "it exposes no port",
            fr "elle n’expose aucun port",
            de "es gibt keinen Port an"
        ));
    }
    let asked = |check: &HealthCheck| check.test.first().is_some_and(|first| first != "NONE");
    let missing = !facts.config.health_check.as_ref().is_some_and(asked);
    Verdict::from_evidence(if missing { vec![proof("health check", "config.Healthcheck", "")] } else { Vec::new() })
}

/// The reference has no version.
pub(crate) fn floating_tag(facts: &ImageFacts) -> Verdict {
    let reference = Reference::of(&facts.reference);
    let is_path = facts.reference.starts_with(['/', '.']) || facts.reference.ends_with(".tar") || facts.reference.contains('#');
    if facts.reference.is_empty() || is_path {
        return Verdict::not_applicable(text!(
            en "it was read from a file",
            fr "elle a été lue dans un fichier",
            de "es wurde aus einer Datei gelesen"
        ));
    }
    Verdict::from_evidence(if reference.floats() { vec![proof("tag", "", facts.reference.as_str())] } else { Vec::new() })
}

/// A secret in the environment.
pub(crate) fn secret_in_environment(facts: &ImageFacts) -> Verdict {
    let pairs = facts.config.env.iter().filter_map(|pair| pair.split_once('='));
    let bad = pairs.filter(|(name, value)| is_pair(name, value));
    Verdict::from_evidence(bad.map(|(name, _)| proof(name, "config.Env", format!("{name}={MASK}"))).collect())
}

/// A secret in the history: a build argument, or on a command line.
pub(crate) fn secret_in_history(facts: &ImageFacts) -> Verdict {
    if facts.config.history.is_empty() {
        return no_history();
    }
    let mut bad: Vec<Evidence> = Vec::new();
    for (number, step) in facts.config.history.iter().enumerate() {
        for word in step.created_by.split_whitespace() {
            let Some((name, value)) = word.split_once('=') else { continue };
            let plain = name.trim_start_matches('-');
            let used = plain.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
            // What `ENV` sets is in the configuration, too, and found there.
            let env = step.created_by.contains("ENV ");
            if used
                && !env
                && is_name(plain)
                && is_value(value)
                && !value.contains(['$', '`'])
                && !bad.iter().any(|proof| proof.locator == plain)
            {
                bad.push(proof(plain, format!("history {number}"), format!("{plain}={MASK}")));
            }
        }
        let hidden = masked(&step.created_by);
        if hidden.contains(&format!(":{MASK}@")) {
            bad.push(proof(format!("address {number}"), format!("history {number}"), short(&hidden)));
        }
    }
    Verdict::from_evidence(bad)
}

fn short(text: &str) -> String {
    const LENGTH: usize = 120;
    text.chars().take(LENGTH).collect()
}

/// Judges each step behind the first one that made a layer: that is the base's, which nothing else can make.
fn of_steps(facts: &ImageFacts, what: &str, bad: impl Fn(&str) -> bool) -> Verdict {
    let history = &facts.config.history;
    if history.is_empty() {
        return no_history();
    }
    let first = history.iter().position(|step| step.layer.is_some()).unwrap_or_default();
    let steps = history.iter().enumerate().skip(first + 1).filter(|(_, step)| bad(&step.created_by));
    let place = |number: usize| format!("history {number}");
    Verdict::from_evidence(
        steps.take(1).map(|(number, step)| proof(what, place(number), short(&masked(&step.created_by)))).collect(),
    )
}

/// `ADD` of an address, or of plain files. An archive of one's own is what `ADD` is for: it is unpacked.
pub(crate) fn add_in_history(facts: &ImageFacts) -> Verdict {
    of_steps(facts, "ADD", |step| {
        let instruction = step.trim_start_matches("/bin/sh -c #(nop)").trim_start();
        instruction.strip_prefix("ADD ").is_some_and(|rest| !unpacks(rest))
    })
}

/// Whether what is added is an archive that is not fetched.
fn unpacks(arguments: &str) -> bool {
    const ARCHIVES: [&str; 9] = [".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst", ".tzst"];
    let sources = arguments.split_whitespace().find(|word| !word.starts_with("--"));
    sources.is_some_and(|source| !source.contains("://") && ARCHIVES.iter().any(|end| source.ends_with(end)))
}

/// The whole system was upgraded.
pub(crate) fn upgrade_in_history(facts: &ImageFacts) -> Verdict {
    of_steps(facts, "upgrade", |step| {
        [
            "apt-get upgrade",
            "apt-get -y upgrade",
            "apt-get dist-upgrade",
            "apt-get -y dist-upgrade",
            "apk upgrade",
            "apk --no-cache upgrade",
            "dnf -y upgrade",
            "dnf upgrade",
            "yum -y update",
            "yum update",
        ]
        .iter()
        .any(|command| step.contains(command))
    })
}

/// So many layers that nobody can review them.
pub(crate) fn many_layers(facts: &ImageFacts) -> Verdict {
    let layers = facts.layers.len();
    let many = || Evidence { expected: format!("≤ {LAYERS_MAX}"), ..proof("layers", "", layers.to_string()) };
    Verdict::from_evidence(if layers > LAYERS_MAX { vec![many()] } else { Vec::new() })
}

/// Instructions for images built on this one.
pub(crate) fn onbuild_left(facts: &ImageFacts) -> Verdict {
    let steps = facts.config.on_build.iter().map(|step| proof(short(&masked(step)), "config.OnBuild", short(&masked(step))));
    Verdict::from_evidence(steps.collect())
}

/// Started through a shell, which does not pass signals on.
pub(crate) fn start_by_shell(facts: &ImageFacts) -> Verdict {
    let start = if facts.config.entrypoint.is_empty() { &facts.config.cmd } else { &facts.config.entrypoint };
    if start.is_empty() {
        return Verdict::not_applicable(text!(
            en "it starts nothing by itself",
            fr "elle ne démarre rien d’elle-même",
            de "es startet von sich aus nichts"
        ));
    }
    let [shell, option, line, ..] = start.as_slice() else { return Verdict::Pass };
    let by_shell = matches!(name_of(shell), "sh" | "bash" | "ash" | "dash") && option.starts_with('-') && option.ends_with('c');
    let replaced = line.trim_start().starts_with("exec ") || line.contains("&& exec ") || line.contains("; exec ");
    let found = || proof("start", "config.Entrypoint", short(&masked(&start.join(" "))));
    Verdict::from_evidence(if by_shell && !replaced { vec![found()] } else { Vec::new() })
}

/// Ports of remote access.
pub(crate) fn port_of_remote_access(facts: &ImageFacts) -> Verdict {
    let port = |text: &str| text.split('/').next().unwrap_or_default().parse::<u16>().unwrap_or_default();
    let bad = facts.config.ports.iter().filter(|text| matches!(port(text), 22 | 23 | 2375 | 3389 | 5900));
    Verdict::from_evidence(bad.map(|port| proof(port, "config.ExposedPorts", port)).collect())
}

/// System folders or the engine's socket as volumes.
pub(crate) fn volume_of_system(facts: &ImageFacts) -> Verdict {
    let bad = facts.config.volumes.iter().filter(|path| is_system_volume(path));
    Verdict::from_evidence(bad.map(|path| proof(path, "config.Volumes", path)).collect())
}
