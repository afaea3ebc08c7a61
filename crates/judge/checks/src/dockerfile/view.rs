//! A recipe as checks look at it: stages, instructions, commands, each with its place in the body.

use crate::piece::Tally;
use crate::reference::Reference;
use serde_json::Value;
use std::collections::BTreeSet;
use vigie_model::configuration::{Look, Piece, seen};
use vigie_model::text;
use vigie_model::verdict::Verdict;

/// A whole recipe.
pub(super) struct Recipe<'a> {
    pub(super) stages: Vec<Stage<'a>>,
}

/// A stage.
pub(super) struct Stage<'a> {
    pub(super) name: &'a str,
    pub(super) pointer: String,
    /// What `FROM` names.
    pub(super) image: Look<'a>,
    /// The earlier stage that it names.
    pub(super) base: Option<usize>,
    pub(super) platform: Look<'a>,
    pub(super) instructions: Vec<Instruction<'a>>,
}

/// An instruction.
#[derive(Clone)]
pub(super) struct Instruction<'a> {
    pub(super) stage: usize,
    pub(super) pointer: String,
    pub(super) op: &'a str,
    /// Whether it is for images built on this one.
    pub(super) later: bool,
    pub(super) body: &'a Value,
}

/// A command of `RUN`.
pub(super) struct Command<'a> {
    pub(super) pointer: String,
    /// The file name of the program; empty where there is none.
    pub(super) program: &'a str,
    /// What stands behind it.
    pub(super) words: Vec<&'a str>,
    pub(super) env: Vec<(&'a str, &'a str)>,
    pub(super) by: Vec<&'a str>,
    pub(super) to: Vec<(&'a str, &'a str)>,
    pub(super) after: &'a str,
    pub(super) inner: bool,
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    list(value, key).iter().filter_map(Value::as_str).collect()
}

fn two<'a>(value: &'a Value, key: &str) -> Vec<(&'a str, &'a str)> {
    list(value, key).iter().filter_map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?.as_str()?))).collect()
}

impl<'a> Recipe<'a> {
    pub(super) fn of(piece: &'a Piece) -> Self {
        let stage = |(at, body): (usize, &'a Value)| {
            let instruction = |(number, body): (usize, &'a Value)| Instruction {
                stage: at,
                pointer: format!("/stages/{at}/instructions/{number}"),
                op: text(body, "op"),
                later: body.get("onbuild").is_some(),
                body,
            };
            Stage {
                name: text(body, "name"),
                pointer: format!("/stages/{at}"),
                image: body.get("image").map_or(Look::Absent, seen),
                base: body.get("base").and_then(Value::as_u64).and_then(|base| usize::try_from(base).ok()),
                platform: body.get("platform").map_or(Look::Absent, seen),
                instructions: list(body, "instructions").iter().enumerate().map(instruction).collect(),
            }
        };
        Self { stages: list(&piece.body, "stages").iter().enumerate().map(stage).collect() }
    }

    /// All instructions of all stages.
    pub(super) fn instructions(&self) -> impl Iterator<Item = &Instruction<'a>> {
        self.stages.iter().flat_map(|stage| &stage.instructions)
    }

    /// All instructions of one name that run for this image.
    pub(super) fn all(&self, op: &'static str) -> impl Iterator<Item = &Instruction<'a>> {
        self.instructions().filter(move |instruction| instruction.op == op && !instruction.later)
    }

    /// The stages whose layers are in the final image: the last one and those it is built on, the last one first.
    pub(super) fn shipped(&self) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut next = self.stages.len().checked_sub(1);
        while let Some(at) = next.filter(|at| !chain.contains(at)) {
            chain.push(at);
            next = self.stages.get(at).and_then(|stage| stage.base);
        }
        chain
    }

    /// Instructions of one name in what is shipped, in the order in which they take effect.
    pub(super) fn shipped_all(&self, op: &'static str) -> Vec<&Instruction<'a>> {
        let mut stages = self.shipped();
        stages.reverse();
        let stages = stages.into_iter().filter_map(|at| self.stages.get(at));
        stages.flat_map(|stage| &stage.instructions).filter(|instruction| instruction.op == op && !instruction.later).collect()
    }

    /// The image below the stages that are shipped.
    pub(super) fn base(&self) -> Option<&Stage<'a>> {
        self.stages.get(*self.shipped().last()?)
    }

    /// What people call a stage: its name, or that of its image.
    pub(super) fn label(&self, stage: usize) -> String {
        let Some(stage) = self.stages.get(stage) else { return String::new() };
        match stage.image {
            _ if !stage.name.is_empty() => stage.name.to_owned(),
            Look::Known(image) => Reference::of(image.as_str().unwrap_or_default()).name.to_owned(),
            Look::Unknown(expression) => expression.to_owned(),
            Look::Absent => String::new(),
        }
    }

    /// Whether an environment variable is set anywhere in a stage or those below it, with a value that `is` so.
    pub(super) fn has_env(&self, stage: usize, name: &str, is: impl Fn(&str) -> bool) -> bool {
        let mut next = Some(stage);
        let mut steps = 0;
        while let Some(stage) = next.and_then(|at| self.stages.get(at)).filter(|_| steps <= self.stages.len()) {
            let sets = stage.instructions.iter().filter(|instruction| matches!(instruction.op, "ENV" | "ARG"));
            let mut pairs = sets.flat_map(Instruction::pairs);
            if pairs.any(|(key, value)| key == name && value.known().and_then(Value::as_str).is_some_and(&is)) {
                return true;
            }
            next = stage.base;
            steps += 1;
        }
        false
    }
}

impl<'a> Recipe<'a> {
    /// Whether a variable is set before an instruction, in its stage or below it.
    pub(super) fn has_env_before(&self, here: &Instruction<'a>, name: &str) -> bool {
        let Some(stage) = self.stages.get(here.stage) else { return false };
        let before = stage.instructions.iter().take_while(|instruction| instruction.pointer != here.pointer);
        let sets = before.filter(|instruction| matches!(instruction.op, "ENV" | "ARG"));
        let mut names = sets.flat_map(Instruction::pairs).map(|(name, _)| name);
        // A base image may set these.
        let usual = ["PATH", "HOME", "LD_LIBRARY_PATH", "PYTHONPATH", "JAVA_HOME", "GOPATH", "NODE_PATH", "CLASSPATH"];
        usual.contains(&name)
            || names.any(|known| known == name)
            || stage.base.is_some_and(|base| self.has_env(base, name, |_| true))
    }
}

impl<'a> Instruction<'a> {
    /// Where it is, in words that do not move: stage and name of the instruction.
    pub(super) fn locator(&self, recipe: &Recipe<'_>, what: &str) -> String {
        let label = recipe.label(self.stage);
        let what = if what.is_empty() { String::new() } else { format!(" {what}") };
        format!("/{label}/{}{what}", self.op)
    }

    pub(super) fn text(&self, key: &str) -> &'a str {
        text(self.body, key)
    }

    pub(super) fn look(&self, key: &str) -> Look<'a> {
        self.body.get(key).map_or(Look::Absent, seen)
    }

    pub(super) fn values(&self, key: &str) -> impl Iterator<Item = Look<'a>> + use<'a> {
        list(self.body, key).iter().map(seen)
    }

    pub(super) fn texts(&self, key: &str) -> Vec<&'a str> {
        texts(self.body, key)
    }

    /// Values of a flag: `--mount`.
    pub(super) fn flag(&self, name: &str) -> Vec<Look<'a>> {
        self.body.get("flags").map(|flags| list(flags, name).iter().map(seen).collect()).unwrap_or_default()
    }

    /// Names and values of `ENV` and `ARG`.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&'a str, Look<'a>)> + use<'a> {
        list(self.body, "pairs").iter().map(|pair| (text(pair, "name"), pair.get("value").map_or(Look::Absent, seen)))
    }

    /// Whether a mount of a kind covers a folder.
    pub(super) fn mounts(&self, kind: &str, folder: &str) -> bool {
        let covers = |mount: &str| {
            let field = |names: [&str; 3]| {
                mount.split(',').find_map(|part| {
                    let (key, value) = part.split_once('=')?;
                    names.contains(&key).then_some(value)
                })
            };
            let target = field(["target", "dst", "destination"]).unwrap_or_default().trim_end_matches('/');
            field(["type", "", ""]) == Some(kind)
                && (folder.starts_with(target) || target.starts_with(folder))
                && !target.is_empty()
        };
        self.flag("mount").into_iter().any(|mount| mount.known().and_then(Value::as_str).is_some_and(covers))
    }

    /// Commands, in order.
    pub(super) fn commands(&self) -> Vec<Command<'a>> {
        let command = |(number, body): (usize, &'a Value)| {
            let all = texts(body, "words");
            let program = all.first().copied().unwrap_or_default();
            Command {
                pointer: format!("{}/commands/{number}", self.pointer),
                program: program.rsplit('/').next().unwrap_or(program),
                words: all.get(1..).unwrap_or_default().to_vec(),
                env: two(body, "env"),
                by: texts(body, "by"),
                to: two(body, "to"),
                after: text(body, "after"),
                inner: body.get("inner").is_some(),
            }
        };
        list(self.body, "commands").iter().enumerate().map(command).collect()
    }
}

impl Command<'_> {
    /// As it is written, shortened.
    pub(super) fn shown(&self) -> String {
        shortened(&format!("{} {}", self.program, self.words.join(" ")))
    }

    pub(super) fn has(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| words.contains(word))
    }

    /// The first word that is no option.
    pub(super) fn verb(&self) -> &str {
        self.words.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default()
    }

    /// Whether one of its words is only known to the shell: options may be hidden in it.
    pub(super) fn open(&self) -> Option<&str> {
        self.words.iter().find(|word| word.starts_with('$')).copied()
    }

    /// Whether a letter is among the short options: `-fsSLk`. Letters in `valued` take the rest of their word.
    pub(super) fn short(&self, letter: char, valued: &str) -> bool {
        let clusters = self.words.iter().filter_map(|word| word.strip_prefix('-')).filter(|word| !word.starts_with('-'));
        clusters.into_iter().any(|cluster| {
            let end = cluster.find(|char| valued.contains(char)).unwrap_or(cluster.len());
            cluster.get(..end).unwrap_or_default().contains(letter)
        })
    }
}

/// A text short enough for a table.
pub(super) fn shortened(text: &str) -> String {
    const LENGTH_MAX: usize = 120;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LENGTH_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Judges every instruction of one name; not applicable where there is none.
pub(super) fn of_all<'a>(
    piece: &'a Piece,
    op: &'static str,
    judge: impl Fn(&Recipe<'a>, &Instruction<'a>, &mut Tally<'a>),
) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for instruction in recipe.all(op) {
        there = true;
        judge(&recipe, instruction, &mut tally);
    }
    if there { tally.verdict() } else { none(op) }
}

/// Judges every command that is `wanted`; not applicable where there is none.
pub(super) fn of_commands<'a>(
    piece: &'a Piece,
    what: &str,
    wanted: impl Fn(&Command<'a>) -> bool,
    judge: impl Fn(&Recipe<'a>, &Instruction<'a>, &Command<'a>, &mut Tally<'a>),
) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for instruction in recipe.all("RUN") {
        for command in instruction.commands().iter().filter(|command| wanted(command)) {
            there = true;
            judge(&recipe, instruction, command, &mut tally);
        }
    }
    if there { tally.verdict() } else { none(what) }
}

/// The question does not arise: there is no such thing.
pub(super) fn none(what: &str) -> Verdict {
    Verdict::not_applicable(text!(en "there is no {what} in it", fr "il ne contient aucun {what}", de "es enthält kein {what}"))
}

/// Each text once, in order, shortened for people.
pub(super) fn listed<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let all: BTreeSet<&str> = texts.into_iter().collect();
    shortened(&all.into_iter().collect::<Vec<_>>().join(" "))
}
