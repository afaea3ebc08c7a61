//! `yarn.lock` of Yarn 1 and of Berry (2 and later).
//!
//! Both are blocks: a line with the requests that led to the package, then indented lines with its version
//! and, in Berry, `resolution`, the package they came to. Read line by line, since only Berry's is YAML.

use super::{ECOSYSTEM, split_at_version};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::List;
use crate::packages::syntax::text;
use crate::packages::{Found, Reader};
use std::collections::HashSet;
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "yarn.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "yarn.lock",
    looks_right: |_| true,
    bytes_max: 64 * 1024 * 1024,
    read,
};

/// The lines of one package.
#[derive(Default)]
struct Block<'a> {
    requests: &'a str,
    version: &'a str,
    resolution: &'a str,
    /// Whether it is the project itself or one of its workspaces.
    own: bool,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let (blocks, asked) = blocks(&text);
    let mut list = List::new(meta, ECOSYSTEM);
    for block in blocks {
        if block.is_own() || block.requests == "__metadata" {
            continue;
        }
        let direct = (!asked.is_empty()).then(|| requests(block.requests).any(|request| asked.contains(request)));
        match block.name() {
            Some(name) => {
                list.add_with(name, block.version, Scope::Runtime, direct);
            }
            None => list.broken(block.requests),
        }
    }
    list.done()
}

/// The blocks, and what the workspaces of Berry ask for.
fn blocks(text: &str) -> (Vec<Block<'_>>, HashSet<String>) {
    let (mut blocks, mut asked): (Vec<Block<'_>>, HashSet<String>) = (Vec::new(), HashSet::new());
    let mut in_dependencies = false;
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let indent = line.len() - line.trim_start().len();
        let line = line.trim();
        if indent == 0 {
            blocks.push(Block { requests: bare(line.trim_end_matches(':')), ..Block::default() });
            continue;
        }
        let Some(block) = blocks.last_mut() else { continue };
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let value = bare(value);
        if indent > 2 {
            if in_dependencies && block.own {
                asked.insert(format!("{}@{value}", bare(key.trim_end_matches(':'))));
            }
            continue;
        }
        in_dependencies = key == "dependencies:";
        match bare(key.trim_end_matches(':')) {
            "version" => block.version = value,
            "resolution" => {
                block.resolution = value;
                block.own = value.contains("@workspace:");
            }
            _ => {}
        }
    }
    (blocks, asked)
}

impl<'a> Block<'a> {
    /// Whether it is the project, or a folder or archive in it.
    fn is_own(&self) -> bool {
        let of_request = requests(self.requests).next().and_then(split_at_version).map_or("", |(_, request)| request);
        let local = ["file:", "link:", "portal:", "./", "../"];
        self.own || local.iter().any(|place| of_request.starts_with(place))
    }

    /// The package's own name, which an alias hides: `a@npm:real@^1`.
    fn name(&self) -> Option<&'a str> {
        let first = requests(self.requests).next()?;
        let named = if self.resolution.is_empty() { first } else { self.resolution };
        // A request for any version at all may be the bare name.
        let (name, rest) = split_at_version(named).unwrap_or((named, ""));
        let real = rest.strip_prefix("npm:").and_then(split_at_version).map(|(real, _)| real);
        Some(real.filter(|_| self.resolution.is_empty()).unwrap_or(name))
    }
}

/// `"a@^1", "a@^2"` or `"a@npm:^1, a@npm:^2"`.
fn requests(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(bare)
}

fn bare(text: &str) -> &str {
    text.trim().trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;
    use proptest::prelude::*;

    #[test]
    fn reads_the_first_version() {
        check(
            &READER,
            "yarn.lock",
            "# yarn lockfile v1\n\n\n\"@babel/core@^7.0.0\", \"@babel/core@^7.1.0\":\n  version \"7.1.2\"\n  resolved \"https://x/y#1\"\n  \
             dependencies:\n    version \"^9.9.9\"\n\nalias@npm:real@^1.0.0:\n  version \"1.0.1\"\n\n\
             a@1, a@2:\n  \"version\" \"2.0.0\"\n\nbare:\n  version \"1\"\n\n\"own@file:./own\":\n  version \"0.1\"\n",
            &["@babel/core 7.1.2", "a 2.0.0", "bare 1", "real 1.0.1"],
        );
    }

    #[test]
    fn reads_berry() {
        check(
            &READER,
            "yarn.lock",
            "__metadata:\n  version: 8\n\n\"a@npm:^1.0.0, a@npm:~1.0\":\n  version: 1.0.4\n  resolution: \"a@npm:1.0.4\"\n  \
             dependencies:\n    c: \"npm:^1\"\n  languageName: node\n  linkType: hard\n\n\
             \"fsevents@patch:fsevents@npm%3A~2.3.2#optional!builtin<compat/fsevents>\":\n  version: 2.3.3\n  \
             resolution: \"fsevents@patch:fsevents@npm%3A2.3.3#~builtin<compat/fsevents>::version=2.3.3&hash=18f3a7\"\n\n\
             \"alias@npm:c@^1\":\n  version: 1.5.0\n  resolution: \"c@npm:1.5.0\"\n\n\
             \"own@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"own@workspace:.\"\n  dependencies:\n    \
             a: \"npm:^1.0.0\"\n    alias: \"npm:c@^1\"\n  languageName: unknown\n  linkType: soft\n",
            &["a 1.0.4 direct", "c 1.5.0 direct", "fsevents 2.3.3 indirect"],
        );
    }

    proptest! {
        #[test]
        fn survives_any_lines(lines in proptest::collection::vec("( {0,4})[\"@a:, é]{0,9}( version \"1\")?", 0..20)) {
            drop(blocks(&lines.join("\n")));
        }
    }
}
