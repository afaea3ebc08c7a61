//! Checks of what a recipe fetches from the network, and whether anybody looks at it before it runs.

use super::view::{Command, Instruction, Recipe, none, of_all, of_commands, shortened};
use crate::piece::Tally;
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::verdict::Verdict;

/// Short options of curl that take a value.
const CURL_VALUED: &str = "oHduAeXxbcmrTwKEFyYzQPtCD";

fn fetches(command: &Command<'_>) -> bool {
    matches!(command.program, "curl" | "wget" | "fetch" | "aria2c")
}

fn urls<'a>(command: &Command<'a>) -> Vec<&'a str> {
    command.words.iter().filter(|word| word.contains("://")).copied().collect()
}

/// Whether an address leads to this machine itself.
fn is_here(url: &str) -> bool {
    let host = url.split("://").nth(1).unwrap_or(url);
    ["localhost", "127.", "[::1]", "0.0.0.0", "host.docker.internal"].iter().any(|here| host.starts_with(here))
}

/// A download that goes straight into an interpreter.
pub(crate) fn piped_installer(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for run in recipe.all("RUN") {
        let commands = run.commands();
        for (at, command) in commands.iter().enumerate() {
            there |= fetches(command);
            let source = if fetches(command) {
                commands
                    .iter()
                    .skip(at + 1)
                    .take_while(|next| next.after == "|" && next.inner == command.inner)
                    .find(|next| runs_input(next))
            } else {
                Some(command).filter(|command| runs_substitution(command))
            };
            if let Some(runs) = source {
                let by = if fetches(command) { command.shown() } else { String::new() };
                let found = if by.is_empty() { command.shown() } else { shortened(&format!("{by} | {}", runs.shown())) };
                tally.bad(&command.pointer, run.locator(&recipe, &format!("| {}", runs.program)), found, "sha256sum -c");
            }
        }
    }
    if there { tally.verdict() } else { none("curl") }
}

/// Whether a program runs what it reads.
fn runs_input(command: &Command<'_>) -> bool {
    let file = command.words.iter().any(|word| !word.starts_with('-'));
    match command.program {
        "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" => {
            let reads = command.has(&["-s", "-"])
                || command
                    .words
                    .iter()
                    .any(|word| word.len() > 1 && word.starts_with('-') && !word.starts_with("--") && word.ends_with('s'));
            let told = command.words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'));
            reads || (!file && !told)
        }
        program if program.starts_with("python") || matches!(program, "perl" | "ruby" | "node" | "php") => {
            command.words.first().is_none_or(|first| *first == "-")
        }
        _ => false,
    }
}

/// `sh -c "$(curl …)"`, `eval "$(wget …)"`, `bash <(curl …)`.
fn runs_substitution(command: &Command<'_>) -> bool {
    let runner = matches!(command.program, "sh" | "bash" | "ash" | "dash" | "zsh" | "eval" | "source" | ".");
    let begins = ["$(curl", "$(wget", "`curl", "`wget", "<(curl", "<(wget"];
    runner && command.words.iter().any(|word| begins.iter().any(|begin| word.trim_start().starts_with(begin)))
}

/// A program or archive is fetched, and nothing in the instruction compares it with anything.
pub(crate) fn download_unchecked(piece: &Piece, _: &[Piece]) -> Verdict {
    const CHECKS: [&str; 17] = [
        "sha1sum",
        "sha224sum",
        "sha256sum",
        "sha384sum",
        "sha512sum",
        "shasum",
        "md5sum",
        "b2sum",
        "b3sum",
        "gpg",
        "gpgv",
        "gpg2",
        "cosign",
        "minisign",
        "signify",
        "rhash",
        "slsa-verifier",
    ];
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for run in recipe.all("RUN") {
        let commands = run.commands();
        let checks = |command: &Command<'_>| {
            let openssl = command.program == "openssl" && command.has(&["dgst", "sha256", "sha512"]);
            let rpm = command.program == "rpm" && command.has(&["-K", "--checksig"]);
            CHECKS.contains(&command.program) || openssl || rpm
        };
        let compared = commands.iter().any(checks);
        for (at, command) in commands.iter().enumerate().filter(|(_, command)| fetches(command)) {
            let Some(what) = executable(command, commands.get(at + 1)) else { continue };
            there = true;
            if !compared {
                let name = what.rsplit('/').next().unwrap_or(what);
                tally.bad(&command.pointer, run.locator(&recipe, name), command.shown(), "sha256sum -c");
            }
        }
    }
    if there { tally.verdict() } else { none("curl") }
}

/// The address of a program or archive that a command saves or unpacks.
fn executable<'a>(command: &Command<'a>, next: Option<&Command<'a>>) -> Option<&'a str> {
    const ENDS: [&str; 17] = [
        ".tar.gz",
        ".tgz",
        ".tar.xz",
        ".txz",
        ".tar.bz2",
        ".tbz2",
        ".zip",
        ".deb",
        ".rpm",
        ".jar",
        ".war",
        ".bin",
        ".run",
        ".appimage",
        ".gz",
        ".xz",
        ".whl",
    ];
    let plain = |url: &str| url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let url = urls(command).into_iter().find(|url| !is_here(url))?;
    let archive = ENDS.iter().any(|end| plain(url).ends_with(end));
    let programs = ["/usr/local/bin/", "/usr/bin/", "/bin/", "/usr/local/sbin/", "/usr/sbin/", "/sbin/"];
    let program = command
        .words
        .iter()
        .chain(command.to.iter().map(|(_, to)| to))
        .any(|word| programs.iter().any(|folder| word.trim_start_matches("-o").starts_with(folder)));
    let unpacked = next.is_some_and(|next| {
        next.after == "|" && matches!(next.program, "tar" | "bsdtar" | "unzip" | "gunzip" | "xz" | "dpkg" | "cpio")
    });
    (archive || program || unpacked).then_some(url)
}

/// Checks of certificates that are switched off.
pub(crate) fn tls_check_off(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    for instruction in recipe.instructions() {
        for (name, value) in instruction.pairs().filter(|_| matches!(instruction.op, "ENV" | "ARG")) {
            let value = value.known().and_then(Value::as_str);
            if value.is_some_and(|value| blind_variable(name, value)) {
                tally.bad(
                    &instruction.pointer,
                    instruction.locator(&recipe, name),
                    format!("{name}={}", value.unwrap_or_default()),
                    "",
                );
            }
        }
        for command in instruction.commands() {
            let local = !urls(&command).is_empty() && urls(&command).iter().all(|url| is_here(url));
            let env = command.env.iter().any(|(name, value)| blind_variable(name, value));
            if (blind(&command) && !local) || env {
                tally.bad(&command.pointer, instruction.locator(&recipe, command.program), command.shown(), "");
            }
        }
    }
    tally.verdict()
}

fn blind_variable(name: &str, value: &str) -> bool {
    let off = matches!(value, "0" | "false" | "off" | "no");
    let on = matches!(value, "1" | "true" | "on" | "yes");
    match name {
        "NODE_TLS_REJECT_UNAUTHORIZED"
        | "PYTHONHTTPSVERIFY"
        | "NPM_CONFIG_STRICT_SSL"
        | "npm_config_strict_ssl"
        | "YARN_STRICT_SSL"
        | "YARN_ENABLE_STRICT_SSL" => off,
        "GIT_SSL_NO_VERIFY" => on,
        "PIP_TRUSTED_HOST" | "GOINSECURE" => !value.is_empty(),
        _ => false,
    }
}

fn blind(command: &Command<'_>) -> bool {
    let any = |words: &[&str]| command.words.iter().any(|word| words.iter().any(|wanted| word.starts_with(wanted)));
    // `config set strict-ssl false`, `strict-ssl=false`.
    let switched = |key: &str, off: &[&str]| {
        command.words.iter().zip(command.words.iter().skip(1)).any(|(word, next)| word.contains(key) && off.contains(next))
            || command
                .words
                .iter()
                .any(|word| word.split_once('=').is_some_and(|(name, value)| name.contains(key) && off.contains(&value)))
    };
    match command.program {
        "curl" => command.has(&["--insecure"]) || command.short('k', CURL_VALUED),
        "wget" => any(&["--no-check-certificate"]),
        "git" => switched("sslVerify", &["false", "0"]) || switched("sslverify", &["false", "0"]),
        "npm" | "yarn" | "pnpm" => switched("strict-ssl", &["false"]) || switched("enableStrictSsl", &["false"]),
        "apt-get" | "apt" => any(&["Acquire::https::Verify-Peer=false", "-oAcquire::https::Verify-Peer=false"]),
        "yum" | "dnf" | "microdnf" => {
            switched("sslverify", &["false", "0", "False"]) || any(&["--setopt=sslverify=false", "--setopt=sslverify=0"])
        }
        "conda" | "mamba" | "micromamba" => switched("ssl_verify", &["false", "False"]) || command.has(&["--insecure"]),
        "composer" => switched("disable-tls", &["true"]) || switched("secure-http", &["false"]),
        "helm" | "kubectl" => any(&["--insecure-skip-tls-verify"]),
        "aws" => command.has(&["--no-verify-ssl"]),
        "bundle" => switched("ssl_verify_mode", &["0"]),
        "export" => {
            command.words.iter().any(|word| word.split_once('=').is_some_and(|(name, value)| blind_variable(name, value)))
        }
        program if program.starts_with("pip") || program.starts_with("python") || program == "uv" => {
            any(&["--trusted-host", "--allow-insecure-host"])
        }
        _ => false,
    }
}

/// Packages whose signatures nobody looks at.
pub(crate) fn unsigned_packages(piece: &Piece, _: &[Piece]) -> Verdict {
    let managers = |command: &Command<'_>| {
        matches!(
            command.program,
            "apt-get" | "apt" | "apk" | "yum" | "dnf" | "microdnf" | "zypper" | "rpm" | "echo" | "printf" | "tdnf" | "aptitude"
        )
    };
    of_commands(piece, "apt-get", managers, |recipe, run, command, tally| {
        let any = |words: &[&str]| command.words.iter().any(|word| words.iter().any(|wanted| word.contains(wanted)));
        let bad = match command.program {
            "apt-get" | "apt" | "aptitude" => any(&[
                "--allow-unauthenticated",
                "--force-yes",
                "AllowUnauthenticated=true",
                "AllowInsecureRepositories=true",
                "AllowUnauthenticated=1",
                "--allow-insecure-repositories",
            ]),
            "apk" => any(&["--allow-untrusted"]),
            "yum" | "dnf" | "microdnf" | "tdnf" => any(&["--nogpgcheck", "--nogpg", "gpgcheck=0", "gpgcheck=false"]),
            "zypper" => any(&["--no-gpg-checks", "--allow-unsigned-rpm"]) || command.has(&["-G"]),
            "rpm" => any(&["--nosignature", "--nodigest", "--noverify"]),
            _ => any(&[
                "trusted=yes",
                "gpgcheck=0",
                "allow-insecure=yes",
                "AllowUnauthenticated \"true\"",
                "AllowUnauthenticated true",
            ]),
        };
        if bad {
            tally.bad(&command.pointer, run.locator(recipe, command.program), command.shown(), "");
        }
    })
}

/// A download over plain HTTP.
pub(crate) fn plain_http(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for instruction in recipe.all("RUN").chain(recipe.all("ADD")) {
        let open = |url: &str| url.starts_with("http://") && !is_here(url);
        for source in instruction.texts("sources") {
            there |= source.contains("://");
            if open(source) {
                tally.bad(
                    &instruction.pointer,
                    instruction.locator(&recipe, source),
                    source,
                    source.replacen("http://", "https://", 1),
                );
            }
        }
        let commands = instruction.commands();
        let compared = commands.iter().any(|command| command.program.ends_with("sum") || command.program.starts_with("gpg"));
        for command in commands.iter().filter(|command| fetches(command)) {
            there = true;
            for url in urls(command).into_iter().filter(|url| open(url) && !compared) {
                let locator = instruction.locator(&recipe, url.split('$').next().unwrap_or(url));
                tally.bad(&command.pointer, locator, shortened(url), shortened(&url.replacen("http://", "https://", 1)));
            }
        }
    }
    if there { tally.verdict() } else { none("curl") }
}

/// `ADD` of an address without `--checksum`.
pub(crate) fn add_unchecked(piece: &Piece, _: &[Piece]) -> Verdict {
    of_all(piece, "ADD", |recipe: &Recipe<'_>, add: &Instruction<'_>, tally: &mut Tally<'_>| {
        if !add.flag("checksum").is_empty() {
            return;
        }
        for source in add.values("sources") {
            let url = match source {
                Look::Known(source) => source.as_str().unwrap_or_default(),
                Look::Unknown(expression) => expression,
                Look::Absent => continue,
            };
            let remote = url.starts_with("http://") || url.starts_with("https://");
            let git = url.split(['?', '#']).next().unwrap_or_default().ends_with(".git");
            if remote && !git {
                let stable = url.split('$').next().unwrap_or(url);
                tally.bad(&add.pointer, add.locator(recipe, stable), shortened(url), "ADD --checksum=sha256:…");
            }
        }
    })
}
