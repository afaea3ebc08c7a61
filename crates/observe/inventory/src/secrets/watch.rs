//! The scanner as one who watches files pass.
//!
//! A remark holds the secret as [`Secret`] says it: masked, with its fingerprint.

use super::archive::{INSIDE, Opened};
use super::{FileScan, Scanner};
use crate::content::{Meta, Setting};
use crate::watch::{Watch, Watcher};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vigie_model::image::Remark;
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::secret::{Origin, Secret};

/// The name of its remarks.
const NAME: &str = "secrets";

/// Changes when the scanner finds other things by the same rules.
const VERSION: u32 = 2;

/// What is hashed by the key to tell it from other keys.
const KEY_CHECK: &[u8] = b"vigie: which key made these fingerprints";

impl Watch for Scanner {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> String {
        let mut sha = Sha256::new();
        for rule in &self.shared.rules.rules {
            sha.update(format!("{}\n{}\n", rule.entry.id, rule.entry.rule.unwrap_or_default()));
        }
        let rules: String = sha.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        // What another key made would be taken for other secrets.
        format!("{VERSION} {rules} {}", self.shared.key.of(KEY_CHECK))
    }

    fn start(&self, _setting: Setting) -> Box<dyn Watcher + '_> {
        Box::new(Passing { scanner: self, now: Now::Nothing })
    }
}

/// A scanner and the file that passes.
struct Passing<'s> {
    scanner: &'s Scanner,
    now: Now<'s>,
}

/// What passes.
enum Now<'s> {
    File(Box<FileScan>),
    Archive(Box<Opened<'s>>),
    Nothing,
}

impl Watcher for Passing<'_> {
    fn file(&mut self, meta: &Meta<'_>) -> bool {
        self.now = match Opened::begin(self.scanner, meta.path) {
            Some(archive) => Now::Archive(Box::new(archive)),
            None => self.scanner.begin(meta.path, meta.size).map_or(Now::Nothing, |scan| Now::File(Box::new(scan))),
        };
        !matches!(self.now, Now::Nothing)
    }

    fn bytes(&mut self, chunk: &[u8]) {
        match &mut self.now {
            Now::File(scan) => scan.feed(chunk),
            Now::Archive(archive) => archive.feed(chunk),
            Now::Nothing => {}
        }
    }

    fn end(&mut self) -> Vec<Value> {
        let (secrets, missed) = match std::mem::replace(&mut self.now, Now::Nothing) {
            Now::File(scan) => (scan.finish(), None),
            Now::Archive(archive) => archive.finish(),
            Now::Nothing => (Vec::new(), None),
        };
        let missed = missed.map(|why| json!({ "missed": why.word() }));
        secrets.iter().filter_map(|secret| serde_json::to_value(secret).ok()).chain(missed).collect()
    }
}

/// The secret of a remark; none where the remark is another watcher's.
#[must_use]
pub fn of_remark(remark: &Remark) -> Option<Secret> {
    // What a distribution ships is no secret: test keys of libraries, examples, certificates.
    if remark.watcher != NAME || remark.published {
        return None;
    }
    let secret: Secret = serde_json::from_value(remark.value.clone()).ok()?;
    let origin = match remark.layer {
        Some(number) => Origin::Layer { number, hidden_by: remark.hidden_by },
        None => Origin::File,
    };
    // Within an archive the path goes on.
    let inside = secret.path.strip_prefix(&remark.path).filter(|rest| rest.starts_with(INSIDE)).unwrap_or_default();
    let path = format!("{}{inside}", remark.path);
    Some(Secret { origin, path, ..secret })
}

/// Archives in which not everything was looked at.
#[must_use]
pub fn unseen(remarks: &[Remark]) -> Vec<Gap> {
    let ours = remarks.iter().filter(|remark| remark.watcher == NAME && !remark.published);
    let missed = |remark: &Remark| Some(Gap::new(&remark.path, Obstacle::BeyondLimit, remark.value["missed"].as_str()?));
    ours.filter_map(missed).collect()
}
