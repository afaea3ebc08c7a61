//! Elixir's `mix.lock`: one line `"name": {:hex, :name, "version", …},` for each package.

use crate::content::{Content, Meta, Setting};
use crate::packages::list::List;
use crate::packages::syntax::text::{self, quoted};
use crate::packages::{Found, Reader};

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "Hex";

pub(crate) static READER: Reader = Reader {
    name: "mix.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "mix.lock",
    looks_right: |_| true,
    bytes_max: 8 * 1024 * 1024,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let mut list = List::new(meta, ECOSYSTEM);
    for line in text.lines() {
        let Some((key, value)) = quoted(line, '"').filter(|_| line.trim_start().starts_with('"')) else { continue };
        let value = value.trim_start_matches([':', ' ', '{']);
        let hex = value.strip_prefix("hex,").and_then(|rest| {
            let (name, rest) = rest.split_once(',')?;
            let (version, _) = quoted(rest, '"')?;
            Some((name.trim().trim_start_matches(':').trim_matches('"'), version))
        });
        match hex {
            Some((name, version)) => {
                list.add(name, version);
            }
            None if value.starts_with("path") => {}
            // A commit of a repository has no version of the registry.
            None => list.unresolved(key),
        }
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_lines() {
        check(
            &READER,
            "mix.lock",
            "%{\n  \"a\": {:hex, :real_a, \"1.0.0\", \"01\", [:mix], [{:b, \"~> 2\", [hex: :b]}], \"hexpm\", \"02\"},\n  \
             \"g\": {:git, \"https://x/g.git\", \"0123\", []},\n  \"c\": {:hex, :c, \"2.0.0-rc.1\"},\n}\n",
            &["c 2.0.0-rc.1", "real_a 1.0.0", "! no exact version of g"],
        );
    }
}
