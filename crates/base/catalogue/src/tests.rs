//! What every page promises, held over the whole list.

use crate::list::SOURCES;
use crate::secret::SecretRule;
use crate::{Entry, ExampleKind, Family, all, page};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use vigie_model::event::Class;
use vigie_model::host::HostFacts;
use vigie_model::lang::{Lang, Text};

fn content() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../content")
}

/// Asserts that no entry breaks a promise, and names all that do.
fn every(family: Option<Family>, promise: impl Fn(&Entry) -> Vec<String>) {
    let entries = all().iter().filter(|entry| family.is_none_or(|family| family == entry.family));
    let broken: Vec<String> =
        entries.flat_map(|entry| promise(entry).into_iter().map(move |said| format!("{}: {said}", entry.path))).collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

fn unless(holds: bool, said: impl Into<String>) -> Vec<String> {
    if holds { Vec::new() } else { vec![said.into()] }
}

#[test]
fn every_page_can_be_read() {
    let wrong: Vec<String> = SOURCES
        .iter()
        .filter_map(|source| page::entry(source).err())
        .map(|error| format!("{error}: {}", std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default()))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(all().len(), SOURCES.len());
}

#[test]
fn the_list_is_sorted_and_complete() {
    assert!(SOURCES.is_sorted_by(|a, b| a.path < b.path), "list.rs must be sorted by path, each path once");
    let listed: BTreeSet<String> = SOURCES.iter().map(|source| source.path.to_owned()).collect();
    let mut folders = BTreeSet::new();
    for family in Family::ALL {
        for group in folders_of(&content().join(family.word())) {
            for name in folders_of(&content().join(family.word()).join(&group)) {
                folders.insert(format!("{}/{group}/{name}", family.word()));
            }
        }
    }
    assert_eq!(folders.difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new(), "folders that list.rs forgets");
}

fn folders_of(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[test]
fn ids_are_unique_and_say_the_family() {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in all() {
        if let Some(other) = seen.insert(&entry.id, entry.path) {
            panic!("{} is both {other} and {}", entry.id, entry.path);
        }
    }
    every(None, |entry| {
        let prefix = match entry.family {
            Family::Checks => entry.group().to_uppercase(),
            Family::Detections => "DET".to_owned(),
            Family::Secrets => "SEC".to_owned(),
            Family::Malware => "MALWARE".to_owned(),
        };
        let number = entry.id.strip_prefix(&format!("{prefix}-")).unwrap_or_default();
        unless(
            number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit()),
            format!("id must be {prefix}-0000, is {}", entry.id),
        )
    });
}

#[test]
fn names_are_words_with_hyphens() {
    every(None, |entry| {
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        unless(
            entry.path.split('/').count() == 3 && entry.path.split('/').all(plain),
            "path must be family/group/name in a-z, 0-9 and -",
        )
    });
}

#[test]
fn no_page_is_a_skeleton() {
    every(None, |entry| {
        let texts = [&entry.title, &entry.looks_for, &entry.why, &entry.fix];
        let written = texts.iter().all(|text| Lang::ALL.into_iter().all(|lang| !text.get(lang).contains("<!--")));
        unless(written && !entry.rule.is_some_and(|rule| rule.contains("<!--")), "still carries `<!--` of `cargo xtask new`")
    });
}

#[test]
fn titles_are_short_and_translated() {
    every(None, |entry| {
        let mut said = Vec::new();
        for lang in Lang::ALL {
            let title = entry.title.get(lang);
            said.extend(unless(
                !title.is_empty() && title.chars().count() <= 80,
                format!("{}: title must have 1 to 80 characters", lang.code()),
            ));
            said.extend(unless(!title.ends_with('.'), format!("{}: no full stop after a title", lang.code())));
        }
        said
    });
}

#[test]
fn texts_are_translated() {
    every(None, |entry| {
        let mut said = Vec::new();
        for (what, text) in [("looks for", &entry.looks_for), ("why", &entry.why), ("fix", &entry.fix)] {
            said.extend(unless(
                text.en != text.fr && text.en != text.de && text.fr != text.de,
                format!("{what}: not translated"),
            ));
            said.extend(unless(fences(text), format!("{what}: code blocks differ between the languages")));
        }
        said
    });
}

/// Whether the fenced blocks are the same in all languages: a command is not translated.
fn fences(text: &Text) -> bool {
    let blocks = |text: &str| text.split("```").skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    blocks(&text.en) == blocks(&text.fr) && blocks(&text.en) == blocks(&text.de)
}

#[test]
fn checks_have_good_and_bad_examples() {
    every(Some(Family::Checks), |entry| {
        let has = |kind: ExampleKind| entry.examples.iter().any(|example| example.kind == kind);
        let mut said = unless(has(ExampleKind::Bad) && has(ExampleKind::Good), "needs a bad and a good example");
        let languages: &[&str] = match entry.group() {
            "host" | "image" => &["json"],
            "dockerfile" => &["dockerfile"],
            "cloud" => &["hcl", "json"],
            _ => &["yaml"],
        };
        for example in &entry.examples {
            let language = example.language.as_str();
            said.extend(unless(
                languages.contains(&language),
                format!("`{language}` examples must be {}", languages.join(" or ")),
            ));
        }
        said
    });
}

#[test]
fn checks_read_sections_of_the_facts() {
    let host = serde_json::to_value(HostFacts::default()).unwrap();
    let image = [
        "config",
        "layers",
        "os",
        "components",
        "elevated",
        "world_writable",
        "programs",
        "accounts",
        "caches",
        "waste",
        "remarks",
    ];
    every(Some(Family::Checks), |entry| {
        let is_section = |section: &str| match entry.group() {
            "host" => host.get(section).is_some(),
            "image" => image.contains(&section),
            // The kinds of things that are looked at, in the words of their format.
            _ => !section.is_empty(),
        };
        let unknown: Vec<&String> = entry.reads.iter().filter(|section| !is_section(section)).collect();
        unless(unknown.is_empty() && !entry.reads.is_empty(), format!("`reads` names no section of the facts: {unknown:?}"))
    });
}

#[test]
fn detections_read_classes_and_carry_their_proof() {
    every(Some(Family::Detections), |entry| {
        let unknown: Vec<&String> = entry.reads.iter().filter(|class| Class::from_name(class).is_none()).collect();
        let mut said = unless(unknown.is_empty() && !entry.reads.is_empty(), format!("`reads` names no OCSF class: {unknown:?}"));
        for (file, lines) in [("fires.jsonl", entry.fires), ("silent.jsonl", entry.silent)] {
            said.extend(unless(lines.lines().any(|line| !line.trim().is_empty()), format!("{file} is empty")));
            for (number, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                if let Err(error) = serde_json::from_str::<serde_json::Value>(line) {
                    said.push(format!("{file}:{}: {error}", number + 1));
                }
            }
        }
        said.extend(unless(entry.rule.is_some_and(|rule| rule.contains("title:")), "rule.yml is no Sigma rule"));
        said
    });
}

#[test]
fn a_detection_and_its_rule_are_equally_severe() {
    every(Some(Family::Detections), |entry| {
        let level = match entry.severity.word() {
            "info" => "informational",
            word => word,
        };
        let expected = format!("level: {level}");
        unless(
            entry.rule.is_some_and(|rule| rule.lines().any(|line| line == expected)),
            format!("rule.yml must say `{expected}`"),
        )
    });
}

#[test]
fn secrets_have_a_rule_and_carry_their_proof() {
    every(Some(Family::Secrets), |entry| {
        let Some(rule) = &entry.secret else { return vec!["has no rule".to_owned()] };
        let mut said = unless(entry.reads == ["files"], "`reads` must be [\"files\"]");
        said.extend(unless(!rule.keywords.is_empty(), "needs a keyword"));
        for keyword in &rule.keywords {
            said.extend(unless(keyword.len() >= SecretRule::KEYWORD_MIN, format!("keyword `{keyword}` is too short")));
            let folded = keyword.bytes().all(|byte| !byte.is_ascii_uppercase());
            said.extend(unless(!rule.any_case || folded, format!("keyword `{keyword}` counts in any case: write it small")));
        }
        said.extend(unless(
            rule.before <= SecretRule::REACH_MAX && rule.after <= SecretRule::REACH_MAX,
            format!("a match may reach {} bytes at most", SecretRule::REACH_MAX),
        ));
        let (hold, miss) = entry.samples();
        said.extend(unless(!hold.is_empty(), "true.txt has no example"));
        said.extend(unless(!miss.is_empty(), "false.txt has no example"));
        said
    });
}

#[test]
fn secrets_say_how_to_revoke() {
    every(Some(Family::Secrets), |entry| {
        let mut said = unless(!entry.references.is_empty(), "names no reference for the format");
        for lang in Lang::ALL {
            let length = entry.fix.get(lang).chars().count();
            said.extend(unless(length >= 60, format!("{}: too short to say how to revoke it", lang.code())));
        }
        said
    });
}

#[test]
fn malware_has_a_rule_and_carries_its_proof() {
    every(Some(Family::Malware), |entry| {
        let rule = entry.rule.unwrap_or_default();
        let mut said = unless(
            matches!(&entry.reads[..], [one] if one == "texts" || one == "programs"),
            "`reads` must be [\"texts\"] or [\"programs\"]",
        );
        let is_program = rule.contains("uint32(0) == 0x464c457f");
        said.extend(unless(is_program == (entry.reads == ["programs"]), "`reads` must be [\"programs\"] for what asks for ELF"));
        let bounded = rule.contains("filesize <") || entry.reads == ["programs"];
        said.extend(unless(bounded, "the condition must bound `filesize`"));
        said.extend(unless(
            rule.matches("\nrule ").count() + usize::from(rule.starts_with("rule ")) == 1,
            "rule.yar must hold one rule",
        ));
        said.extend(unless(rule.contains("needs = \"") || rule.contains("path = \""), "needs `needs` or `path` in its meta"));
        let (hold, miss) = entry.specimens();
        said.extend(unless(!hold.is_empty(), "true.txt has no example"));
        said.extend(unless(!miss.is_empty(), "false.txt has no example"));
        said.extend(unless(!entry.references.is_empty(), "names no reference"));
        said
    });
}
