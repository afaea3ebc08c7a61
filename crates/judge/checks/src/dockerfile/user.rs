//! Checks of who a container runs as, and of what gives somebody more rights.

use super::view::{Command, Instruction, Recipe, none, of_commands};
use crate::piece::Tally;
use crate::reference::Reference;
use vigie_model::configuration::{Look, Piece};
use vigie_model::text;
use vigie_model::verdict::Verdict;

/// Official images that run as root unless somebody says otherwise. Those whose own start script gives root up
/// (most data stores) are left out: nobody can tell from the recipe.
const RUN_AS_ROOT: [&str; 40] = [
    "alpine",
    "almalinux",
    "amazoncorretto",
    "amazonlinux",
    "archlinux",
    "buildpack-deps",
    "busybox",
    "bun",
    "caddy",
    "centos",
    "clojure",
    "composer",
    "debian",
    "deno",
    "eclipse-temurin",
    "elixir",
    "erlang",
    "fedora",
    "gcc",
    "golang",
    "gradle",
    "haskell",
    "httpd",
    "julia",
    "maven",
    "nginx",
    "node",
    "openjdk",
    "oraclelinux",
    "perl",
    "php",
    "pypy",
    "python",
    "r-base",
    "rockylinux",
    "ruby",
    "rust",
    "scratch",
    "tomcat",
    "ubuntu",
];

fn is_root(user: &str) -> bool {
    let user = user.split(':').next().unwrap_or_default().trim();
    user == "root"
        || (!user.is_empty() && user.bytes().all(|byte| byte == b'0'))
        || user.eq_ignore_ascii_case("containeradministrator")
}

/// The last `USER` of what is shipped.
fn last_user<'r, 'a>(recipe: &'r Recipe<'a>) -> Option<&'r Instruction<'a>> {
    recipe.shipped_all("USER").pop()
}

/// The last `USER` is root.
pub(crate) fn user_root(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let Some(last) = last_user(&recipe) else { return none("USER") };
    match last.look("user") {
        Look::Known(user) => {
            let user = user.as_str().unwrap_or_default();
            if is_root(user) {
                tally.bad(&last.pointer, "/USER", format!("USER {user}"), "");
            }
        }
        Look::Unknown(expression) => tally.unknown(expression),
        Look::Absent => {}
    }
    tally.verdict()
}

/// No `USER`, on a base that runs as root.
pub(crate) fn user_missing(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    if last_user(&recipe).is_some() {
        return Verdict::Pass;
    }
    let Some(base) = recipe.base() else { return none("FROM") };
    match base.image {
        Look::Known(image) => {
            let image = image.as_str().unwrap_or_default();
            let reference = Reference::of(image);
            let unprivileged = ["nonroot", "rootless", "unprivileged"].iter().any(|word| image.contains(word));
            let distroless = reference.name.starts_with("gcr.io/distroless/");
            if unprivileged {
                return Verdict::Pass;
            }
            if !distroless && !RUN_AS_ROOT.contains(&reference.short()) {
                return Verdict::unknown(text!(
                    en "only {image} itself says which user it runs as",
                    fr "seule l’image {image} dit sous quel compte elle s’exécute",
                    de "nur {image} selbst sagt, unter welchem Konto es läuft"
                ));
            }
            let last = recipe.stages.last().map(|stage| stage.pointer.clone()).unwrap_or_default();
            tally.bad(&last, "/USER", format!("FROM {image}"), "USER …");
        }
        Look::Unknown(expression) => tally.unknown(expression),
        Look::Absent => {}
    }
    tally.verdict()
}

/// The last `USER` is a name, which Kubernetes cannot tell from root.
pub(crate) fn user_by_name(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let Some(last) = last_user(&recipe) else { return none("USER") };
    match last.look("user") {
        Look::Known(user) => {
            let user = user.as_str().unwrap_or_default();
            let named = user.split(':').next().unwrap_or_default();
            if is_root(user) {
                return none("USER");
            }
            if !named.bytes().all(|byte| byte.is_ascii_digit()) {
                tally.bad(&last.pointer, "/USER", format!("USER {user}"), "USER 10001");
            }
        }
        Look::Unknown(expression) => tally.unknown(expression),
        Look::Absent => {}
    }
    tally.verdict()
}

/// `useradd` with a very large number and without `-l` writes a file of gigabytes.
pub(crate) fn user_large_id(piece: &Piece, _: &[Piece]) -> Verdict {
    const LARGE: u64 = 1_000_000;
    of_commands(
        piece,
        "useradd",
        |command| command.program == "useradd",
        |recipe, run, command, tally| {
            let mut words = command.words.iter().skip_while(|word| !matches!(**word, "-u" | "--uid"));
            let joined = command.words.iter().find_map(|word| word.strip_prefix("--uid="));
            let Some(id) = joined.or_else(|| words.nth(1).copied()) else { return };
            let large = id.parse::<u64>().is_ok_and(|id| id >= LARGE);
            if large && !command.has(&["--no-log-init"]) && !command.short('l', "ugdsGckepK") {
                tally.bad(&command.pointer, run.locator(recipe, "useradd"), command.shown(), "useradd -l");
            }
        },
    )
}

/// `sudo` in `RUN`, where everything is root already or `USER` says who.
pub(crate) fn sudo_used(piece: &Piece, _: &[Piece]) -> Verdict {
    let judge = |recipe: &Recipe<'_>, run: &Instruction<'_>, command: &Command<'_>, tally: &mut Tally<'_>| {
        if command.by.contains(&"sudo") {
            tally.bad(&command.pointer, run.locator(recipe, "sudo"), format!("sudo {}", command.shown()), "USER");
        }
    };
    of_commands(piece, "RUN", |_| true, judge)
}

/// A password is set in the recipe, or taken away.
pub(crate) fn password_set(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for run in recipe.all("RUN") {
        let commands = run.commands();
        for (at, command) in commands.iter().enumerate() {
            let user = match command.program {
                "chpasswd" => {
                    there = true;
                    commands.iter().take(at).next_back().filter(|_| command.after == "|").and_then(echoed_password)
                }
                "passwd" => {
                    there = true;
                    command.has(&["-d", "--delete"]).then(|| command.verb().to_owned())
                }
                "useradd" | "usermod" => {
                    there = true;
                    let given = command.words.iter().skip_while(|word| !matches!(**word, "-p" | "--password")).nth(1);
                    given
                        .filter(|given| !given.starts_with(['$', '!', '*']))
                        .and_then(|_| command.words.last().map(|user| (*user).to_owned()))
                }
                _ => None,
            };
            if let Some(user) = user {
                let locator = run.locator(&recipe, &format!("{} {user}", command.program));
                tally.bad(&command.pointer, locator, format!("{} {user}", command.program), "");
            }
        }
    }
    if there { tally.verdict() } else { none("passwd") }
}

/// The account whose password `echo` writes out.
fn echoed_password(command: &Command<'_>) -> Option<String> {
    if !matches!(command.program, "echo" | "printf") {
        return None;
    }
    let (user, password) = command.words.iter().find_map(|word| word.split_once(':'))?;
    let open = password.starts_with('$') && !password.starts_with("$6$") && !password.starts_with("$y$");
    (!open && !password.is_empty()).then(|| user.to_owned())
}
