//! Checks of how packages are installed: questions, recommendations, leftovers, upgrades.

use super::install::{Install, Manager, install, is_local, is_pinned};
use super::view::{Command, Instruction, Recipe, listed, none, of_commands};
use crate::piece::Tally;
use vigie_model::configuration::Piece;
use vigie_model::verdict::Verdict;

/// Judges every installation by one manager.
fn of_installs<'a>(
    piece: &'a Piece,
    manager: Manager,
    what: &str,
    judge: impl Fn(&Recipe<'a>, &Instruction<'a>, &Command<'a>, &Install<'_>, &mut Tally<'a>),
) -> Verdict {
    let wanted = |command: &Command<'a>| install(command).is_some_and(|install| install.manager == manager);
    of_commands(piece, what, wanted, |recipe, run, command, tally| {
        if let Some(install) = install(command) {
            judge(recipe, run, command, &install, tally);
        }
    })
}

fn unpinned(piece: &Piece, manager: Manager, what: &'static str, expected: &'static str) -> Verdict {
    of_installs(piece, manager, what, |recipe, run, command, install, tally| {
        let mut bad = Vec::new();
        for package in install.packages.iter().filter(|package| !is_local(package)) {
            // What comes with Python is only renewed.
            if manager == Manager::Pip && matches!(*package, "pip" | "setuptools" | "wheel") {
                continue;
            }
            match is_pinned(manager, package, command) {
                Some(true) => {}
                Some(false) => bad.push(*package),
                None => unknown_word(command, package, tally),
            }
        }
        if !bad.is_empty() {
            tally.bad(&command.pointer, run.locator(recipe, what), listed(bad), expected);
        }
    })
}

fn unknown_word<'a>(command: &Command<'a>, word: &str, tally: &mut Tally<'a>) {
    if let Some(word) = command.words.iter().find(|known| **known == word) {
        tally.unknown(word);
    }
}

/// Debian packages without versions.
pub(crate) fn apt_unpinned(piece: &Piece, _: &[Piece]) -> Verdict {
    unpinned(piece, Manager::Apt, "apt-get install", "name=version")
}

/// Alpine packages without versions.
pub(crate) fn apk_unpinned(piece: &Piece, _: &[Piece]) -> Verdict {
    unpinned(piece, Manager::Apk, "apk add", "name=version")
}

/// RPM packages without versions.
pub(crate) fn rpm_unpinned(piece: &Piece, _: &[Piece]) -> Verdict {
    let rpm = unpinned(piece, Manager::Rpm, "dnf install", "name-version");
    let zypper = unpinned(piece, Manager::Zypper, "zypper install", "name=version");
    worse(rpm, zypper)
}

/// The verdict that says more.
fn worse(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Fail { mut evidence }, Verdict::Fail { evidence: more }) => {
            evidence.extend(more);
            Verdict::Fail { evidence }
        }
        (fail @ Verdict::Fail { .. }, _) | (_, fail @ Verdict::Fail { .. }) => fail,
        (unknown @ Verdict::Unknown { .. }, _) | (_, unknown @ Verdict::Unknown { .. }) => unknown,
        (Verdict::NotApplicable { .. }, other) => other,
        (one, _) => one,
    }
}

/// Python packages without versions.
pub(crate) fn pip_unpinned(piece: &Piece, _: &[Piece]) -> Verdict {
    unpinned(piece, Manager::Pip, "pip install", "name==version")
}

/// npm packages without versions.
pub(crate) fn npm_unpinned(piece: &Piece, _: &[Piece]) -> Verdict {
    unpinned(piece, Manager::Npm, "npm install", "name@version")
}

/// Gems without versions.
pub(crate) fn gem_unpinned(piece: &Piece, _: &[Piece]) -> Verdict {
    unpinned(piece, Manager::Gem, "gem install", "name:version")
}

/// Go programs at `latest` or a branch.
pub(crate) fn go_unpinned(piece: &Piece, _: &[Piece]) -> Verdict {
    unpinned(piece, Manager::Go, "go install", "module@v1.2.3")
}

/// Rust programs without versions.
pub(crate) fn cargo_unpinned(piece: &Piece, _: &[Piece]) -> Verdict {
    unpinned(piece, Manager::Cargo, "cargo install", "name@version")
}

/// An installation that waits for an answer that nobody gives.
pub(crate) fn install_asks_back(piece: &Piece, _: &[Piece]) -> Verdict {
    let wanted = |command: &Command<'_>| {
        let asks = command.program != "microdnf" && !matches!(command.after, "|");
        asks && install(command).is_some_and(|install| matches!(install.manager, Manager::Apt | Manager::Rpm | Manager::Zypper))
    };
    let told = text_of(piece).any(|text| ["Assume-Yes", "assumeyes"].iter().any(|word| text.contains(word)));
    of_commands(piece, "apt-get install", wanted, |recipe, run, command, tally| {
        let long = [
            "--yes",
            "--assume-yes",
            "--assumeyes",
            "--force-yes",
            "--non-interactive",
            "--no-confirm",
            "--quiet=2",
            "--simulate",
            "--download-only",
        ];
        let zypper = command.program == "zypper" && command.short('n', "");
        let quiet = command.has(&["-qq"]) || command.words.iter().any(|word| word.starts_with("-q") && word.contains("qq"));
        let quiet = quiet && matches!(command.program, "apt-get" | "apt");
        if told || command.has(&long) || command.short('y', "oct") || zypper || quiet {
            return;
        }
        match command.open() {
            Some(word) => unknown_word(command, word, tally),
            None => tally.bad(
                &command.pointer,
                run.locator(recipe, command.program),
                command.shown(),
                format!("{} -y", command.program),
            ),
        }
    })
}

/// The texts of all `RUN`s, for settings that are written to files.
fn text_of<'a>(piece: &'a Piece) -> impl Iterator<Item = &'a str> {
    let recipe = Recipe::of(piece);
    let texts: Vec<&'a str> = recipe.all("RUN").map(|run| run.text("text")).collect();
    texts.into_iter()
}

/// Packages that nobody asked for.
pub(crate) fn apt_recommends(piece: &Piece, _: &[Piece]) -> Verdict {
    let told = text_of(piece).any(|text| text.contains("Install-Recommends") && !text.contains("apt-get -o"));
    of_installs(piece, Manager::Apt, "apt-get install", |recipe, run, command, _, tally| {
        let off =
            command.words.iter().any(|word| word.starts_with("--no-install-recommends") || word.contains("Install-Recommends"));
        let off = off || (command.program == "aptitude" && command.has(&["-R", "--without-recommends"]));
        if off || told {
            return;
        }
        if let Some(word) = command.open() {
            return unknown_word(command, word, tally);
        }
        tally.bad(&command.pointer, run.locator(recipe, "apt-get install"), command.shown(), "--no-install-recommends");
    })
}

/// `apt`, whose options and output are for people and change.
pub(crate) fn apt_for_people(piece: &Piece, _: &[Piece]) -> Verdict {
    let wanted = |command: &Command<'_>| matches!(command.program, "apt" | "apt-get");
    of_commands(piece, "apt", wanted, |recipe, run, command, tally| {
        if command.program == "apt" {
            tally.bad(&command.pointer, run.locator(recipe, "apt"), command.shown(), "apt-get");
        }
    })
}

/// Judges every `RUN` of what is shipped that has a command `of_interest`, unless something in it cleans up.
fn leftovers<'a>(
    piece: &'a Piece,
    what: &str,
    of_interest: impl Fn(&Command<'a>) -> bool,
    cleaned: impl Fn(&Instruction<'a>, &[Command<'a>]) -> bool,
    expected: &str,
) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for run in recipe.shipped_all("RUN") {
        let commands = run.commands();
        let Some(command) = commands.iter().find(|command| of_interest(command)) else { continue };
        there = true;
        if !cleaned(run, &commands) {
            tally.bad(&command.pointer, run.locator(&recipe, what), command.shown(), expected);
        }
    }
    if there { tally.verdict() } else { none(what) }
}

/// Whether a command deletes below one of the folders.
fn deletes(command: &Command<'_>, folders: &[&str]) -> bool {
    let deletes = matches!(command.program, "rm" | "find" | "xargs" | "unlink");
    let grouped = |word: &str, folder: &str| {
        word.contains('{') && folder.split('/').filter(|part| !part.is_empty()).all(|part| word.contains(part))
    };
    deletes && command.words.iter().any(|word| folders.iter().any(|folder| word.contains(folder) || grouped(word, folder)))
}

/// Package lists of apt that stay in a layer.
pub(crate) fn apt_lists_left(piece: &Piece, _: &[Piece]) -> Verdict {
    let updates = |command: &Command<'_>| matches!(command.program, "apt-get" | "apt" | "aptitude") && command.verb() == "update";
    let cleaned = |run: &Instruction<'_>, commands: &[Command<'_>]| {
        let deleted = |command: &Command<'_>| {
            deletes(command, &["/var/lib/apt", "/var/lib/*"]) || matches!(command.verb(), "distclean" | "dist-clean")
        };
        run.mounts("cache", "/var/lib/apt") || run.mounts("tmpfs", "/var/lib/apt") || commands.iter().any(deleted)
    };
    leftovers(piece, "apt-get update", updates, cleaned, "rm -rf /var/lib/apt/lists/*")
}

/// The index of apk that stays in a layer.
pub(crate) fn apk_cache_left(piece: &Piece, _: &[Piece]) -> Verdict {
    let adds = |command: &Command<'_>| {
        install(command).is_some_and(|install| install.manager == Manager::Apk) && !command.has(&["--no-cache"])
    };
    let cleaned = |run: &Instruction<'_>, commands: &[Command<'_>]| {
        let mounted = run.mounts("cache", "/var/cache/apk") || run.mounts("cache", "/etc/apk/cache");
        mounted || commands.iter().any(|command| deletes(command, &["/var/cache/apk", "/var/cache/*"]))
    };
    let any = of_commands(
        piece,
        "apk add",
        |command| install(command).is_some_and(|install| install.manager == Manager::Apk),
        |_, _, _, _| {},
    );
    match leftovers(piece, "apk add", adds, cleaned, "apk add --no-cache") {
        Verdict::NotApplicable { .. } if matches!(any, Verdict::Pass) => Verdict::Pass,
        verdict => verdict,
    }
}

/// What dnf, yum and zypper downloaded and left.
pub(crate) fn rpm_cache_left(piece: &Piece, _: &[Piece]) -> Verdict {
    let installs =
        |command: &Command<'_>| install(command).is_some_and(|install| matches!(install.manager, Manager::Rpm | Manager::Zypper));
    let cleaned = |run: &Instruction<'_>, commands: &[Command<'_>]| {
        let folders = ["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/zypp", "/var/cache"];
        let mounted = folders.iter().any(|folder| run.mounts("cache", folder));
        let rpm = ["dnf", "yum", "microdnf", "zypper", "tdnf", "dnf5"];
        let clean = |command: &Command<'_>| rpm.contains(&command.program) && command.has(&["clean", "cc"]);
        mounted || commands.iter().any(|command| clean(command) || deletes(command, &folders))
    };
    leftovers(piece, "dnf install", installs, cleaned, "dnf clean all")
}

/// What pip downloaded and left.
pub(crate) fn pip_cache_left(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let on = |value: &str| !matches!(value, "" | "0" | "false" | "off" | "no");
    let set = recipe.shipped().into_iter().any(|stage| recipe.has_env(stage, "PIP_NO_CACHE_DIR", on));
    let told = set || text_of(piece).any(|text| text.contains("no-cache-dir true") || text.contains("no-cache-dir=true"));
    let installs = |command: &Command<'_>| {
        command.program != "uv" && install(command).is_some_and(|install| install.manager == Manager::Pip)
    };
    let cleaned = |run: &Instruction<'_>, commands: &[Command<'_>]| {
        let without = |command: &Command<'_>| {
            let env = command.env.iter().any(|(name, value)| *name == "PIP_NO_CACHE_DIR" && on(value));
            !installs(command) || env || command.has(&["--no-cache-dir", "--no-cache"])
        };
        let purged = |command: &Command<'_>| {
            deletes(command, &[".cache", "/root/.cache"]) || (command.has(&["cache"]) && command.has(&["purge"]))
        };
        let exported = |command: &Command<'_>| {
            command.program == "export" && command.words.iter().any(|word| word.starts_with("PIP_NO_CACHE_DIR="))
        };
        told || run.mounts("cache", "/root/.cache/pip")
            || commands.iter().all(without)
            || commands.iter().any(|command| purged(command) || exported(command))
    };
    leftovers(piece, "pip install", installs, cleaned, "pip install --no-cache-dir")
}

/// `apt-get update` in an instruction of its own: what is installed later comes from an old list.
pub(crate) fn package_lists_alone(piece: &Piece, _: &[Piece]) -> Verdict {
    const IDLE: [&str; 16] = [
        "apt-get", "apt", "rm", "set", "echo", "dpkg", "sed", "printf", "export", "true", "sleep", "", "cat", "mkdir", "ln",
        "date",
    ];
    const USES: [&str; 8] = ["install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep", "download", "source", "satisfy"];
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for run in recipe.all("RUN") {
        let commands = run.commands();
        let apt = |command: &Command<'_>| matches!(command.program, "apt-get" | "apt");
        let Some(update) = commands.iter().find(|command| apt(command) && command.verb() == "update") else { continue };
        there = true;
        let alone = commands.iter().all(|command| IDLE.contains(&command.program) && !(apt(command) && command.has(&USES)));
        if alone {
            tally.bad(
                &update.pointer,
                run.locator(&recipe, "apt-get update"),
                update.shown(),
                "apt-get update && apt-get install …",
            );
        }
    }
    if there { tally.verdict() } else { none("apt-get update") }
}

/// Upgrading everything within a layer.
pub(crate) fn whole_upgrade(piece: &Piece, _: &[Piece]) -> Verdict {
    let managers = |command: &Command<'_>| {
        matches!(command.program, "apt-get" | "apt" | "apk" | "yum" | "dnf" | "microdnf" | "zypper" | "tdnf")
    };
    of_commands(piece, "apt-get", managers, |recipe, run, command, tally| {
        let words = command.words.iter().filter(|word| !word.starts_with('-'));
        let (verb, packages) = (command.verb(), words.count().saturating_sub(1));
        let upgrades = match command.program {
            "apt-get" | "apt" => matches!(verb, "upgrade" | "dist-upgrade" | "full-upgrade"),
            "apk" => verb == "upgrade",
            "zypper" => matches!(verb, "update" | "up" | "dist-upgrade" | "dup"),
            _ => matches!(verb, "update" | "upgrade"),
        };
        if upgrades && packages == 0 {
            tally.bad(&command.pointer, run.locator(recipe, &format!("{} {verb}", command.program)), command.shown(), "");
        }
    })
}
