//! Which packages a command installs, by which manager.

use super::view::Command;

/// Package managers, by the way they name versions and take options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manager {
    Apt,
    Apk,
    Rpm,
    Zypper,
    Pip,
    Npm,
    Gem,
    Go,
    Cargo,
}

impl Manager {
    /// Options that take the next word.
    const fn valued(self) -> &'static [&'static str] {
        match self {
            Self::Apt => &["-t", "-o", "-c", "--target-release", "--default-release", "--option", "--config-file", "-a"],
            Self::Apk => &[
                "-t",
                "--virtual",
                "-X",
                "--repository",
                "-p",
                "--root",
                "--keys-dir",
                "--arch",
                "--repositories-file",
                "--wait",
                "--cache-dir",
            ],
            Self::Rpm => &[
                "-c",
                "-x",
                "--exclude",
                "--installroot",
                "--setopt",
                "--releasever",
                "--enablerepo",
                "--disablerepo",
                "-d",
                "-e",
                "-R",
                "--repo",
            ],
            Self::Zypper => {
                &["-r", "--repo", "--from", "-t", "--type", "--name", "-p", "--plus-repo", "-R", "--root", "--reposd-dir", "-c"]
            }
            Self::Pip => &[
                "-r",
                "-c",
                "-e",
                "-i",
                "-t",
                "-f",
                "-d",
                "--requirement",
                "--constraint",
                "--editable",
                "--index-url",
                "--extra-index-url",
                "--target",
                "--prefix",
                "--find-links",
                "--trusted-host",
                "--timeout",
                "--proxy",
                "--root",
                "--no-binary",
                "--only-binary",
                "--platform",
                "--python-version",
                "--implementation",
                "--abi",
                "--cache-dir",
                "--retries",
                "--src",
                "--upgrade-strategy",
                "--progress-bar",
                "--config-settings",
                "--global-option",
                "--python",
                "--default-timeout",
                "--cert",
                "--log",
                "--root-user-action",
                "--group",
                "--index",
                "--torch-backend",
            ],
            Self::Npm => &[
                "--registry",
                "--prefix",
                "-C",
                "--loglevel",
                "--cache",
                "--omit",
                "--only",
                "--include",
                "--network-timeout",
                "--fetch-timeout",
                "--maxsockets",
                "-w",
                "--workspace",
                "--cwd",
                "--filter",
            ],
            Self::Gem => &[
                "-v",
                "--version",
                "-i",
                "--install-dir",
                "-n",
                "--bindir",
                "-s",
                "--source",
                "-P",
                "--trust-policy",
                "--platform",
            ],
            Self::Go => &["-tags", "-ldflags", "-o", "-mod", "-p", "-gcflags", "-buildmode"],
            Self::Cargo => &[
                "--version",
                "--vers",
                "--git",
                "--path",
                "--features",
                "-F",
                "--root",
                "--target",
                "--rev",
                "--tag",
                "--branch",
                "-j",
                "--jobs",
                "--profile",
                "--bin",
                "--registry",
                "--index",
                "--target-dir",
                "--config",
                "--example",
                "-Z",
            ],
        }
    }
}

/// An installation.
pub(super) struct Install<'c> {
    pub(super) manager: Manager,
    /// Names of packages as they are written.
    pub(super) packages: Vec<&'c str>,
}

/// What a command installs; none when it installs nothing.
pub(super) fn install<'c>(command: &'c Command<'_>) -> Option<Install<'c>> {
    let (manager, words, verbs) = parts(command)?;
    let mut at = words.iter().position(|word| !word.starts_with(['-', '+']))?;
    // `apk -X URL add`, `npm --prefix DIR install`: the value of an option is no verb.
    while at > 0 && manager.valued().contains(&words[at - 1]) {
        at += 1 + words.get(at + 1..)?.iter().position(|word| !word.starts_with(['-', '+']))?;
    }
    if !verbs.contains(words.get(at)?) {
        return None;
    }
    let mut rest = words.get(at + 1..)?;
    // `yarn global add`.
    if words[at] == "global" {
        rest = rest.strip_prefix(&["add"])?;
    }
    let mut packages = Vec::new();
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        if manager.valued().contains(word) {
            rest.next();
        } else if !word.starts_with(['-', '>', '<']) || word.len() == 1 {
            packages.push(*word);
        }
    }
    Some(Install { manager, packages })
}

type Parts<'c> = (Manager, &'c [&'c str], &'static [&'static str]);

fn parts<'c>(command: &'c Command<'_>) -> Option<Parts<'c>> {
    let words = command.words.as_slice();
    let python = |program: &str| program.starts_with("python");
    Some(match command.program {
        "apt-get" | "apt" | "aptitude" => (Manager::Apt, words, &["install"]),
        "apk" => (Manager::Apk, words, &["add"]),
        "yum" | "dnf" | "microdnf" | "tdnf" | "dnf5" => (Manager::Rpm, words, &["install", "localinstall", "reinstall"]),
        "zypper" => (Manager::Zypper, words, &["install", "in"]),
        "npm" => (Manager::Npm, words, &["install", "i", "add"]),
        "pnpm" => (Manager::Npm, words, &["add", "install", "i"]),
        "yarn" => (Manager::Npm, words, &["add", "global"]),
        "gem" => (Manager::Gem, words, &["install", "i"]),
        "go" => (Manager::Go, words, &["install", "get"]),
        "cargo" => (Manager::Cargo, words, &["install", "binstall"]),
        "uv" => (Manager::Pip, words.strip_prefix(&["pip"])?, &["install"]),
        program if program.starts_with("pip") && !program.starts_with("pipx") && !program.starts_with("pipenv") => {
            (Manager::Pip, words, &["install"])
        }
        program if python(program) => (Manager::Pip, words.strip_prefix(&["-m", "pip"])?, &["install"]),
        _ => return None,
    })
}

/// Whether a package is a file, a folder or an address, and not a name in an index.
pub(super) fn is_local(package: &str) -> bool {
    let archives = [".deb", ".rpm", ".whl", ".tar.gz", ".tgz", ".apk", ".gem", ".zip"];
    package.starts_with(['.', '/', '~', '@', '-']) && !is_scoped(package)
        || package.contains("://")
        || package.starts_with("git+")
        || package.starts_with("file:")
        || archives.iter().any(|end| package.ends_with(end))
}

/// `@scope/name` of npm.
fn is_scoped(package: &str) -> bool {
    package.starts_with('@') && package.contains('/')
}

/// Whether a package's version is chosen; none when only a shell knows.
pub(super) fn is_pinned(manager: Manager, package: &str, command: &Command<'_>) -> Option<bool> {
    let digit_behind = |mark: char| {
        package.match_indices(mark).any(|(at, _)| {
            let rest = package.get(at + 1..).unwrap_or_default();
            rest.starts_with(|first: char| first.is_ascii_digit()) && rest.contains('.')
        })
    };
    let has = |marks: &[&str]| marks.iter().any(|mark| package.contains(mark));
    let pinned = match manager {
        Manager::Apt => has(&["=", "/"]),
        Manager::Apk => has(&["=", "<", ">", "~"]),
        Manager::Rpm => digit_behind('-') || has(&[":", "="]),
        Manager::Zypper => has(&["=", "<", ">"]) || digit_behind('-'),
        Manager::Pip => has(&["==", "~=", "<", "@"]),
        Manager::Npm => package
            .get(1..)
            .and_then(|rest| rest.split_once('@'))
            .is_some_and(|(_, version)| !matches!(version, "" | "latest" | "next" | "canary" | "*")),
        Manager::Gem => {
            has(&[":"])
                || command.has(&["-v", "--version"])
                || command.words.iter().any(|word| word.starts_with("-v") || word.starts_with("--version="))
        }
        Manager::Go => !has(&["@latest", "@master", "@main"]),
        Manager::Cargo => {
            let chosen = ["--version", "--vers", "--rev", "--tag", "--path"];
            has(&["@"]) || command.words.iter().any(|word| chosen.iter().any(|option| word.starts_with(option)))
        }
    };
    if !pinned && package.contains('$') { None } else { Some(pinned) }
}
