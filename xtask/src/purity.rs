//! Who may look at the world: read over the sources, because a manifest does not show what the
//! standard library offers to everybody.
//!
//! Model, catalogue and judges do not touch files, sockets, processes, the environment or a clock.
//! Every other library takes the time from kit's `Clock`, so that a test can set it; only kit reads
//! the system's. The rim (`run`) may measure how long something took. Tests may do as they like. Weak spot: this reads words, not meaning; a type of
//! `std::net` is fine, a re-export under another name would slip through.

use crate::error::{Error, read};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folders that know nothing of the world.
const PURE: [&str; 3] = ["crates/base/model/", "crates/base/catalogue/", "crates/judge/"];

/// Folders that may read the system's clock: kit, which wraps it, and what is no library.
const CLOCKS: [&str; 3] = ["crates/base/kit/", "crates/testkit/", "xtask/"];

/// Words of the standard library that look at the world.
const WORLD: [&str; 8] =
    ["std::fs", "std::env::", "std::process", "TcpStream", "TcpListener", "UdpSocket", "UnixStream", "std::io::std"];

/// Words that read the system's clock or wait for it.
const CLOCK: [&str; 4] = ["SystemTime::now", "Instant::now", "Timestamp::now", "thread::sleep"];

/// Lines that look at the world where they may not.
pub(crate) fn problems(root: &Path, sources: &[PathBuf]) -> Result<Vec<String>, Error> {
    let mut texts = Vec::new();
    for path in sources {
        texts.push((path.strip_prefix(root).unwrap_or(path).display().to_string(), read(path)?));
    }
    let tests: BTreeSet<String> = texts.iter().flat_map(|(name, text)| test_modules(name, text)).collect();
    let kept = texts.iter().filter(|(name, _)| !tests.iter().any(|test| is_of_module(name, test)));
    Ok(kept.flat_map(|(name, text)| impure(name, text)).collect())
}

/// Files, without `.rs`, of the modules that a file has for tests only.
fn test_modules(name: &str, text: &str) -> Vec<String> {
    let folder = match name.rsplit_once('/') {
        Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder.to_owned(),
        _ => name.trim_end_matches(".rs").to_owned(),
    };
    let lines: Vec<&str> = text.lines().collect();
    let pairs = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]");
    let modules = pairs.filter_map(|pair| pair[1].trim_start_matches("pub(crate) ").strip_prefix("mod ")?.strip_suffix(';'));
    modules.map(|module| format!("{folder}/{module}")).collect()
}

fn is_of_module(name: &str, module: &str) -> bool {
    name.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn impure(name: &str, text: &str) -> Vec<String> {
    let words: Vec<&str> = match name {
        name if !name.contains("/src/") => Vec::new(),
        name if PURE.iter().any(|folder| name.starts_with(folder)) => WORLD.iter().chain(&CLOCK).copied().collect(),
        name if CLOCKS.iter().any(|folder| name.starts_with(folder)) => Vec::new(),
        name if name.starts_with("crates/run/") => CLOCK.iter().copied().filter(|word| *word != "Instant::now").collect(),
        _ => CLOCK.to_vec(),
    };
    // By the house's order of items, tests stand last in a file.
    let code = text.lines().enumerate().take_while(|(_, line)| *line != "#[cfg(test)]");
    let code = code.filter(|(_, line)| !line.trim_start().starts_with("//"));
    let found = code.filter_map(|(number, line)| Some((number + 1, *words.iter().find(|word| line.contains(**word))?)));
    found.map(|(number, word)| format!("{name}:{number}: `{word}` has no place here; see xtask/src/purity.rs")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_do_not_look_at_the_world() {
        let code =
            "//! Reads std::fs? No.\nuse std::net::IpAddr;\nlet a = std::fs::read(p);\n#[cfg(test)]\nlet b = std::fs::read(p);\n";
        assert_eq!(impure("crates/judge/checks/src/a.rs", code).len(), 1);
        assert_eq!(impure("crates/keep/lake/src/a.rs", code), Vec::<String>::new());
        assert_eq!(impure("crates/keep/lake/src/a.rs", "let t = Instant::now();").len(), 1);
        assert_eq!(impure("crates/keep/lake/benches/a.rs", "let t = Instant::now();"), Vec::<String>::new());
        assert_eq!(impure("crates/run/server/src/a.rs", "let t = Instant::now();"), Vec::<String>::new());
        assert_eq!(impure("crates/run/server/src/a.rs", "let t = SystemTime::now();").len(), 1);
        assert_eq!(impure("crates/base/kit/src/clock.rs", "let t = Instant::now();"), Vec::<String>::new());
    }

    #[test]
    fn modules_for_tests_are_known() {
        let text = "#[cfg(test)]\nmod peers;\nmod dpkg;\n";
        assert_eq!(test_modules("crates/x/src/version/mod.rs", text), ["crates/x/src/version/peers"]);
        assert_eq!(test_modules("crates/x/src/version.rs", text), ["crates/x/src/version/peers"]);
        assert!(is_of_module("crates/x/src/version/peers.rs", "crates/x/src/version/peers"));
        assert!(!is_of_module("crates/x/src/version/peers2.rs", "crates/x/src/version/peers"));
    }
}
