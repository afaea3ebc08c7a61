//! Bundler's `Gemfile.lock` and `gems.locked`.
//!
//! Sections in capitals; below `specs:` a gem stands at four spaces and what it depends on at six. Gems below
//! `PATH` are the project's own; those below `DEPENDENCIES` are asked for.

use super::{ECOSYSTEM, without_platform};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::List;
use crate::packages::syntax::text;
use crate::packages::{Found, Reader};
use std::collections::HashSet;
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "Gemfile.lock",
    wants: |meta, setting| setting == Setting::Source && is_lock(meta.name()),
    looks_right: |_| true,
    bytes_max: 16 * 1024 * 1024,
    read,
};

fn is_lock(name: &str) -> bool {
    name == "gems.locked" || (name.starts_with("Gemfile") && name.ends_with(".lock"))
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let (mut gems, mut asked, mut section) = (Vec::new(), HashSet::new(), "");
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let line = line.trim();
        match (section, indent) {
            _ if line.is_empty() => {}
            (_, 0) => section = line,
            ("DEPENDENCIES", 2) => {
                asked.insert(line.split(' ').next().unwrap_or(line).trim_end_matches('!'));
            }
            ("GEM" | "GIT" | "PLUGIN SOURCE", 4) => gems.push(line),
            _ => {}
        }
    }
    let mut list = List::new(meta, ECOSYSTEM);
    for gem in gems {
        match gem.strip_suffix(')').and_then(|gem| gem.split_once(" (")) {
            Some((name, version)) => {
                let direct = (!asked.is_empty()).then(|| asked.contains(name));
                list.add_with(name, without_platform(version), Scope::Runtime, direct);
            }
            None => list.broken(gem),
        }
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_gems() {
        check(
            &READER,
            "Gemfile.lock",
            "GIT\n  remote: https://x/g.git\n  revision: 0123\n  specs:\n    g (0.1)\n\nPATH\n  remote: .\n  specs:\n    own (1)\n\n\
             GEM\n  remote: https://rubygems.org/\n  specs:\n    a (1.0.0)\n      b (>= 1)\n    b (2.0.0-x86_64-linux)\n    b (2.0.0)\n    odd\n\n\
             PLATFORMS\n  ruby\n\nDEPENDENCIES\n  a (~> 1.0)\n  g!\n\nBUNDLED WITH\n   2.4\n",
            &["a 1.0.0 direct", "b 2.0.0 indirect", "g 0.1 direct", "! entries that make no sense: odd"],
        );
        assert!(is_lock("Gemfile.lock") && is_lock("Gemfile_rails7.lock") && is_lock("gems.locked") && !is_lock("a.lock"));
    }
}
