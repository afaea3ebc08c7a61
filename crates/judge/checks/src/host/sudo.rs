//! Checks over the rules of sudo.

use super::facts::{evidence, on_all};
use vigie_model::host::{HostFacts, Sudo, SudoRule};
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_model::verdict::{Evidence, Verdict};

fn sudo() -> Text {
    text!(en "sudo", fr "sudo", de "sudo")
}

/// A rule that gives every command without a password, or `!authenticate` for everybody.
pub(crate) fn sudo_without_password(facts: &HostFacts) -> Verdict {
    on_all(&facts.sudo, &sudo(), |sudo| {
        let rules = sudo.rules.iter().filter(|rule| has(&rule.tags, "NOPASSWD") && has(&rule.commands, "ALL") && !is_root(rule));
        let defaults = sudo.defaults.iter().filter(|default| default.word == "!authenticate");
        let by_rule = rules.map(|rule| proof(rule, "NOPASSWD: ALL"));
        let by_default =
            defaults.map(|default| evidence(format!("!authenticate {}", default.scope), &default.place, "!authenticate", ""));
        by_rule.chain(by_default).collect()
    })
}

/// A rule whose user is `ALL`.
pub(crate) fn sudo_for_everybody(facts: &HostFacts) -> Verdict {
    on_all(&facts.sudo, &sudo(), |sudo| {
        // `Defaults targetpw` asks for root's own password: the rule then gives nothing away.
        if sudo.defaults.iter().any(|default| default.word == "targetpw" && default.scope.is_empty()) {
            return Vec::new();
        }
        sudo.rules.iter().filter(|rule| has(&rule.who, "ALL")).map(|rule| proof(rule, &rule.commands.join(", "))).collect()
    })
}

/// No `use_pty`: a program run by sudo can keep a background process on the user's terminal.
pub(crate) fn sudo_on_shared_terminal(facts: &HostFacts) -> Verdict {
    on_all(&facts.sudo, &sudo(), |sudo| {
        let set = general(sudo).any(|word| word == "use_pty");
        let unset = general(sudo).any(|word| word == "!use_pty");
        if set && !unset { Vec::new() } else { vec![evidence("use_pty", "", if unset { "!use_pty" } else { "" }, "use_pty")] }
    })
}

fn general(sudo: &Sudo) -> impl Iterator<Item = &str> {
    sudo.defaults.iter().filter(|default| default.scope.is_empty()).map(|default| default.word.as_str())
}

fn has(words: &[String], wanted: &str) -> bool {
    words.iter().any(|word| word == wanted)
}

/// Root loses nothing by a rule for itself.
fn is_root(rule: &SudoRule) -> bool {
    rule.who.iter().all(|who| who == "root" || who == "#0")
}

fn proof(rule: &SudoRule, commands: &str) -> Evidence {
    let who = rule.who.join(", ");
    evidence(who.clone(), &rule.place, format!("{who}: {commands}"), "")
}
