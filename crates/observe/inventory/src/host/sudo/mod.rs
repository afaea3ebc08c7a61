//! The rules of sudo.
//!
//! Reads sudoers(5) with aliases resolved, lines continued, files included, tags and run-as lists carried on
//! from command to command. Deliberately not done: asking LDAP, and deciding whether a rule matches somebody.
//! An entry that makes no sense is a gap and the rest is read, as sudo itself does since 1.9.
//! Opening files is left to the caller, so that tests need none.

mod aliases;
mod cursor;
mod grammar;
mod host;
mod words;

use aliases::{Aliases, TooMany};
use cursor::Cursor;
use grammar::{Entry, Part, RunAs};
pub(super) use host::observe;
use vigie_model::host::{Sudo, SudoDefault, SudoRule};
use vigie_model::observed::{Gap, Obstacle};
use words::{Item, Kind};

/// The largest file that is read.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;
/// How deep files may include files; sudo's own limit is 128.
const DEPTH_MAX: usize = 32;
/// The most files that are read, however they include each other.
const FILES_MAX: usize = 1_000;
/// The most rules and defaults.
const ENTRIES_MAX: usize = 50_000;
/// The most complaints that are kept.
const GAPS_MAX: usize = 100;

/// What an include asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The path, which may be relative to the including file and may hold `%h`.
    pub path: String,
    /// Whether all files of a directory are meant.
    pub directory: bool,
    /// The including file.
    pub from: String,
}

/// A file: where it stands and what is in it, or why that is not known.
pub type File = (String, Result<Vec<u8>, Gap>);

/// Reads sudoers; `include` gives the files that an include names, in order.
pub fn parse(path: &str, bytes: &[u8], include: &mut dyn FnMut(&Include) -> Vec<File>) -> (Sudo, Vec<Gap>) {
    let mut reader = Reader { entries: Vec::new(), aliases: Aliases::default(), gaps: Vec::new(), files: 0, include };
    reader.file(path, bytes, 0);
    reader.finish()
}

struct Reader<'a> {
    /// Rules and defaults with their places, to be resolved when all aliases are known.
    entries: Vec<(String, Entry)>,
    aliases: Aliases,
    gaps: Vec<Gap>,
    files: usize,
    include: &'a mut dyn FnMut(&Include) -> Vec<File>,
}

impl Reader<'_> {
    fn file(&mut self, path: &str, bytes: &[u8], depth: usize) {
        self.files += 1;
        let text = String::from_utf8_lossy(bytes);
        let mut cursor = Cursor::new(&text);
        while !cursor.is_at_end_of_file() {
            cursor.blanks();
            let start = cursor;
            let place = format!("{path}:{}", start.line());
            match grammar::entry(&mut cursor) {
                Ok(Some(entry)) => self.take(entry, place, path, depth),
                Ok(None) => {}
                Err(detail) => {
                    cursor = start;
                    cursor.skip_entry();
                    self.gap(place, Obstacle::Unreadable, detail);
                }
            }
        }
    }

    fn take(&mut self, entry: Entry, place: String, path: &str, depth: usize) {
        match entry {
            Entry::Include { directory, path: wanted } => {
                let include = Include { path: wanted, directory, from: path.to_owned() };
                self.files_of(&include, &place, depth);
            }
            Entry::Aliases { kind, definitions } => {
                for (name, items) in definitions {
                    let taken = format!("the alias {name} is defined twice");
                    if !self.aliases.define(kind, name, items) {
                        self.gap(place.clone(), Obstacle::Unreadable, taken);
                    }
                }
            }
            _ if self.entries.len() == ENTRIES_MAX => {
                self.gap(place, Obstacle::BeyondLimit, format!("more than {ENTRIES_MAX} entries"));
            }
            Entry::Defaults { .. } | Entry::Rule { .. } => self.entries.push((place, entry)),
        }
    }

    fn files_of(&mut self, include: &Include, place: &str, depth: usize) {
        if depth == DEPTH_MAX {
            return self.gap(place.to_owned(), Obstacle::BeyondLimit, "files include each other too deeply".to_owned());
        }
        for (path, bytes) in (self.include)(include) {
            if self.files == FILES_MAX {
                return self.gap(place.to_owned(), Obstacle::BeyondLimit, format!("more than {FILES_MAX} files"));
            }
            match bytes {
                Ok(bytes) => self.file(&path, &bytes, depth + 1),
                Err(gap) => self.gap(gap.what, gap.why, gap.detail),
            }
        }
    }

    fn gap(&mut self, place: String, why: Obstacle, detail: String) {
        if self.gaps.len() < GAPS_MAX {
            self.gaps.push(Gap::new(place, why, detail));
        }
    }

    fn finish(mut self) -> (Sudo, Vec<Gap>) {
        let mut sudo = Sudo::default();
        for (place, entry) in std::mem::take(&mut self.entries) {
            let resolved = match entry {
                Entry::Defaults { scope, words } => self.defaults(&mut sudo, scope, words, &place),
                Entry::Rule { who, parts } => self.rule(&mut sudo, &who, &parts, &place),
                Entry::Include { .. } | Entry::Aliases { .. } => Ok(()),
            };
            if resolved == Err(TooMany) {
                self.gap(place, Obstacle::BeyondLimit, "the aliases stand for too many words".to_owned());
                break;
            }
        }
        (sudo, self.gaps)
    }

    fn defaults(
        &mut self,
        sudo: &mut Sudo,
        scope: Option<(char, Kind, Vec<Item>)>,
        words: Vec<String>,
        place: &str,
    ) -> Result<(), TooMany> {
        let scope = match scope {
            Some((sign, kind, items)) => format!("{sign}{}", self.aliases.resolve(kind, &items)?.join(",")),
            None => String::new(),
        };
        let defaults = words.into_iter().map(|word| SudoDefault { scope: scope.clone(), word, place: place.to_owned() });
        sudo.defaults.extend(defaults);
        Ok(())
    }

    fn rule(&mut self, sudo: &mut Sudo, who: &[Item], parts: &[Part], place: &str) -> Result<(), TooMany> {
        for part in parts {
            for grant in &part.grants {
                sudo.rules.push(SudoRule {
                    who: self.aliases.resolve(Kind::User, who)?,
                    hosts: self.aliases.resolve(Kind::Host, &part.hosts)?,
                    run_as: self.run_as(grant.run_as.as_ref())?,
                    tags: grant.tags.clone(),
                    commands: self.aliases.resolve(Kind::Command, &grant.commands)?,
                    place: place.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Users, then groups with `:` before them. Empty brackets allow only one's own account, written as a single `:`,
    /// because an empty list means root.
    fn run_as(&mut self, run_as: Option<&RunAs>) -> Result<Vec<String>, TooMany> {
        let Some(run_as) = run_as else { return Ok(Vec::new()) };
        let mut words = self.aliases.resolve(Kind::RunAs, &run_as.users)?;
        let groups = self.aliases.resolve(Kind::RunAs, &run_as.groups)?;
        words.extend(groups.into_iter().map(|group| format!(":{group}")));
        if words.is_empty() {
            words.push(":".to_owned());
        }
        Ok(words)
    }
}

#[cfg(test)]
mod tests;
