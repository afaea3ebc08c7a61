//! The rules that see one log source, bound to its fields, with the literals that pick candidates.
//!
//! One automaton for each field finds every literal in one pass; a rule with a literal is looked at
//! when one of its literals is there, a rule without one always. Candidates are then judged in full,
//! so the index only saves time. [`Index::Off`] judges every rule: the tests compare the two.

use super::literal::{Literal, bits, literals};
use super::outlook::concerns;
use super::source::Source;
use super::view::{Layout, Slot, View};
use crate::rule::Rule;
use crate::rule::tree::{Node, Number};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::{BTreeMap, HashMap};

/// Beyond this many bytes of literals the automaton is kept small instead of fastest.
const SMALL_LITERALS_BYTES: usize = 16 * 1024;

/// Whether literals pick the candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Index {
    /// They do.
    #[default]
    On,
    /// Every rule is looked at; for tests.
    Off,
}

/// The rules of one log source.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) layout: Layout,
    rules: Vec<Bound>,
    /// Bits of the rules that are always looked at.
    always: Vec<u64>,
    texts: Vec<Automaton>,
    numbers: Vec<(Slot, HashMap<u64, Vec<u32>>)>,
}

/// A rule bound to the fields of a log source.
#[derive(Debug)]
struct Bound {
    /// Its number in the engine.
    rule: usize,
    tree: Node<Slot>,
}

#[derive(Debug)]
struct Automaton {
    /// The field; without one, every word of the event.
    slot: Option<Slot>,
    automaton: AhoCorasick,
    /// The rules of each pattern.
    rules: Vec<Vec<u32>>,
}

impl Partition {
    /// The rules that a source shows and that are about its events.
    pub(crate) fn new(source: &Source, rules: &[Rule]) -> Self {
        let mut layout = Layout::default();
        let mut bound = Vec::new();
        let seen = |rule: &Rule| source.shows(&rule.source) && concerns(&rule.tree, source);
        for (number, rule) in rules.iter().enumerate().filter(|(_, rule)| seen(rule)) {
            let tree = rule.tree.bind(&mut |name: &String| layout.slot(name, || source.places(name)));
            bound.push(Bound { rule: number, tree });
        }
        let mut partition =
            Self { layout, always: vec![0; bound.len().div_ceil(64)], rules: bound, texts: Vec::new(), numbers: Vec::new() };
        partition.index();
        partition
    }

    /// Whether no rule sees this source.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules it holds, by their number in the engine.
    pub(crate) fn rules(&self) -> impl Iterator<Item = usize> {
        self.rules.iter().map(|bound| bound.rule)
    }

    fn index(&mut self) {
        let mut texts: BTreeMap<Option<Slot>, BTreeMap<Box<str>, Vec<u32>>> = BTreeMap::new();
        let mut numbers: BTreeMap<Slot, HashMap<u64, Vec<u32>>> = BTreeMap::new();
        for (place, bound) in (0..).zip(&self.rules) {
            let Some(literals) = literals(&bound.tree) else {
                set(&mut self.always, place);
                continue;
            };
            for literal in literals {
                match literal {
                    Literal::Text(slot, text) => texts.entry(slot).or_default().entry(text).or_default().push(place),
                    Literal::Number(slot, bits) => numbers.entry(slot).or_default().entry(bits).or_default().push(place),
                }
            }
        }
        self.numbers = numbers.into_iter().collect();
        for (slot, patterns) in texts {
            match automaton(patterns.keys()) {
                Some(automaton) => self.texts.push(Automaton { slot, automaton, rules: patterns.into_values().collect() }),
                // Too large to build: these rules are looked at always.
                None => patterns.values().flatten().for_each(|place| set(&mut self.always, *place)),
            }
        }
    }

    /// Tells of each rule that matches, by its number in the engine.
    pub(crate) fn matches(&self, view: &View<'_>, index: Index, candidates: &mut Vec<u64>, mut matched: impl FnMut(usize)) {
        candidates.clear();
        match index {
            Index::On => {
                candidates.extend(&self.always);
                self.find(view, candidates);
            }
            Index::Off => candidates.resize(self.always.len(), u64::MAX),
        }
        for (base, word) in (0..).step_by(64).zip(candidates.iter()) {
            let mut rest = *word;
            while rest != 0 {
                let place: usize = base + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                if let Some(bound) = self.rules.get(place)
                    && view.holds(&bound.tree)
                {
                    matched(bound.rule);
                }
            }
        }
    }

    fn find(&self, view: &View<'_>, candidates: &mut [u64]) {
        for automaton in &self.texts {
            match automaton.slot {
                None => view.folded_words().for_each(|word| automaton.find(word, candidates)),
                Some(slot) => {
                    if let Some(cell) = view.cell(slot) {
                        cell.each_folded(|text| automaton.find(text, candidates));
                    }
                }
            }
        }
        for (slot, rules) in &self.numbers {
            let Some(cell) = view.cell(*slot) else { continue };
            cell.each_folded(|text| {
                let number = Number::parse(text).map(|number| bits(number.real()));
                for place in number.and_then(|bits| rules.get(&bits)).into_iter().flatten() {
                    set(candidates, *place);
                }
            });
        }
    }
}

impl Automaton {
    fn find(&self, text: &str, candidates: &mut [u64]) {
        for found in self.automaton.find_overlapping_iter(text) {
            for place in self.rules.get(found.pattern().as_usize()).into_iter().flatten() {
                set(candidates, *place);
            }
        }
    }
}

fn automaton<'t>(patterns: impl Iterator<Item = &'t Box<str>> + Clone) -> Option<AhoCorasick> {
    let bytes: usize = patterns.clone().map(|text| text.len()).sum();
    let kind = if bytes <= SMALL_LITERALS_BYTES { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
    AhoCorasick::builder().match_kind(MatchKind::Standard).kind(Some(kind)).build(patterns.map(|text| text.as_bytes())).ok()
}

fn set(bits: &mut [u64], place: u32) {
    if let Some(word) = bits.get_mut(place as usize / 64) {
        *word |= 1 << (place % 64);
    }
}
