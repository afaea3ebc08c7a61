//! `cargo xtask new`: the skeleton of a new catalogue entry.
//!
//! Writes the pages in three languages, the line in the catalogue's list, and for a check the
//! function and its line in the judge's list. Nothing existing is overwritten. The tests fail until
//! the skeleton is filled in: they refuse pages that still carry the marker `<!--`.

use crate::error::{Error, read, write};
use clap::Args;
use std::path::Path;
use vigie_catalogue::{Family, HEADINGS};
use vigie_model::ids::FindingId;
use vigie_model::lang::Lang;

const CATALOGUE_LIST: &str = "crates/base/catalogue/src/list.rs";
const CHECKS: &str = "crates/judge/checks/src";

/// A rule that matches nothing yet; crates/base/catalogue/src/secret.rs says what else it may hold.
const SECRET_RULE: &str = "regex = '<!-- the pattern, from a keyword on -->'\nkeywords = []\n";

/// The body of a YARA rule that matches nothing yet.
const MALWARE_RULE: &str = "{\n    meta:\n        needs = \"<!-- words of which one stands in every such file, with commas -->\"\n    \
     strings:\n        $a = \"<!-- what it holds -->\"\n    condition:\n        filesize < 1MB and $a\n}\n";

/// What to write.
#[derive(Args)]
pub(crate) struct NewEntry {
    /// `check`, `detection`, `secret` or `malware`.
    #[arg(value_parser = ["check", "detection", "secret", "malware"])]
    family: String,
    /// The group, such as `host`, `linux` or `cloud`.
    group: String,
    /// The bad thing it finds, in words with hyphens: `ssh-root-login`.
    name: String,
    /// For a check, the file in crates/judge/checks/src/GROUP that gets the function, without `.rs`;
    /// by default the one that is called after the first word of the name.
    #[arg(long)]
    topic: Option<String>,
}

/// Writes the skeleton.
pub(crate) fn run(root: &Path, new: &NewEntry) -> Result<String, Error> {
    let family = match new.family.as_str() {
        "check" => Family::Checks,
        "detection" => Family::Detections,
        "malware" => Family::Malware,
        _ => Family::Secrets,
    };
    for word in [&new.group, &new.name] {
        if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            return Err(Error::wrong(format!("`{word}` must be made of a-z, 0-9 and -")));
        }
    }
    let path = format!("{}/{}/{}", family.word(), new.group, new.name);
    let folder = root.join("content").join(&path);
    if folder.exists() {
        return Err(Error::wrong(format!("content/{path} is there already")));
    }
    // Looked up first: nothing is written when the function has no place to go.
    let topic = if family == Family::Checks { Some(topic(root, new)?) } else { None };
    let id = next_id(family, &new.group);
    for (lang, _) in HEADINGS {
        write(&folder.join(lang.code()).with_extension("md"), &page(family, &new.group, &id, lang))?;
    }
    if family == Family::Detections {
        write(&folder.join("rule.yml"), &rule(&path, &id))?;
        write(&folder.join("fires.jsonl"), "")?;
        write(&folder.join("silent.jsonl"), "")?;
    }
    if family == Family::Secrets {
        write(&folder.join("rule.toml"), SECRET_RULE)?;
        write(&folder.join("true.txt"), "")?;
        write(&folder.join("false.txt"), "")?;
    }
    if family == Family::Malware {
        write(&folder.join("rule.yar"), &format!("rule {} {MALWARE_RULE}", new.name.replace('-', "_")))?;
        write(&folder.join("true.txt"), "")?;
        write(&folder.join("false.txt"), "")?;
    }
    edit(&root.join(CATALOGUE_LIST), |list| inserted(list, &format!("{}!(\"{path}\"),", new.family)))?;
    if let Some(topic) = topic {
        let function = new.name.replace('-', "_");
        let group = root.join(CHECKS).join(&new.group);
        edit(&group.join(&topic).with_extension("rs"), |text| Ok(format!("{text}\n{}", stub(&new.group, &function))))?;
        let line = format!("check(\"{}\", Misconfiguration, {topic}::{function}),", new.name);
        edit(&group.join("mod.rs"), |list| inserted(list, &line))?;
    }
    Ok(format!("{id}: content/{path}; `cargo test` says what is still missing"))
}

/// The file that gets the function of a check.
fn topic(root: &Path, new: &NewEntry) -> Result<String, Error> {
    let folder = Path::new(CHECKS).join(&new.group);
    let there = |name: &str| root.join(&folder).join(name).with_extension("rs").is_file();
    let word = new.name.split('-').next().unwrap_or_default();
    let guesses = [new.topic.clone().unwrap_or_default(), word.to_owned(), format!("{word}s")];
    let wanted = if new.topic.is_some() { &guesses[..1] } else { &guesses[1..] };
    let found = wanted.iter().find(|name| there(name)).cloned();
    found.ok_or_else(|| {
        Error::wrong(format!("{} has no {}.rs: make it, or choose a file with --topic", folder.display(), wanted[0]))
    })
}

/// One more than the highest number of the family's ids.
fn next_id(family: Family, group: &str) -> String {
    let prefix = match family {
        Family::Checks => group.to_uppercase(),
        Family::Detections => "DET".to_owned(),
        Family::Secrets => "SEC".to_owned(),
        Family::Malware => "MALWARE".to_owned(),
    };
    let numbers = vigie_catalogue::of(family).filter_map(|entry| entry.id.strip_prefix(&prefix)?.strip_prefix('-')?.parse().ok());
    let highest: u32 = numbers.max().unwrap_or(0);
    format!("{prefix}-{:04}", highest + 1)
}

fn page(family: Family, group: &str, id: &str, lang: Lang) -> String {
    let headings = HEADINGS.iter().find(|(known, _)| *known == lang).map_or([""; 3], |(_, headings)| *headings);
    let mut text = match lang {
        Lang::En => format!(
            "+++\nid = \"{id}\"\ntitle = \"<!-- the bad thing -->\"\nseverity = \"medium\"\nmaturity = \"sandbox\"\n\
             reads = [{reads}]\nreferences = []\ntags = []\n+++\n",
            reads = match family {
                Family::Secrets => "\"files\"",
                Family::Malware => "\"texts\"",
                Family::Checks | Family::Detections => "",
            },
        ),
        Lang::Fr | Lang::De => "+++\ntitle = \"<!-- the bad thing -->\"\n+++\n".to_owned(),
    };
    for heading in headings {
        text.push_str(&format!("## {heading}\n<!-- {} -->\n\n", lang.code()));
    }
    if lang == Lang::En && family == Family::Checks {
        let language = match group {
            "host" | "image" => "json",
            "dockerfile" => "dockerfile",
            "cloud" => "hcl",
            _ => "yaml",
        };
        text.push_str(&format!("## Examples\n```{language} bad: \"what it shows\"\n\n```\n```{language} good\n\n```\n"));
    }
    format!("{}\n", text.trim_end())
}

fn rule(path: &str, id: &str) -> String {
    format!(
        "title: <!-- the bad thing -->\nid: {}\nname: {}\nstatus: experimental\ndescription: See {id} of the catalogue.\n\
         author: Vigie\nlogsource:\n  product: linux\n  service: <!-- such as sshd -->\ndetection:\n  selection:\n    \
         field: value\n  condition: selection\nlevel: medium\n",
        uuid(path),
        path.rsplit('/').next().unwrap_or(path).replace('-', "_"),
    )
}

/// A UUID of version 8 (RFC 9562: made by the application), the same for the same path.
fn uuid(path: &str) -> String {
    let mut bytes = *FindingId::of(&["rule", path]).as_bytes();
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..4], &hex[4..6], &hex[6..8], &hex[8..10], &hex[10..]].map(<[String]>::concat).join("-")
}

/// The function as a new check has it: it cannot tell, so it never passes by accident.
fn stub(group: &str, function: &str) -> String {
    let takes = match group {
        "host" => "facts: &HostFacts",
        "image" => "facts: &ImageFacts",
        _ => "piece: &Piece, _: &[Piece]",
    };
    let say =
        format!("en \"{function} is not written\", fr \"{function} n’est pas écrit\", de \"{function} ist nicht geschrieben\"");
    format!(
        "/// What is bad, in one line.\npub(crate) fn {function}({takes}) -> Verdict {{\n    \
         Verdict::unknown(text!({say}))\n}}\n"
    )
}

fn edit(path: &Path, change: impl FnOnce(&str) -> Result<String, Error>) -> Result<(), Error> {
    let text = read(path)?;
    write(path, &change(&text)?)
}

/// A list file with one more line, in its place by the text between the first quotes.
fn inserted(list: &str, line: &str) -> Result<String, Error> {
    let key = |line: &str| line.split('"').nth(1).map(str::to_owned);
    let is_row = |line: &str| ["    check", "    detection", "    secret", "    malware"].iter().any(|row| line.starts_with(row));
    let mut lines: Vec<&str> = list.lines().collect();
    let start = lines.iter().position(|line| line.ends_with("= &[")).ok_or_else(|| Error::wrong("the list has no `= &[`"))?;
    let goes_before = |row: &str| row == "];" || (is_row(row) && key(row) > key(line));
    let place = lines[start..].iter().position(|row| goes_before(row)).ok_or_else(|| Error::wrong("the list has no end"))?;
    let row = format!("    {line}");
    lines.insert(start + place, &row);
    Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_where_it_belongs() {
        let list = "//! List.\nstatic L: &[X] = &[\n    check!(\"checks/a\"),\n    detection!(\"detections/b\"),\n];\n";
        let expected = "//! List.\nstatic L: &[X] = &[\n    check!(\"checks/a\"),\n    check!(\"checks/c\"),\n    detection!(\"detections/b\"),\n];\n";
        assert_eq!(inserted(list, "check!(\"checks/c\"),").unwrap(), expected);
        assert_eq!(inserted("x: &[X] = &[\n];", "check(\"a\"),").unwrap(), "x: &[X] = &[\n    check(\"a\"),\n];\n");
        assert!(inserted("no list", "check(\"a\"),").is_err());
    }

    #[test]
    fn the_lists_of_today_take_a_line() {
        let root = crate::root();
        for (list, line) in
            [(CATALOGUE_LIST.to_owned(), "check!(\"checks/zoo/z\"),"), (format!("{CHECKS}/host/mod.rs"), "check(\"z\"),")]
        {
            let text = read(&root.join(list)).unwrap();
            assert_eq!(inserted(&text, line).unwrap().lines().count(), text.lines().count() + 1);
        }
    }

    #[test]
    fn ids_count_on() {
        assert_eq!(next_id(Family::Checks, "zoo"), "ZOO-0001");
        let next = next_id(Family::Checks, "host");
        assert!(vigie_catalogue::by_id(&next).is_none() && next.as_str() > "HOST-0001");
    }

    #[test]
    fn a_rule_has_a_uuid_of_its_own() {
        let id = uuid("detections/linux/x");
        assert_eq!((id.len(), &id[14..15]), (36, "8"));
        assert_ne!(id, uuid("detections/linux/y"));
    }
}
