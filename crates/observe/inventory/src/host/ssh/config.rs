//! The configuration files of an OpenSSH server, read as the server reads them.
//!
//! Format: sshd_config(5). The first value of a keyword wins, a few keywords add up; `Include` stands for the
//! named files at this place and a `Match` inside them ends with them; settings under `Match` are kept apart with
//! their condition. Opening files is left to the caller, so that tests need none.

use super::{defaults, line};
use std::collections::BTreeMap;
use vigie_model::host::{SshMatch, SshServer};
use vigie_model::observed::{Gap, Obstacle};

/// The largest file that is read.
pub const BYTES_MAX: usize = 1024 * 1024;
/// How deep files may include files; OpenSSH has the same limit.
const DEPTH_MAX: usize = 16;
/// The most files that are read, however they include each other, and the most patterns that are looked up.
pub(super) const FILES_MAX: usize = 256;
/// The most `Match` blocks that are kept.
const MATCHES_MAX: usize = 1_000;
/// The most complaints that are kept.
const GAPS_MAX: usize = 100;

/// A file of the configuration: where it stands and what is in it, or why that is not known.
pub type File = (String, Result<Vec<u8>, Gap>);

/// Settings as the files give them, without built-in values.
#[derive(Debug, Default, PartialEq)]
pub struct Read {
    /// What was understood.
    pub server: SshServer,
    /// What was not.
    pub gaps: Vec<Gap>,
}

/// Reads a configuration; `include` gives the files that a pattern of `Include` names, in order.
pub fn parse(path: &str, bytes: &[u8], include: &mut dyn FnMut(&str) -> Vec<File>) -> Read {
    let mut reader = Reader { read: Read::default(), files: 0, patterns: 0, include };
    reader.file(path, bytes, 0, None);
    reader.read
}

struct Reader<'a> {
    read: Read,
    files: usize,
    patterns: usize,
    include: &'a mut dyn FnMut(&str) -> Vec<File>,
}

impl Reader<'_> {
    /// Reads one file. `block` is the `Match` block in which it is included, by its place in the list.
    fn file(&mut self, path: &str, bytes: &[u8], depth: usize, mut block: Option<usize>) {
        self.files += 1;
        for (index, text) in String::from_utf8_lossy(bytes).lines().enumerate() {
            let place = format!("{path}:{}", index + 1);
            let line = match line::read(text) {
                Ok(Some(line)) => line,
                Ok(None) => continue,
                Err(detail) => {
                    self.gap(Gap::new(place, Obstacle::Unreadable, detail));
                    continue;
                }
            };
            match line.keyword.as_str() {
                "include" => self.include(&line.arguments, &place, depth, block),
                "match" => block = self.open_match(&line.arguments, place),
                _ => self.set(line, place, block),
            }
        }
    }

    fn include(&mut self, patterns: &[String], place: &str, depth: usize, block: Option<usize>) {
        let too_many = || Gap::new(place, Obstacle::BeyondLimit, "too many files include each other");
        for pattern in patterns {
            if depth == DEPTH_MAX || self.patterns == FILES_MAX {
                return self.gap(too_many());
            }
            self.patterns += 1;
            for (path, bytes) in (self.include)(pattern) {
                match bytes {
                    Ok(_) if self.files == FILES_MAX => return self.gap(too_many()),
                    Ok(bytes) => self.file(&path, &bytes, depth + 1, block),
                    Err(gap) => self.gap(gap),
                }
            }
        }
    }

    fn gap(&mut self, gap: Gap) {
        if self.read.gaps.len() < GAPS_MAX {
            self.read.gaps.push(gap);
        }
    }

    fn open_match(&mut self, criteria: &[String], place: String) -> Option<usize> {
        let matches = &mut self.read.server.matches;
        if matches.len() == MATCHES_MAX {
            let detail = format!("more than {MATCHES_MAX} Match blocks");
            self.gap(Gap::new(place, Obstacle::BeyondLimit, detail));
            // Whatever follows belongs to the last block that is kept rather than to everybody.
            return Some(MATCHES_MAX - 1);
        }
        matches.push(SshMatch { condition: condition(criteria), settings: BTreeMap::new(), place });
        Some(matches.len() - 1)
    }

    fn set(&mut self, line: line::Line, place: String, block: Option<usize>) {
        let keyword = defaults::present_name(&line.keyword).to_owned();
        if line.arguments.is_empty() {
            let detail = format!("{keyword} has no value");
            return self.gap(Gap::new(place, Obstacle::Unreadable, detail));
        }
        let values = defaults::alike(&keyword, line.arguments);
        let server = &mut self.read.server;
        let under = block.and_then(|index| server.matches.get_mut(index));
        let for_everybody = under.as_ref().is_none_or(|block| block.condition == "all");
        if let Some(block) = under {
            put(&mut block.settings, &keyword, &values);
        }
        if for_everybody && put(&mut server.settings, &keyword, &values) {
            server.places.entry(keyword).or_insert(place);
        }
    }
}

/// Sets or extends a keyword; whether it had an effect.
fn put(settings: &mut BTreeMap<String, Vec<String>>, keyword: &str, values: &[String]) -> bool {
    match settings.get_mut(keyword) {
        None => settings.insert(keyword.to_owned(), values.to_vec()).is_none(),
        Some(present) if defaults::adds_up(keyword) => {
            present.extend_from_slice(values);
            true
        }
        Some(_) => false,
    }
}

/// `User eva Address 10.0.0.0/8` with the criteria in lower case.
fn condition(criteria: &[String]) -> String {
    let mut words = Vec::with_capacity(criteria.len());
    let mut names = true;
    for word in criteria {
        // `User=eva` is the same as `User eva`, and `all` and `final` take no value.
        let (name, value) = word.split_once('=').filter(|_| names).map_or((word.as_str(), None), |(n, v)| (n, Some(v)));
        if names {
            words.push(name.to_ascii_lowercase());
            words.extend(value.map(str::to_owned));
            names = value.is_some() || ["all", "final", "invalid-user"].contains(&name.to_ascii_lowercase().as_str());
        } else {
            words.push(word.clone());
            names = true;
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The first text is the main file; the others are included by their path.
    fn read(files: &[(&str, &str)]) -> Read {
        let mut include = |pattern: &str| -> Vec<File> {
            let found = files.iter().filter(|(path, _)| pattern == "*" || *path == pattern);
            found.map(|(path, text)| ((*path).to_owned(), Ok(text.as_bytes().to_vec()))).collect()
        };
        parse(files[0].0, files[0].1.as_bytes(), &mut include)
    }

    #[test]
    fn the_first_value_wins_and_lists_add_up() {
        let read = read(&[(
            "main",
            "PermitRootLogin no\nPort 22\nPermitRootLogin yes\nPort 2222\nAllowUsers eva\nAllowUsers bob ann\n",
        )]);
        assert_eq!(read.server.settings["permitrootlogin"], ["no"]);
        assert_eq!(read.server.settings["port"], ["22", "2222"]);
        assert_eq!(read.server.settings["allowusers"], ["eva", "bob", "ann"]);
        assert_eq!(read.server.places["permitrootlogin"], "main:1");
        assert_eq!(read.gaps, []);
    }

    #[test]
    fn included_files_stand_at_their_place() {
        let read = read(&[
            ("main", "Include one\nPasswordAuthentication yes\nMatch User eva\nInclude two\nX11Forwarding no\n"),
            ("one", "PasswordAuthentication no\nMatch Group sftp\nForceCommand internal-sftp -l INFO\n"),
            ("two", "Match all\nBanner none\n"),
        ]);
        assert_eq!(read.server.settings["passwordauthentication"], ["no"]);
        assert_eq!(read.server.places["passwordauthentication"], "one:1");
        let said: Vec<_> =
            read.server.matches.iter().map(|m| format!("{} @ {}: {:?}", m.condition, m.place, m.settings)).collect();
        assert_eq!(
            said,
            [
                r#"group sftp @ one:2: {"forcecommand": ["internal-sftp -l INFO"]}"#,
                r#"user eva @ main:3: {"x11forwarding": ["no"]}"#,
                r#"all @ two:1: {"banner": ["none"]}"#,
            ]
        );
        assert!(!read.server.settings.contains_key("x11forwarding"));
        assert_eq!(read.server.settings["banner"], ["none"]);
    }

    #[test]
    fn loops_and_unreadable_files_are_gaps() {
        let looping = read(&[("main", "Include main\nPort 22\n")]);
        assert_eq!(looping.gaps, [Gap::new("main:1", Obstacle::BeyondLimit, "too many files include each other")]);
        let wide = read(&[("main", "Include *\nInclude *\n"), ("b", "Include *\n"), ("c", "Include *\n")]);
        assert!(wide.gaps.iter().all(|gap| gap.why == Obstacle::BeyondLimit));
        let mut asked = 0;
        let looked_up = parse("main", "Include none\n".repeat(10 * FILES_MAX).as_bytes(), &mut |_| {
            asked += 1;
            Vec::new()
        });
        assert_eq!((asked, looked_up.gaps.len()), (FILES_MAX, GAPS_MAX));
        let denied = parse("main", b"Include secret", &mut |pattern| {
            vec![(pattern.to_owned(), Err(Gap::new(pattern, Obstacle::NotPermitted, "")))]
        });
        assert_eq!(denied.gaps, [Gap::new("secret", Obstacle::NotPermitted, "")]);
    }

    #[test]
    fn nonsense_is_said_and_passed_over() {
        let read = read(&[("main", "Port\nBanner \"open\nUsePAM yes\n")]);
        assert_eq!(read.gaps.len(), 2);
        assert_eq!(read.server.settings["usepam"], ["yes"]);
    }

    #[test]
    fn old_names_and_spellings_are_understood() {
        let read = read(&[("main", "ChallengeResponseAuthentication No\nPermitRootLogin Without-Password\nLoginGraceTime 2m\n")]);
        assert_eq!(read.server.get("kbdinteractiveauthentication"), Some("no"));
        assert_eq!(read.server.get("permitrootlogin"), Some("prohibit-password"));
        assert_eq!(read.server.get("logingracetime"), Some("120"));
        assert_eq!(condition(&["USER=Eva".into(), "Address".into(), "10.0.0.0/8".into()]), "user Eva address 10.0.0.0/8");
    }

    proptest! {
        #[test]
        fn survives_any_text(text in "((Include|Match|Port|User|all|x|\"| |=|\n|é){0,60})") {
            drop(parse("main", text.as_bytes(), &mut |_| vec![("main".to_owned(), Ok(text.clone().into_bytes()))]));
        }
    }
}
