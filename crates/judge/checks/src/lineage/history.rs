//! Where the base ends by the instructions of the history.
//!
//! Two signs. An image that is meant to be built on nearly always ends with what it starts (`CMD`, `ENTRYPOINT`): one
//! that stands before a further layer is the last step of a base. Without it, a first layer that lays down a whole
//! root (`ADD … /`, of a name that says so, or what the tools of distributions write) is a base of that one layer.
//! Both are guesses: who builds on a base without `CMD`, or has two of them in one file, is told wrong.

use vigie_model::image::{HistoryStep, ImageFacts};

/// How many of the lowest layers are the base's.
pub(super) fn split(facts: &ImageFacts) -> Option<u32> {
    let history = &facts.config.history;
    if let Some(end) = last_start_below(history) {
        return layers_until(history, end).filter(|layers| *layers > 0);
    }
    let first = history.iter().position(|step| step.layer.is_some())?;
    let more = history.iter().skip(first + 1).any(|step| step.layer.is_some());
    (more && history.get(first).is_some_and(lays_down_root)).then_some(1)
}

/// How many of the first steps belong to a base of so many layers.
pub(super) fn steps(facts: &ImageFacts, layers: u32) -> Option<u32> {
    let history = &facts.config.history;
    let last = history.iter().rposition(|step| step.layer.is_some_and(|layer| layer < layers))?;
    let above = history.iter().skip(last + 1).take_while(|step| step.layer.is_none());
    // What only sets something belongs to the base up to where it says what to start.
    let settings = above.enumerate().filter(|(_, step)| is_start(step)).map(|(place, _)| place + 1).next();
    let ends = history.iter().skip(last + 1).all(|step| step.layer.is_none());
    u32::try_from(last + 1 + settings.filter(|_| !ends).unwrap_or_default()).ok()
}

/// The last step that says what to start and has a layer above it.
fn last_start_below(history: &[HistoryStep]) -> Option<usize> {
    let top = history.iter().rposition(|step| step.layer.is_some())?;
    history.iter().take(top).rposition(is_start)
}

fn layers_until(history: &[HistoryStep], end: usize) -> Option<u32> {
    let layers = history.iter().take(end + 1).filter(|step| step.layer.is_some()).count();
    u32::try_from(layers).ok()
}

fn is_start(step: &HistoryStep) -> bool {
    let instruction = instruction(step);
    step.layer.is_none()
        && ["CMD", "ENTRYPOINT"]
            .iter()
            .any(|word| instruction.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '['])))
}

/// Without what the classic builder writes before it.
fn instruction(step: &HistoryStep) -> &str {
    step.created_by.trim_start_matches("/bin/sh -c #(nop)").trim_start()
}

/// Whether a step lays down a whole root: that of a distribution.
fn lays_down_root(step: &HistoryStep) -> bool {
    let by_tool = ["debuerreotype", "# debian.sh", "mmdebstrap", "debootstrap", "apko", "bazel", "umoci", "ko "];
    if by_tool.iter().any(|tool| step.created_by.contains(tool) || step.comment.contains(tool)) {
        return true;
    }
    let instruction = instruction(step).trim_end_matches("# buildkit").trim_end();
    let Some(copied) = instruction.strip_prefix("ADD ").or_else(|| instruction.strip_prefix("COPY ")) else { return false };
    let mut words = copied.split_whitespace().filter(|word| !word.starts_with("--") && *word != "in");
    let (Some(source), Some(target)) = (words.next(), words.next()) else { return false };
    // A single program of its own is no distribution.
    let is_root = source.starts_with("file:") || source.contains("rootfs") || source.contains(".tar");
    target == "/" && is_root && instruction.starts_with("ADD")
}
