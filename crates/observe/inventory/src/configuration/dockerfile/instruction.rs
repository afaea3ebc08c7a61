//! One instruction of a Dockerfile as JSON.
//!
//! Every instruction has `op`; the rest depends on it: `flags`, `form` (`shell` or `exec`), `text`, `words`, `commands`,
//! `pairs` of names and values, `sources` and `target`, `ports`, `paths`, `user`, `path`. Values that a builder fills
//! in are unknown ones; words of commands are left to the shell and keep their variables.

use super::lines::Logical;
use super::shell::{self, Command};
use super::value::{Scope, resolve, value, words};
use serde_json::{Map, Value, json};

/// An instruction being read.
pub(super) struct Reading<'a> {
    pub(super) logical: &'a Logical,
    pub(super) escape: char,
    /// What variables stand for here.
    pub(super) scope: &'a mut Scope,
    /// The shell that `SHELL` has set.
    pub(super) shell: &'a mut Option<Vec<String>>,
}

/// An instruction as JSON, and lines of what is in it by JSON pointer below it.
pub(super) struct Read {
    pub(super) body: Map<String, Value>,
    pub(super) lines: Vec<(String, u32)>,
}

/// The names of instructions.
const OPS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// The name of the instruction that a text begins with, and where the rest begins.
pub(super) fn op_of(text: &str) -> Option<(&'static str, usize)> {
    let word = text.split_whitespace().next()?;
    let op = OPS.into_iter().find(|op| word.eq_ignore_ascii_case(op))?;
    let behind = text.find(word)? + word.len();
    let blank = text.get(behind..)?.len() - text.get(behind..)?.trim_start().len();
    Some((op, behind + blank))
}

impl Reading<'_> {
    /// Reads the instruction whose name is known and whose arguments begin at an offset.
    pub(super) fn read(&mut self, op: &'static str, from: usize) -> Read {
        let mut read = Read { body: Map::new(), lines: Vec::new() };
        read.body.insert("op".into(), op.into());
        let from = from + self.flags(op, from, &mut read.body);
        let text = self.logical.text.get(from..).unwrap_or_default();
        match op {
            "RUN" => self.run(text, from, &mut read),
            "CMD" | "ENTRYPOINT" => self.command(text, &mut read.body),
            "HEALTHCHECK" => self.health_check(text, &mut read.body),
            "SHELL" => self.set_shell(text, &mut read.body),
            "ENV" | "ARG" | "LABEL" => self.pairs(op, text, &mut read.body),
            "COPY" | "ADD" => self.copied(text, &mut read.body),
            "EXPOSE" => put(&mut read.body, "ports", self.values(text)),
            "VOLUME" => {
                let paths = exec(text).map_or_else(|| self.values(text), Value::from);
                put(&mut read.body, "paths", paths);
            }
            "USER" => put(&mut read.body, "user", self.value(text)),
            "WORKDIR" => put(&mut read.body, "path", self.value(text)),
            _ => put(&mut read.body, "text", text.into()),
        }
        read
    }

    /// Takes `--name=value` off the front; the bytes that were taken.
    fn flags(&self, op: &str, from: usize, body: &mut Map<String, Value>) -> usize {
        if !matches!(op, "RUN" | "COPY" | "ADD" | "FROM" | "HEALTHCHECK") {
            return 0;
        }
        let all = self.logical.text.get(from..).unwrap_or_default();
        let mut rest = all;
        let mut flags: Map<String, Value> = Map::new();
        while let Some(flag) = rest.split_whitespace().next().filter(|word| word.starts_with("--") && word.len() > 2) {
            let (name, text) = flag.trim_start_matches('-').split_once('=').unwrap_or((flag.trim_start_matches('-'), "true"));
            let given = self.value(text);
            if let Value::Array(values) = flags.entry(name).or_insert_with(|| json!([])) {
                values.push(given);
            }
            rest = rest.get(flag.len()..).unwrap_or_default().trim_start();
        }
        if !flags.is_empty() {
            body.insert("flags".into(), Value::Object(flags));
        }
        all.len() - rest.len()
    }

    fn value(&self, text: &str) -> Value {
        value(text.trim(), self.escape, self.scope)
    }

    fn values(&self, text: &str) -> Value {
        words(text, self.escape).iter().map(|word| self.value(word)).collect()
    }

    fn run(&mut self, text: &str, from: usize, read: &mut Read) {
        let body = &mut read.body;
        put(body, "text", text.into());
        let mut commands: Vec<(Command, u32)> = Vec::new();
        if let Some(exec) = exec(text) {
            put(body, "form", "exec".into());
            let line = self.logical.line_at(from);
            let script = shell::script_of(&exec).map(str::to_owned);
            commands.push((Command { words: exec, ..Command::default() }, line));
            let inner = script.map(|script| shell::commands(&script)).unwrap_or_default();
            commands.extend(inner.into_iter().map(|command| (Command { inner: true, ..command }, line)));
        } else {
            put(body, "form", "shell".into());
            if let Some(set) = self.shell.as_ref() {
                put(body, "shell", set.as_slice().into());
            }
            if self.is_posix() {
                let at = |command: Command| {
                    let line = self.logical.line_at(from + command.at);
                    (command, line)
                };
                commands.extend(shell::commands(text).into_iter().map(at));
                self.heredoc_commands(&mut commands);
            }
        }
        commands.truncate(shell::COMMANDS_MAX);
        for (number, (_, line)) in commands.iter().enumerate() {
            read.lines.push((format!("/commands/{number}"), *line));
        }
        put(&mut read.body, "commands", commands.iter().map(|(command, _)| shown(command)).collect());
    }

    /// A here-document is a script when nothing or a shell takes it, and data otherwise.
    fn heredoc_commands(&self, commands: &mut Vec<(Command, u32)>) {
        let nobody = commands.iter().all(|(command, _)| command.words.is_empty());
        let a_shell = |(command, _): &(Command, u32)| match command.words.as_slice() {
            [program, options @ ..] => shell::is_shell(program) && options.iter().all(|option| option.starts_with('-')),
            [] => false,
        };
        if !nobody && !commands.iter().any(a_shell) {
            return;
        }
        for document in &self.logical.heredocs {
            let first = document.text.lines().next().unwrap_or_default();
            let foreign = first.strip_prefix("#!").is_some_and(|program| {
                let mut words = program.split_whitespace().filter(|word| !word.ends_with("/env") && !word.starts_with('-'));
                !words.next().is_some_and(shell::is_shell)
            });
            if foreign {
                continue;
            }
            for command in shell::commands(&document.text) {
                let before = document.text.get(..command.at).unwrap_or_default();
                let lines = before.bytes().filter(|byte| *byte == b'\n').count();
                let line = document.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
                commands.push((command, line));
            }
        }
    }

    /// Whether commands are written for a shell of Unix.
    fn is_posix(&self) -> bool {
        match self.shell.as_ref().and_then(|words| words.first()) {
            None => self.escape == '\\',
            Some(program) => {
                shell::is_shell(program)
                    || !["powershell", "pwsh", "cmd"].iter().any(|name| {
                        program
                            .to_ascii_lowercase()
                            .rsplit(['/', '\\'])
                            .next()
                            .is_some_and(|file| file.trim_end_matches(".exe") == *name)
                    })
            }
        }
    }

    fn command(&self, text: &str, body: &mut Map<String, Value>) {
        match exec(text) {
            Some(words) => {
                put(body, "form", "exec".into());
                put(body, "words", words.into());
            }
            None => {
                put(body, "form", "shell".into());
                put(body, "text", text.into());
                let posix = self.is_posix();
                let commands = if posix { shell::commands(text) } else { Vec::new() };
                put(body, "commands", commands.iter().map(shown).collect());
            }
        }
    }

    fn health_check(&self, text: &str, body: &mut Map<String, Value>) {
        let kind = text.split_whitespace().next().unwrap_or_default();
        if kind.eq_ignore_ascii_case("NONE") {
            put(body, "none", true.into());
        } else {
            self.command(text.get(kind.len()..).unwrap_or_default().trim_start(), body);
        }
    }

    fn set_shell(&mut self, text: &str, body: &mut Map<String, Value>) {
        let words = exec(text).unwrap_or_default();
        put(body, "words", words.as_slice().into());
        *self.shell = Some(words);
    }

    fn pairs(&mut self, op: &str, text: &str, body: &mut Map<String, Value>) {
        let mut pairs = Vec::new();
        let words = words(text, self.escape);
        // `ENV name all the rest` is the old way.
        let old = op != "ARG" && words.first().is_some_and(|word| !word.contains('='));
        if let (true, Some(name)) = (old, words.first()) {
            let rest = text.trim_start().get(name.len()..).unwrap_or_default();
            pairs.push((name.clone(), Some(rest.trim().to_owned())));
        } else {
            pairs.extend(words.iter().map(|word| match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word.clone(), None),
            }));
        }
        // Within one instruction a name stands for what it stood for before it.
        let shown: Vec<Value> = pairs.iter().map(|(name, text)| self.pair(name, text.as_deref())).collect();
        put(body, "pairs", shown.into());
        if op != "LABEL" {
            let resolved: Vec<(String, Option<String>)> = pairs
                .into_iter()
                .map(|(name, text)| {
                    let value = text.and_then(|text| resolve(&text, self.escape, self.scope));
                    (name, value)
                })
                .collect();
            resolved.into_iter().for_each(|(name, value)| self.scope.set(&name, value));
        }
    }

    fn pair(&self, name: &str, text: Option<&str>) -> Value {
        match text {
            Some(text) => json!({ "name": name, "value": self.value(text), "text": text }),
            None => json!({ "name": name }),
        }
    }

    fn copied(&self, text: &str, body: &mut Map<String, Value>) {
        let mut words: Vec<String> = exec(text).unwrap_or_else(|| words(text, self.escape));
        let target = words.pop();
        let documents: Vec<&str> = self.logical.heredocs.iter().map(|document| document.name.as_str()).collect();
        words.retain(|word| !word.starts_with("<<"));
        put(body, "sources", words.iter().map(|word| self.value(word)).collect());
        if let Some(target) = target {
            put(body, "target", self.value(&target));
        }
        if !documents.is_empty() {
            put(body, "documents", documents.into());
        }
    }
}

fn put(body: &mut Map<String, Value>, key: &str, value: Value) {
    body.insert(key.to_owned(), value);
}

/// The words of the exec form: a list of texts in JSON.
fn exec(text: &str) -> Option<Vec<String>> {
    if text.trim_start().starts_with('[') { serde_json::from_str(text.trim()).ok() } else { None }
}

fn shown(command: &Command) -> Value {
    let mut shown = json!({ "words": command.words });
    let mut add = |key: &str, value: Value, there: bool| {
        if there {
            shown[key] = value;
        }
    };
    add("after", command.after.into(), !command.after.is_empty());
    add("env", command.env.iter().map(|(name, value)| json!([name, value])).collect(), !command.env.is_empty());
    add("by", command.by.as_slice().into(), !command.by.is_empty());
    add("to", command.to.iter().map(|(sign, file)| json!([sign, file])).collect(), !command.to.is_empty());
    add("inner", true.into(), command.inner);
    shown
}
