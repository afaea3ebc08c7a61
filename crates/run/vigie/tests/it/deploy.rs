//! What is shipped for pipelines fits the program: files parse, every verb and flag exists.

use saphyr_parser::{Event, Parser};
use std::path::{Path, PathBuf};
use std::process::Command;

fn shipped() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    ["deploy/ci/gitlab.yml", "deploy/ci/github.yml", "deploy/ci/pre-commit", ".pre-commit-hooks.yaml"]
        .map(|file| root.join(file))
        .into()
}

/// All scalars of a YAML document.
fn scalars(path: &Path, text: &str) -> Vec<String> {
    let events = Parser::new_from_str(text).map(|event| event.unwrap_or_else(|error| panic!("{}: {error}", path.display())).0);
    events.filter_map(|event| if let Event::Scalar(value, ..) = event { Some(value.into_owned()) } else { None }).collect()
}

/// The arguments of every call of the program, up to where the shell takes over.
fn calls(text: &str) -> Vec<Vec<String>> {
    let calls = text.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches("exec ");
        let words = line.strip_prefix("vigie ")?.split(' ').take_while(|word| !matches!(*word, ">" | "||" | "&&" | ";"));
        Some(
            words.filter(|word| *word != "\"$@\"").map(|word| word.trim_matches('"').replace("$VIGIE_FAIL_ON", "high")).collect(),
        )
    });
    calls.collect()
}

#[test]
fn every_call_in_a_pipeline_is_one_that_the_program_knows() {
    let mut known = 0;
    for path in shipped() {
        let text = std::fs::read_to_string(&path).unwrap();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
        let texts = if is_yaml { scalars(&path, &text) } else { vec![text] };
        for call in texts.iter().flat_map(|text| calls(text)) {
            // Arguments are read up to the last one, which asks for help: nothing is done.
            let output = Command::new(env!("CARGO_BIN_EXE_vigie")).args(&call).arg("--help").output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{call:?}: {}", String::from_utf8_lossy(&output.stderr));
            known += 1;
        }
    }
    assert!(known >= 12, "{known}");
    let wrong = Command::new(env!("CARGO_BIN_EXE_vigie")).args(["scan", "repo", "--stagedd", "--help"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2), "the test would notice");
}

#[test]
fn the_hook_is_a_program() {
    use std::os::unix::fs::PermissionsExt;
    let hook = shipped().into_iter().find(|path| path.ends_with("pre-commit")).unwrap();
    assert_eq!(std::fs::metadata(&hook).unwrap().permissions().mode() & 0o111, 0o111);
    assert!(Command::new("sh").arg("-n").arg(hook).status().unwrap().success());
}
