//! Dockerfiles and Containerfiles, the recipes of images: one piece for each file.
//!
//! The body is `{ syntax, escape, args, stages: [{ name, image, base, platform, instructions }] }`. A stage's `image` is
//! what `FROM` names, with build arguments put in; `base` is the number of the earlier stage it names instead. Instructions
//! are told in [`instruction`], commands of `RUN` in [`shell`]; `ONBUILD` marks the instruction behind it with `onbuild`.
//!
//! Specification: <https://docs.docker.com/reference/dockerfile/>. Deliberately absent: files that frontends other than
//! Docker's own define, and what a base image sets (its environment is unknown, not empty).
//!
//! Holds: never panics (property test, fuzz target); every stage and instruction has its line.

mod instruction;
mod lines;
mod shell;
mod value;

use super::Unreadable;
use instruction::{Reading, op_of};
use lines::{Lines, Logical};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use value::{Scope, value};
use vigie_model::configuration::{Form, Piece};

/// The most instructions of one file.
const INSTRUCTIONS_MAX: usize = 10_000;
/// The most commands of one file.
const COMMANDS_MAX: usize = 50_000;

/// Endings of files that are named after a Dockerfile and are none.
const OTHERS: [&str; 14] = [
    ".dockerignore",
    ".containerignore",
    ".md",
    ".txt",
    ".rs",
    ".go",
    ".py",
    ".js",
    ".ts",
    ".json",
    ".yaml",
    ".yml",
    ".html",
    ".sh",
];

/// Whether a file is named like a Dockerfile; the path is in small letters.
pub(super) fn is(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let whole = |word: &str| name == word || name.strip_prefix(word).is_some_and(|rest| rest.starts_with(['.', '-', '_']));
    let named =
        whole("dockerfile") || whole("containerfile") || name.ends_with(".dockerfile") || name.ends_with(".containerfile");
    named && !OTHERS.iter().any(|other| name.ends_with(other))
}

/// Reads a Dockerfile.
pub(super) fn read(path: &str, text: &str) -> Result<Vec<Piece>, Unreadable> {
    let lines = lines::read(text);
    let names = lines.logical.iter().take(INSTRUCTIONS_MAX + 1).map(|logical| op_of(&logical.text));
    if !names.clone().any(|name| name.is_some_and(|(op, _)| op == "FROM")) {
        // A file that only happens to be called so.
        return if names.flatten().next().is_none() { Ok(Vec::new()) } else { Err(broken(text, "it has no FROM".to_owned())) };
    }
    if lines.logical.len() > INSTRUCTIONS_MAX {
        return Err(Unreadable::Broken(format!("more than {INSTRUCTIONS_MAX} instructions")));
    }
    let mut recipe = Recipe { escape: lines.escape, ..Recipe::default() };
    for logical in &lines.logical {
        recipe.take(logical).map_err(|said| broken(text, said))?;
    }
    Ok(vec![recipe.piece(path, &lines)])
}

fn broken(text: &str, said: String) -> Unreadable {
    let template = ["{{", "{%", "<%"].iter().any(|mark| text.contains(mark));
    if template { Unreadable::Template } else { Unreadable::Broken(said) }
}

#[derive(Default)]
struct Recipe {
    escape: char,
    /// Build arguments before the first `FROM`.
    global: Scope,
    args: Vec<Value>,
    stages: Vec<Stage>,
    lines: BTreeMap<String, u32>,
    commands: usize,
}

#[derive(Default)]
struct Stage {
    head: Map<String, Value>,
    name: String,
    instructions: Vec<Value>,
    scope: Scope,
    shell: Option<Vec<String>>,
}

impl Recipe {
    fn take(&mut self, logical: &Logical) -> Result<(), String> {
        let line = logical.line_at(0);
        let Some((op, from)) = op_of(&logical.text) else {
            let word: String = logical.text.split_whitespace().next().unwrap_or_default().chars().take(40).collect();
            return Err(format!("line {line}: `{}` is no instruction", word.escape_debug()));
        };
        if op == "FROM" {
            self.stage(logical, from, line);
            return Ok(());
        }
        let at = self.stages.len();
        let Some(stage) = self.stages.last_mut() else {
            if op != "ARG" {
                return Err(format!("line {line}: {op} before FROM"));
            }
            let mut shell = None;
            let mut reading = Reading { logical, escape: self.escape, scope: &mut self.global, shell: &mut shell };
            let read = reading.read(op, from);
            self.lines.insert(format!("/args/{}", self.args.len()), line);
            self.args.push(Value::Object(read.body));
            return Ok(());
        };
        let pointer = format!("/stages/{}/instructions/{}", at - 1, stage.instructions.len());
        let onbuild = op == "ONBUILD";
        let (op, from) = match op {
            "ONBUILD" => {
                let rest = logical.text.get(from..).unwrap_or_default();
                let (op, behind) = op_of(rest).ok_or_else(|| format!("line {line}: ONBUILD of no instruction"))?;
                (op, from + behind)
            }
            _ => (op, from),
        };
        let mut reading = Reading { logical, escape: self.escape, scope: &mut stage.scope, shell: &mut stage.shell };
        let mut read = reading.read(op, from);
        if op == "ARG" {
            stage.declare(&read.body, &self.global);
        }
        if onbuild {
            read.body.insert("onbuild".into(), true.into());
        }
        self.commands += read.lines.len();
        if self.commands > COMMANDS_MAX {
            return Err(format!("more than {COMMANDS_MAX} commands"));
        }
        for (below, line) in read.lines {
            self.lines.insert(format!("{pointer}{below}"), line);
        }
        self.lines.insert(pointer, line);
        stage.instructions.push(Value::Object(read.body));
        Ok(())
    }

    fn stage(&mut self, logical: &Logical, from: usize, line: u32) {
        let mut shell = None;
        let read = Reading { logical, escape: self.escape, scope: &mut self.global, shell: &mut shell }.read("FROM", from);
        let text = read.body.get("text").and_then(Value::as_str).unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        let image = words.first().copied().unwrap_or_default();
        let name = match words.get(1..) {
            Some([word, name, ..]) if word.eq_ignore_ascii_case("as") => name.to_ascii_lowercase(),
            _ => String::new(),
        };
        let mut stage = Stage { name, ..Stage::default() };
        if !stage.name.is_empty() {
            stage.head.insert("name".into(), stage.name.as_str().into());
        }
        let image = value(image, self.escape, &self.global);
        let earlier = |named: &str| self.stages.iter().rposition(|stage| stage.name == named.to_ascii_lowercase());
        if let Some(base) = image.as_str().filter(|image| !image.is_empty()).and_then(earlier) {
            stage.head.insert("base".into(), base.into());
            stage.scope = self.stages.get(base).map(|base| base.scope.clone()).unwrap_or_default();
            stage.shell = self.stages.get(base).and_then(|base| base.shell.clone());
        }
        stage.head.insert("image".into(), image);
        if let Some(platform) = read.body.get("flags").and_then(|flags| flags.pointer("/platform/0")) {
            stage.head.insert("platform".into(), platform.clone());
        }
        self.lines.insert(format!("/stages/{}", self.stages.len()), line);
        self.stages.push(stage);
    }

    fn piece(self, path: &str, file: &Lines) -> Piece {
        let whole = |stage: Stage| {
            let mut body = stage.head;
            body.insert("instructions".into(), stage.instructions.into());
            Value::Object(body)
        };
        let stages: Vec<Value> = self.stages.into_iter().map(whole).collect();
        let mut body = json!({ "args": self.args, "stages": stages, "escape": file.escape.to_string() });
        if !file.syntax.is_empty() {
            body["syntax"] = file.syntax.as_str().into();
        }
        let line = file.logical.first().map_or(1, |logical| logical.line_at(0));
        let (kind, name) = ("Dockerfile".to_owned(), String::new());
        Piece { form: Form::Dockerfile, path: path.to_owned(), line, kind, name, body, lines: self.lines }
    }
}

impl Stage {
    /// A build argument without a value takes the one that stands before the first `FROM`.
    fn declare(&mut self, body: &Map<String, Value>, global: &Scope) {
        let pairs = body.get("pairs").and_then(Value::as_array).into_iter().flatten();
        for name in pairs.filter(|pair| pair.get("text").is_none()).filter_map(|pair| pair.get("name")?.as_str()) {
            self.scope.set(name, global.get(name).map(str::to_owned));
        }
    }
}

#[cfg(test)]
mod tests;
