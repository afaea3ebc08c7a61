//! The scanner as one who watches files pass.
//!
//! A remark holds the secret as [`Secret`] says it: masked, with its fingerprint.

use super::{FileScan, Scanner};
use crate::content::{Meta, Setting};
use crate::watch::{Watch, Watcher};
use serde_json::Value;
use sha2::{Digest, Sha256};
use vigie_model::image::Remark;
use vigie_model::secret::{Origin, Secret};

/// The name of its remarks.
const NAME: &str = "secrets";

/// Changes when the scanner finds other things by the same rules.
const VERSION: u32 = 1;

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
        Box::new(Passing { scanner: self, scan: None })
    }
}

/// A scanner and the file that passes.
struct Passing<'s> {
    scanner: &'s Scanner,
    scan: Option<FileScan>,
}

impl Watcher for Passing<'_> {
    fn file(&mut self, meta: &Meta<'_>) -> bool {
        self.scan = self.scanner.begin(meta.path, meta.size);
        self.scan.is_some()
    }

    fn bytes(&mut self, chunk: &[u8]) {
        if let Some(scan) = &mut self.scan {
            scan.feed(chunk);
        }
    }

    fn end(&mut self) -> Vec<Value> {
        let secrets = self.scan.take().map(FileScan::finish).unwrap_or_default();
        secrets.iter().filter_map(|secret| serde_json::to_value(secret).ok()).collect()
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
    Some(Secret { origin, path: remark.path.clone(), ..secret })
}
